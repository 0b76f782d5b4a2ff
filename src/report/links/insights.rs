//! What a metric filter matches, as a query of Logs Insights: the console takes no filter patterns
//! there.
//!
//! Only patterns that compare fields with text, all of which have to hold, can be put into a query
//! without a doubt. The deployed pattern is one; any other gives no query rather than a wrong one.

/// The columns that are shown, and the order.
const SHOWN: &str =
    "fields eventTime, errorCode, eventName, userIdentity.arn, errorMessage | sort @timestamp desc";

/// The query that finds what the pattern matches.
pub(super) fn query(pattern: &str) -> Option<String> {
    let inside = pattern.trim().strip_prefix('{')?.strip_suffix('}')?;
    let terms: Option<Vec<_>> = terms(inside)?.iter().map(|term| condition(term)).collect();
    Some(format!("filter {} | {SHOWN}", terms?.join(" and ")))
}

/// The terms between the `&&`, or nothing when something else joins them.
fn terms(inside: &str) -> Option<Vec<String>> {
    let mut terms = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut rest = inside.chars();
    while let Some(character) = rest.next() {
        let term = terms.last_mut()?;
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '&' if !is_quoted => {
                rest.next().filter(|next| *next == '&')?;
                terms.push(String::new());
                continue;
            }
            '|' | '(' | ')' | '%' if !is_quoted => return None,
            _ => {}
        }
        term.push(character);
    }
    (!is_quoted).then_some(terms)
}

/// One comparison, such as `$.errorCode = "*"`.
fn condition(term: &str) -> Option<String> {
    let term = term.trim();
    let (field, comparison) = term.strip_prefix("$.")?.split_once(' ')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    if field.is_empty() || !field.bytes().all(is_name) {
        return None;
    }
    let comparison = comparison.trim();
    if comparison == "NOT EXISTS" {
        return Some(format!("not ispresent({field})"));
    }
    let (operator, value) = comparison.split_once(' ')?;
    let value = value.trim();
    let is_text = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    match (operator, value) {
        ("=", "\"*\"") => Some(format!("ispresent({field})")),
        ("=" | "!=", text) if is_text && !text.contains('*') => {
            Some(format!("{field} {operator} {text}"))
        }
        _ => None,
    }
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
            "{ $.a = \"x*\" }",
            "{ $.a = \"x\" || $.b = \"y\" }",
            "{ ($.a = \"x\") }",
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
