//! What HTTPS subscribers get. SNS knows one kind of them only, so it is one setting for all.

use super::markup::Markup;

/// What HTTPS subscribers get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpsFormat {
    /// The JSON object for programs.
    #[default]
    Json,
    /// A custom notification of Amazon Q Developer in chat applications, which subscribes to a topic
    /// over HTTPS and shows nothing else of it. Its links are Markdown's.
    Chat,
    /// The same with Slack's own links.
    Slack,
    /// CloudWatch's own alarm notification, which pagers and chat bridges read.
    Alarm,
}

impl HttpsFormat {
    /// Reads the setting; what is unknown is the default.
    pub fn of(setting: Option<&str>) -> Self {
        match setting {
            Some("chat") => Self::Chat,
            Some("slack") => Self::Slack,
            Some("alarm") => Self::Alarm,
            _ => Self::Json,
        }
    }

    /// The markup of the chat that reads it, if one does.
    pub fn markup(self) -> Option<Markup> {
        match self {
            Self::Chat => Some(Markup::Markdown),
            Self::Slack => Some(Markup::Slack),
            Self::Json | Self::Alarm => None,
        }
    }
}
