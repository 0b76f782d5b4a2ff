//! Whose KMS errors count: one role, several, all whose ARNs begin alike, or every caller.
//!
//! CloudTrail names the role of a session as its issuer, by the role's ARN. What must hold: no text
//! of a [`Roles`] can end or widen the quoted text of a filter pattern, and a star stands at the end
//! only, where CloudWatch Logs takes it for any ending.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use std::borrow::Cow;
use std::fmt;

use crate::identifier::Identifier;

/// Roles by their ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(Vec<String>);

/// A text that is no role's ARN, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The text.
    pub arn: String,
    /// What to do.
    pub remedy: Cow<'static, str>,
}

/// Stands for every caller.
const EVERY_CALLER: &str = "*";
/// The longest ARN. IAM's own limits for paths and names lead to less.
const MAX_ARN: usize = 800;

impl Roles {
    /// Reads ARNs, one or several in a text, separated by commas.
    ///
    /// # Errors
    ///
    /// Every text that is no role's ARN; none when there is no text at all.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, Vec<Problem>> {
        let (mut roles, mut problems): (Vec<String>, _) = (Vec::new(), Vec::new());
        for arn in texts.into_iter().flat_map(separated) {
            match check(&arn) {
                Ok(()) if roles.contains(&arn) => {}
                Ok(()) => roles.push(arn),
                Err(remedy) => problems.push(Problem { arn, remedy }),
            }
        }
        if roles.len() > 1 && roles.iter().any(|role| role == EVERY_CALLER) {
            problems.push(Problem {
                arn: EVERY_CALLER.to_owned(),
                remedy: "it stands for every caller: give it alone, or leave it out".into(),
            });
        }
        if roles.is_empty() || !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self(roles))
    }

    /// Every caller.
    #[must_use]
    pub fn every_caller() -> Self {
        Self(vec![EVERY_CALLER.to_owned()])
    }

    /// Whether the errors of every caller count, those without a role among them.
    pub fn are_every_caller(&self) -> bool {
        self.0 == [EVERY_CALLER]
    }

    /// Whether the errors of a session count that this issuer has, or of a caller without one.
    pub fn count(&self, issuer: Option<&str>) -> bool {
        let counts = |issuer: &str| {
            self.0.iter().any(|role| match role.strip_suffix('*') {
                Some(beginning) => issuer.starts_with(beginning),
                None => issuer == role,
            })
        };
        self.are_every_caller() || issuer.is_some_and(counts)
    }

    /// The ARNs as they are given: exact, or with a star at the end.
    pub fn arns(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Roles {
    /// `every caller`, or the ARNs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.are_every_caller() {
            return f.write_str("every caller");
        }
        f.write_str(&self.0.join(", "))
    }
}

/// The ARNs in a text. A role's name may hold a comma, so what does not begin like an ARN belongs to
/// the one before.
fn separated(text: &str) -> Vec<String> {
    let mut arns: Vec<String> = Vec::new();
    for part in text.split(',') {
        let begins = part.trim();
        match arns.last_mut() {
            Some(before)
                if !before.trim().is_empty()
                    && begins != EVERY_CALLER
                    && !begins.starts_with("arn:") =>
            {
                before.push(',');
                before.push_str(part);
            }
            _ => arns.push(part.to_owned()),
        }
    }
    let arns = arns.into_iter().map(|arn| arn.trim().to_owned());
    arns.filter(|arn| !arn.is_empty()).collect()
}

/// What is wrong with an ARN. A session's is refused, because the metric filter compares its issuer,
/// which is the role.
fn check(arn: &str) -> Result<(), Cow<'static, str>> {
    if arn == EVERY_CALLER {
        return Ok(());
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "sts", _, account, resource] => {
            match resource.split('/').collect::<Vec<_>>().as_slice() {
                ["assumed-role", role, ..] => Err(format!(
                    "this is the ARN of a session; give the role's: \
                     arn:{partition}:iam::{account}:role/{role} (with its path, if it has one)"
                )
                .into()),
                _ => Err("give the ARN of an IAM role".into()),
            }
        }
        ["arn", _, "iam", "", account, resource] if Identifier::account(account).is_some() => {
            match resource.strip_prefix("role/") {
                Some(name) => check_name(name, arn.len()),
                None => Err("give the ARN of a role: arn:aws:iam::<account>:role/<name>".into()),
            }
        }
        _ => Err("give the ARN of an IAM role: arn:aws:iam::<account>:role/<name>".into()),
    }
}

