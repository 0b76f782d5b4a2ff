//! What a metric filter matches, as a query of Logs Insights: the console takes no filter patterns
//! there.
//!
//! Only patterns that compare fields with text can be put into a query without a doubt, and only if
//! all comparisons have to hold, or one of several in parentheses. The deployed patterns are such; any
//! other gives no query rather than a wrong one.

/// The columns that are shown, and the order.
const SHOWN: &str =
    "fields eventTime, errorCode, eventName, userIdentity.arn, errorMessage | sort @timestamp desc";

/// The query that finds what the pattern matches.
pub(super) fn query(pattern: &str) -> Option<String> {
    let inside = pattern.trim().strip_prefix('{')?.strip_suffix('}')?;
    Some(format!(
        "filter {} | {SHOWN}",
        joined(inside, '&', " and ")?
    ))
}

/// The conditions between `&&` or `||`, whichever is asked for, put together again.
fn joined(pattern: &str, joint: char, word: &str) -> Option<String> {
    let terms = terms(pattern, joint)?.into_iter();
    Some(terms.map(condition).collect::<Option<Vec<_>>>()?.join(word))
}

/// The terms between the `&&` or `||`, or nothing when something else joins them.
fn terms(pattern: &str, joint: char) -> Option<Vec<&str>> {
    let mut terms = Vec::new();
    let (mut is_quoted, mut is_escaped, mut depth) = (false, false, 0_usize);
    let mut begin = 0;
    let mut rest = pattern.char_indices();
    while let Some((at, character)) = rest.next() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '%' => return None,
            '&' | '|' if depth == 0 => {
                rest.next()
                    .filter(|(_, next)| character == joint && *next == joint)?;
                terms.push(pattern.get(begin..at)?);
                begin = at + 2;
            }
            _ => {}
        }
    }
    terms.push(pattern.get(begin..)?);
    (!is_quoted && depth == 0).then_some(terms)
}

/// One comparison, such as `$.errorCode = "*"`, or several in parentheses of which one has to hold.
fn condition(term: &str) -> Option<String> {
    let term = term.trim();
    if let Some(inside) = term.strip_prefix('(') {
        let alternatives = joined(inside.strip_suffix(')')?, '|', " or ")?;
        return Some(format!("({alternatives})"));
    }
    let (field, comparison) = term.strip_prefix("$.")?.split_once(' ')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    if field.is_empty() || !field.bytes().all(is_name) {
        return None;
    }
    let comparison = comparison.trim();
    if comparison == "NOT EXISTS" {
        return Some(format!("not ispresent({field})"));
    }
    let (operator, quoted) = comparison.split_once(' ')?;
    let quoted = quoted.trim();
    let text = quoted.strip_prefix('"')?.strip_suffix('"')?;
    match (operator, text.strip_suffix('*').unwrap_or(text)) {
        ("=", "") if text == "*" => Some(format!("ispresent({field})")),
        (_, exact) if exact.contains('*') => None,
        ("=" | "!=", exact) if exact == text => Some(format!("{field} {operator} {quoted}")),
        ("=", beginning) if !beginning.contains(['\\', '"']) => {
            Some(format!("{field} like /^{}/", escaped(beginning)))
        }
        _ => None,
    }
}

/// Text as a regular expression that matches it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if ".+?()[]{}^$|/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployed_pattern_becomes_the_same_conditions() {
        let role = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole";
        let pattern = format!(
            "{{ $.errorCode = \"*\" && $.eventSource = \"kms.amazonaws.com\" && \
             $.userIdentity.sessionContext.sessionIssuer.arn = \"{role}\" }}"
        );
        assert_eq!(
            query(&pattern).unwrap(),
            format!(
                "filter ispresent(errorCode) and eventSource = \"kms.amazonaws.com\" and \
                 userIdentity.sessionContext.sessionIssuer.arn = \"{role}\" | {SHOWN}"
            )
        );
    }

    #[test]
    fn one_of_several_roles_is_enough_and_a_star_stands_for_any_ending() {
        let issuer = "$.userIdentity.sessionContext.sessionIssuer.arn";
        let field = issuer.trim_start_matches("$.");
        let pattern = format!(
            "{{ $.errorCode = \"*\" && ({issuer} = \"arn:aws:iam::111122223333:role/app\" || \
             {issuer} = \"arn:aws:iam::444455556666:role/a.b+c/*\") }}"
        );
        let expected = format!(
            "filter ispresent(errorCode) and ({field} = \"arn:aws:iam::111122223333:role/app\" or \
             {field} like /^arn:aws:iam::444455556666:role\\/a\\.b\\+c\\//) | {SHOWN}"
        );
        assert_eq!(query(&pattern).unwrap(), expected);
    }

    #[test]
    fn quotes_keep_what_they_hold_and_absence_is_a_condition() {
        let pattern = r#"{ $.a = "x && \"y\" || (z)" && $.b NOT EXISTS && $.c != "d" }"#;
        let expected = r#"filter a = "x && \"y\" || (z)" and not ispresent(b) and c != "d" | "#;
        assert_eq!(query(pattern).unwrap(), format!("{expected}{SHOWN}"));
    }

    #[test]
    fn a_pattern_that_says_more_gives_no_query() {
        for pattern in [
            "",
            "ERROR",
            "[a, b]",
            "{ $.a = \"*x\" }",
            "{ $.a = \"x*y*\" }",
            "{ $.a != \"x*\" }",
            "{ $.a != \"*\" }",
            "{ $.a = \"x\" || $.b = \"y\" }",
            "{ ($.a = \"x\" && $.b = \"y\") }",
            "{ ($.a = \"x\" || $.b = \"y\" }",
            "{ ($.a = \"x\") || ($.b = \"y\") }",
            "{ ($.a = \"x\") ($.b = \"y\") }",
            "{ $.a = %x% }",
            "{ $.a > 5 }",
            "{ $.a[0] = \"x\" }",
            "{ $.a = \"x }",
            "{ $.a = \"x\" & $.b = \"y\" }",
            "{ $.user-name = \"x\" }",
        ] {
            assert_eq!(query(pattern), None, "{pattern}");
        }
    }
}
