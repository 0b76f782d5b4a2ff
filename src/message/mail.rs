//! The mail: its sections in the order in which a reader needs them.

mod fields;
mod groups;
mod sections;

use super::headline::{Situation, sentence};
use super::page::Page;
use super::{Alert, Extent};

/// Writes the mail's text.
pub(super) fn mail(alert: &Alert<'_>, situation: Situation, extent: Extent) -> String {
    let mut page = Page::default();
    page.paragraph(&sentence(alert, situation));
    match situation {
        Situation::Errors => {
            sections::key_change(&mut page, alert);
            sections::advice(&mut page, alert);
            groups::groups(&mut page, alert, extent.groups);
            sections::reconciliation(&mut page, alert, extent);
            sections::problems(&mut page, alert, extent);
            sections::links(&mut page, alert, extent, situation);
            sections::task(&mut page, alert);
            groups::newest(&mut page, alert, extent.events);
        }
        Situation::NothingFound => {
            sections::why_nothing(&mut page, alert, extent);
            sections::by_hand(&mut page, alert, extent);
            sections::reconciliation(&mut page, alert, extent);
            sections::links(&mut page, alert, extent, situation);
        }
        Situation::Test => {
            sections::reconciliation(&mut page, alert, extent);
            sections::links(&mut page, alert, extent, situation);
        }
        Situation::Recovered | Situation::Settled | Situation::TooLittleData => {
            groups::in_short(&mut page, alert, extent.groups);
            sections::problems(&mut page, alert, extent);
            sections::links(&mut page, alert, extent, situation);
        }
    }
    sections::alarm(&mut page, alert);
    page.finish()
}
