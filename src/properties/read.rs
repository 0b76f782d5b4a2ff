//! Reading properties: texts, and numbers, truths and lists that arrive as
//! texts (or natively, from a hand-made event). An empty text is a property
//! that is not given, because templates pass `''` for that.

use serde_json::{Map, Value};

/// Reads one property after the other and keeps the problems.
pub(super) struct Reader<'a> {
    properties: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(value: &'a Value) -> Result<Self, String> {
        let properties = value
            .as_object()
            .ok_or("ResourceProperties: expected an object with LogGroupName and RoleArn")?;
        Ok(Self {
            properties,
            problems: Vec::new(),
        })
    }

    pub(super) fn report(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(super) fn finish<T>(self, read: T) -> Result<T, String> {
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(self.problems.join("; "))
        }
    }

    /// Reports each property that nobody knows, with the known one that is
    /// spelled most like it.
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

    /// A text, or its default, that passes a check. Without a default it is
    /// required.
    pub(super) fn checked(
        &mut self,
        name: &str,
        default: Option<&str>,
        check: fn(&str) -> Result<(), String>,
    ) -> String {
        match (self.optional(name, check), default) {
            (Some(text), _) => text,
            (None, Some(default)) => default.to_owned(),
            (None, None) => {
                if self.text(name).is_ok_and(|text| text.is_none()) {
                    self.report(format!("{name}: required, and missing or empty"));
                }
                String::new()
            }
        }
    }

    /// A text that passes a check, if one is given.
    pub(super) fn optional(
        &mut self,
        name: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> Option<String> {
        let text = self.noted(name, Self::text)??;
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
        check: fn(i32) -> Result<(), String>,
    ) -> i32 {
        let Some(Some(text)) = self.noted(name, Self::text) else {
            return default;
        };
        let checked = text
            .parse()
            .map_err(|_| "use a whole number".to_owned())
            .and_then(|number| check(number).map(|()| number));
        checked.unwrap_or_else(|remedy| {
            self.report(format!("{name}: {}: {remedy}", shown(&text)));
            default
        })
    }

    pub(super) fn number(&mut self, name: &str, default: f64) -> f64 {
        let Some(Some(text)) = self.noted(name, Self::text) else {
            return default;
        };
        self.finite(name, &text).unwrap_or(default)
    }

    /// `DefaultValue`: 0 when absent; given and empty, there is none.
    pub(super) fn default_value(&mut self) -> Option<f64> {
        const NAME: &str = "DefaultValue";
        if matches!(self.properties.get(NAME), None | Some(Value::Null)) {
            return Some(0.0);
        }
        let text = self.noted(NAME, Self::text)??;
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
        match self.noted(name, Self::text) {
            None | Some(None) => default,
            Some(Some(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Some(text)) if text.eq_ignore_ascii_case("false") => false,
            Some(Some(text)) => {
                self.report(format!("{name}: {}: use true or false", shown(&text)));
                default
            }
        }
    }

    /// A list whose elements pass a check.
    pub(super) fn list(
        &mut self,
        name: &str,
        check: fn(&str) -> Result<(), String>,
    ) -> Vec<String> {
        let Some(elements) = elements(self.properties.get(name)) else {
            self.report(format!("{name}: use a list of texts"));
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

    /// A property's text without surrounding space; `None` when it is absent or
    /// empty.
    fn text(&self, name: &str) -> Result<Option<String>, String> {
        let text = match self.properties.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => {
                return Err(format!("{name}: use a single value, not a list or a map"));
            }
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// What a reading gives; a problem with it is kept and gives nothing.
    fn noted<T>(&mut self, name: &str, reading: fn(&Self, &str) -> Result<T, String>) -> Option<T> {
        reading(self, name)
            .map_err(|problem| self.report(problem))
            .ok()
    }
}

/// The elements of a list, or of one text with commas between them; without
/// empty ones and repetitions. `None` when it is neither.
pub(super) fn elements(value: Option<&Value>) -> Option<Vec<String>> {
    let texts: Vec<&str> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect::<Option<_>>()?,
        Some(_) => return None,
    };
    let mut elements: Vec<String> = Vec::new();
    for element in texts.iter().flat_map(|text| text.split(',')).map(str::trim) {
        if !element.is_empty() && !elements.iter().any(|known| known == element) {
            elements.push(element.to_owned());
        }
    }
    Some(elements)
}

/// A value as an error message shows it: in quotes, without control
/// characters, not too long.
fn shown(value: &str) -> String {
    const LONGEST: usize = 120;
    let mut text: String = value
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    if value.chars().count() > LONGEST {
        text.push('…');
    }
    format!("\"{text}\"")
}
