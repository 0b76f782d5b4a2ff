//! A page of plain text that a phone shows well: prose is wrapped, addresses and commands never
//! are.

/// Phones and old mail programs show this much without breaking a line themselves.
const WIDTH: usize = 72;

/// A text under construction.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A paragraph, with an empty line after it.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.wrapped(text, "");
        self.text.push('\n');
    }

    /// A line of prose, wrapped.
    pub(super) fn prose(&mut self, text: &str) {
        self.wrapped(text, "");
    }

    /// A field with its name, wrapped under itself; nothing when there is no value.
    pub(super) fn field(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.wrapped(&format!("  {name}: {value}"), "    ");
        }
    }

    /// A line as it is: a heading, or what must not be wrapped.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// The finished text.
    pub(super) fn finish(self) -> String {
        let mut text = self.text;
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    fn wrapped(&mut self, text: &str, indent: &str) {
        let lead: String = text
            .chars()
            .take_while(|character| *character == ' ')
            .collect();
        let mut line = lead.clone();
        let mut width = lead.chars().count();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if !is_empty && width.saturating_add(length).saturating_add(1) > WIDTH {
                self.line(&line);
                indent.clone_into(&mut line);
                width = indent.chars().count();
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
                width = width.saturating_add(1);
            }
            line.push_str(word);
            width = width.saturating_add(length);
            is_empty = false;
        }
        self.line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_long_words_stay_whole() {
        let mut page = Page::default();
        let arn = "x".repeat(100);
        page.field("key", Some(format!("{} {arn} end", "word ".repeat(20))));
        let text = page.finish();
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= WIDTH || line.trim() == arn),
            "{text}"
        );
        assert!(
            text.lines().skip(1).all(|line| line.starts_with("    ")),
            "{text}"
        );
    }

    #[test]
    fn a_field_without_a_value_is_left_out() {
        let mut page = Page::default();
        page.field("key", None);
        page.field("key", Some(String::new()));
        page.line("end");
        assert_eq!(page.finish(), "end\n");
    }
}