/// In IAM, names hold letters, digits and `+=,.@_-`, paths any character from `!` to `~`. What would
/// end or widen the quoted text of the filter pattern is refused.
fn check_name(name: &str, arn_len: usize) -> Result<(), Cow<'static, str>> {
    let exact = name.strip_suffix('*').unwrap_or(name);
    let ends_in_comma = exact.ends_with(',');
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"\\*".contains(&byte);
    if exact.contains('*') {
        Err("a * stands for any ending, so only one at the end is allowed".into())
    } else if ends_in_comma {
        Err("remove the comma at its end, which would be part of the role's name".into())
    } else if exact.chars().any(char::is_whitespace) {
        Err("separate ARNs by commas, and begin each with arn:".into())
    } else if name.is_empty() || !exact.bytes().all(allowed) || arn_len > MAX_ARN {
        Err("IAM does not allow such a role name".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "arn:aws:iam::111122223333:role/app";
    const ORDERS: &str = "arn:aws:iam::111122223333:role/orders-*";
    const OTHER: &str = "arn:aws:iam::444455556666:role/*";

    fn read(text: &str) -> Roles {
        Roles::read([text]).unwrap()
    }

    #[test]
    fn one_text_or_a_list_gives_the_same_roles() {
        let roles = read(&format!(" {APP},{ORDERS} , {OTHER} "));
        assert_eq!(roles.arns(), [APP, ORDERS, OTHER]);
        assert_eq!(Roles::read([APP, ORDERS, OTHER]), Ok(roles.clone()));
        assert_eq!(Roles::read([APP, ORDERS, OTHER, APP]), Ok(roles.clone()));
        assert_eq!(roles.to_string(), format!("{APP}, {ORDERS}, {OTHER}"));
    }

    #[test]
    fn a_roles_name_may_hold_commas() {
        let name = format!("{APP},2");
        assert_eq!(read(&name).arns(), [&*name]);
        let both = read(&format!("{name},{ORDERS}"));
        assert_eq!(both.arns(), [&*name, ORDERS]);
    }

    #[test]
    fn a_star_at_the_end_stands_for_any_ending() {
        let roles = read(&format!("{APP},{ORDERS},{OTHER}"));
        for (issuer, expected) in [
            (APP, true),
            ("arn:aws:iam::111122223333:role/app2", false),
            ("arn:aws:iam::111122223333:role/ap", false),
            ("arn:aws:iam::111122223333:role/orders-api", true),
            ("arn:aws:iam::111122223333:role/orders-", true),
            ("arn:aws:iam::111122223333:role/orders", false),
            ("arn:aws:iam::444455556666:role/services/any", true),
            ("arn:aws:iam::444455556666:user/any", false),
            ("arn:aws:iam::777788889999:role/orders-api", false),
        ] {
            assert_eq!(roles.count(Some(issuer)), expected, "{issuer}");
        }
        assert!(!roles.count(None));
    }

    #[test]
    fn a_star_alone_stands_for_callers_without_a_role_too() {
        let every = read(" * ");
        assert!(every.are_every_caller());
        assert!(every.count(Some(APP)) && every.count(None));
        assert_eq!(every.to_string(), "every caller");
        assert!(!read(OTHER).are_every_caller());
    }

    #[test]
    fn what_is_no_role_is_refused_with_what_to_do() {
        for (text, remedy) in [
            ("*,arn:aws:iam::111122223333:role/app", "give it alone"),
            ("arn:aws:iam::*:role/app", "arn:aws:iam::<account>"),
            ("arn:aws:iam::111122223333:role/a*b", "only one at the end"),
            ("arn:aws:iam::111122223333:role/a**", "only one at the end"),
            (
                "arn:aws:iam::111122223333:role/a, b",
                "begin each with arn:",
            ),
            ("arn:aws:iam::111122223333:*", "the ARN of a role"),
            ("arn:aws:iam::111122223333:role/app,", "remove the comma"),
            ("app", "give the ARN of an IAM role"),
        ] {
            let problems = Roles::read([text]).unwrap_err();
            assert_eq!(problems.len(), 1, "{text}");
            assert!(problems[0].remedy.contains(remedy), "{problems:?}");
        }
        assert_eq!(Roles::read(["", " , "]), Err(vec![]));
    }
}
