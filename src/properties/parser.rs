//! Reading properties: text, numbers, booleans and lists, which CloudFormation sends as text and a
//! hand-made event may send as such. Empty text counts as absent, because templates pass `''` for
//! that.

use serde_json::{Map, Value};

use super::checks::Remedy;
use crate::kms_error::Severity;
use crate::quiet::{EXAMPLE, Rules};
use crate::roles::{Problem, Roles};

/// Everything that is wrong with the properties, as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Problems(Vec<String>);

/// Reads one property after another and collects the problems.
pub(super) struct Parser<'a> {
    properties: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(value: &'a Value) -> Result<Self, Problems> {
        const EXPECTED: &str =
            "ResourceProperties: expected an object with LogGroupName and RoleArn";
        let properties = value
            .as_object()
            .ok_or_else(|| Problems(vec![EXPECTED.to_owned()]))?;
        Ok(Self {
            properties,
            problems: Vec::new(),
        })
    }

    pub(super) fn report(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(super) fn finish<T>(self, read: T) -> Result<T, Problems> {
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(Problems(self.problems))
        }
    }

    /// Reports each unknown property, with the known one whose spelling is nearest.
    pub(super) fn refuse_unknown(&mut self, known: &[&str], ignored: &[&str]) {
        let unknown = self
            .properties
            .keys()
            .filter(|key| !known.contains(&key.as_str()) && !ignored.contains(&key.as_str()));
        let problems: Vec<String> = unknown
            .map(|key| {
                let likeness = |name: &&&str| {
                    strsim::damerau_levenshtein(&name.to_lowercase(), &key.to_lowercase())
                };
                let nearest = known
                    .iter()
                    .min_by_key(likeness)
                    .copied()
                    .unwrap_or_default();
                format!("{}: unknown property; did you mean {nearest}?", shown(key))
            })
            .collect();
        self.problems.extend(problems);
    }

    /// Text that passes the check, or the default. Without a default it is required.
    pub(super) fn text(
        &mut self,
        name: &str,
        default: Option<&str>,
        check: fn(&str) -> Result<(), Remedy>,
    ) -> String {
        match (self.optional(name, check), default) {
            (Some(text), _) => text,
            (None, Some(default)) => default.to_owned(),
            (None, None) => {
                if self.scalar(name).is_ok_and(|text| text.is_none()) {
                    self.report(format!("{name}: required, and missing or empty"));
                }
                String::new()
            }
        }
    }

    /// Text that passes the check, if any is given.
    pub(super) fn optional(
        &mut self,
        name: &str,
        check: fn(&str) -> Result<(), Remedy>,
    ) -> Option<String> {
        let text = self.given(name)?;
        match check(&text) {
            Ok(()) => Some(text),
            Err(remedy) => {
                self.report(format!("{name}: {}: {remedy}", shown(&text)));
                None
            }
        }
    }

    pub(super) fn integer(
        &mut self,
        name: &str,
        default: i32,
        check: fn(i32) -> Result<(), Remedy>,
    ) -> i32 {
        let Some(text) = self.given(name) else {
            return default;
        };
        let checked = text
            .parse()
            .map_err(|_| "use a whole number".into())
            .and_then(|number| check(number).map(|()| number));
        checked.unwrap_or_else(|remedy| {
            self.report(format!("{name}: {}: {remedy}", shown(&text)));
            default
        })
    }

    pub(super) fn number(&mut self, name: &str, default: f64) -> f64 {
        let Some(text) = self.given(name) else {
            return default;
        };
        self.finite(name, &text).unwrap_or(default)
    }

    /// `DefaultValue`: 0 when it is absent, none when it is empty.
    pub(super) fn default_value(&mut self) -> Option<f64> {
        const NAME: &str = "DefaultValue";
        if matches!(self.properties.get(NAME), None | Some(Value::Null)) {
            return Some(0.0);
        }
        let text = self.given(NAME)?;
        self.finite(NAME, &text)
    }

    fn finite(&mut self, name: &str, text: &str) -> Option<f64> {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.report(format!("{name}: {}: use a number", shown(text)));
        }
        number
    }

    pub(super) fn boolean(&mut self, name: &str, default: bool) -> bool {
        match self.given(name) {
            None => default,
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(text) => {
                self.report(format!("{name}: {}: use true or false", shown(&text)));
                default
            }
        }
    }

    /// A list whose elements pass a check.
    pub(super) fn list(
        &mut self,
        name: &str,
        check: fn(&str) -> Result<(), Remedy>,
    ) -> Vec<String> {
        let Some(elements) = elements(self.properties.get(name)) else {
            self.report(format!("{name}: use a list of strings"));
            return Vec::new();
        };
        let mut valid = Vec::new();
        for element in elements {
            match check(&element) {
                Ok(()) => valid.push(element),
                Err(remedy) => self.report(format!("{name}: {}: {remedy}", shown(&element))),
            }
        }
        valid
    }

    /// Roles, which are required.
    pub(super) fn roles(&mut self, name: &str) -> Roles {
        let Some(texts) = texts(self.properties.get(name)) else {
            self.report(format!("{name}: use the ARN of a role, or a list of them"));
            return Roles::every_caller();
        };
        Roles::read(texts).unwrap_or_else(|problems| {
            if problems.is_empty() {
                self.report(format!("{name}: required, and missing or empty"));
            }
            for Problem { arn, remedy } in problems {
                self.report(format!("{name}: {}: {remedy}", shown(&arn)));
            }
            Roles::every_caller()
        })
    }

    /// How bad something is, by name.
    pub(super) fn severity(&mut self, name: &str, default: Severity) -> Severity {
        let Some(text) = self.given(name) else {
            return default;
        };
        Severity::named(&text).unwrap_or_else(|| {
            let names = Severity::ALL.map(|severity| severity.to_string());
            let names = names.join(", ");
            self.report(format!("{name}: {}: use one of {names}", shown(&text)));
            default
        })
    }

    /// Rules in a list, or in one text with semicolons between them.
    pub(super) fn rules(&mut self, name: &str) -> Rules {
        let Some(texts) = texts(self.properties.get(name)) else {
            self.report(format!(
                "{name}: use a text such as {EXAMPLE}, or a list of such texts"
            ));
            return Rules::default();
        };
        let rules = Rules::read(&texts.join(";"));
        for problem in rules.problems() {
            self.report(format!("{name}: {problem}. Write it like this: {EXAMPLE}"));
        }
        rules
    }

    /// A property's text; reports one that is a list or a map.
    fn given(&mut self, name: &str) -> Option<String> {
        self.scalar(name).unwrap_or_else(|NotScalar| {
            self.report(format!("{name}: use a single value, not a list or a map"));
            None
        })
    }

    /// A property's text without surrounding space; `None` when it is absent or empty.
    fn scalar(&self, name: &str) -> Result<Option<String>, NotScalar> {
        let text = match self.properties.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(boolean)) => boolean.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => return Err(NotScalar),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

/// A list or a map where one value is expected.
struct NotScalar;

/// The e-mail addresses that `ResourceProperties` give, valid or not.
pub fn addresses(value: &Value) -> Vec<String> {
    elements(value.get("Emails")).unwrap_or_default()
}

/// A text without these addresses, whether as they were given or as a [`Problems`] shows them.
pub fn without(text: &str, addresses: &[String]) -> String {
    let shown = addresses.iter().map(|address| shown(address));
    let shown = shown.map(|shown| shown.trim_matches(['"', '…']).to_owned());
    let mut addresses: Vec<String> = addresses.iter().cloned().chain(shown).collect();
    // The longest first: one address may be a part of another.
    addresses.sort_by_key(|address| std::cmp::Reverse(address.len()));
    addresses.retain(|address| !address.is_empty());
    let replaced = |text: String, address: &String| text.replace(address, "***");
    addresses.iter().fold(text.to_owned(), replaced)
}

/// The elements of a list, or of one text that separates them by commas; without empty ones and
/// duplicates. `None` when the value is neither.
fn elements(value: Option<&Value>) -> Option<Vec<String>> {
    let mut elements: Vec<String> = Vec::new();
    for element in texts(value)?
        .iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
    {
        if !element.is_empty() && !elements.iter().any(|known| known == element) {
            elements.push(element.to_owned());
        }
    }
    Some(elements)
}

/// The texts of a list, or one text. `None` when the value is neither.
fn texts(value: Option<&Value>) -> Option<Vec<&str>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text]),
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect(),
        Some(_) => None,
    }
}

/// A value as an error message shows it: quoted, shortened, without control characters.
fn shown(value: &str) -> String {
    const MAX_CHARS: usize = 120;
    let mut text: String = value
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_CHARS)
        .collect();
    if value.chars().count() > MAX_CHARS {
        text.push('…');
    }
    format!("\"{text}\"")
}
