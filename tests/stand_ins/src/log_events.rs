//! `FilterLogEvents`: what a pattern finds, page by page.
//!
//! A page costs next to nothing to serve, because its answer is written once, beforehand. Only a
//! search whose window cuts through a page makes a new answer.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use hyper::body::Bytes;
use serde_json::Value;

/// A log event: when it happened, in milliseconds since 1970, and its message.
pub type LogEvent = (i64, String);

/// The pages that a pattern finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pages(Vec<Page>);

#[derive(Clone, Debug, PartialEq)]
struct Page {
    /// The timestamps of the first and the last event.
    span: RangeInclusive<i64>,
    found: Found,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// As JSON.
    pub answer: Bytes,
    /// The number of events in it.
    pub events: usize,
}

/// The search asks for a page that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidToken;

impl Pages {
    /// The answer to one call, from its parameters.
    pub fn filter(&self, parameters: &Value) -> Result<Found, InvalidToken> {
        let token = parameters["nextToken"].as_str().unwrap_or("0");
        let number: usize = token.parse().map_err(|_| InvalidToken)?;
        let Some(page) = self.0.get(number) else {
            // Without any page, the first one is empty.
            let empty = (number == 0).then(|| written(&[], 0, None));
            return empty.ok_or(InvalidToken);
        };
        let start = parameters["startTime"].as_i64().unwrap_or(i64::MIN);
        let end = parameters["endTime"].as_i64().unwrap_or(i64::MAX);
        if start <= *page.span.start() && *page.span.end() <= end {
            Ok(page.found.clone())
        } else {
            Ok(page.found.within(start..=end))
        }
    }

    /// The number of events on all pages.
    pub fn events(&self) -> usize {
        self.0.iter().map(|page| page.found.events).sum()
    }
}

impl FromIterator<Vec<LogEvent>> for Pages {
    fn from_iter<T: IntoIterator<Item = Vec<LogEvent>>>(pages: T) -> Self {
        let mut pages = pages.into_iter().peekable();
        let (mut made, mut events) = (Vec::new(), 0);
        while let Some(page) = pages.next() {
            let next = pages.peek().map(|_| made.len() + 1);
            let times = || page.iter().map(|(timestamp, _)| *timestamp);
            made.push(Page {
                span: times().min().unwrap_or(i64::MAX)..=times().max().unwrap_or(i64::MIN),
                found: written(&page, events, next),
            });
            events += page.len();
        }
        Self(made)
    }
}

impl Found {
    /// The part of this answer that is in a window.
    fn within(&self, window: RangeInclusive<i64>) -> Self {
        let mut answer: Value = serde_json::from_slice(&self.answer).expect("written here");
        let events = answer["events"].as_array_mut().expect("written here");
        events.retain(|event| {
            event["timestamp"]
                .as_i64()
                .is_some_and(|at| window.contains(&at))
        });
        Self {
            events: events.len(),
            answer: answer.to_string().into(),
        }
    }
}

/// Writes the answer with these events, the first of which has this number in the whole search.
fn written(events: &[LogEvent], first: usize, next: Option<usize>) -> Found {
    let mut answer = String::from(r#"{"events":["#);
    for (number, (timestamp, message)) in (first..).zip(events) {
        let comma = if number > first { "," } else { "" };
        let message = Value::from(message.as_str());
        let ingested = timestamp + 60_000;
        let _ = write!(
            answer,
            r#"{comma}{{"logStreamName":"111122223333_CloudTrail_ap-southeast-2","timestamp":{timestamp},"message":{message},"ingestionTime":{ingested},"eventId":"{number:056}"}}"#
        );
    }
    answer.push_str(r#"],"searchedLogStreams":[]"#);
    if let Some(next) = next {
        let _ = write!(answer, r#","nextToken":"{next}""#);
    }
    answer.push('}');
    Found {
        answer: answer.into(),
        events: events.len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Pages with events at these times.
    fn pages(times: &[&[i64]]) -> Pages {
        let page = |page: &&[i64]| page.iter().map(|at| (*at, format!("\"{at}\"\n"))).collect();
        times.iter().map(page).collect()
    }

    /// Which events an answer has, and where it leads.
    fn answered(pages: &Pages, parameters: &Value) -> (Vec<String>, Option<String>) {
        let found = pages.filter(parameters).unwrap();
        let answer: Value = serde_json::from_slice(&found.answer).unwrap();
        let events = answer["events"].as_array().unwrap();
        assert_eq!(events.len(), found.events);
        let event = |event: &Value| {
            let id: u64 = event["eventId"].as_str().unwrap().parse().unwrap();
            format!("{id}: {}", event["message"].as_str().unwrap().trim())
        };
        let next = answer["nextToken"].as_str().map(str::to_owned);
        (events.iter().map(event).collect(), next)
    }

    #[test]
    fn each_page_leads_to_the_next() {
        let pages = pages(&[&[10, 20], &[], &[30]]);
        assert_eq!(pages.events(), 3);
        for (token, events, next) in [
            (Value::Null, vec!["0: \"10\"", "1: \"20\""], Some("1")),
            (json!("1"), vec![], Some("2")),
            (json!("2"), vec!["2: \"30\""], None),
        ] {
            let (found, leads_to) = answered(&pages, &json!({"nextToken": token}));
            assert_eq!(found, events);
            assert_eq!(leads_to.as_deref(), next);
        }
    }

    #[test]
    fn a_window_includes_both_its_ends() {
        let pages = pages(&[&[10, 20, 30, 40], &[50]]);
        for (window, count) in [
            (json!({"startTime": 10, "endTime": 40}), 4),
            (json!({"startTime": 20, "endTime": 30}), 2),
            (json!({"startTime": 41}), 0),
            (json!({"endTime": 10}), 1),
        ] {
            let (found, next) = answered(&pages, &window);
            assert_eq!(
                (found.len(), next.as_deref()),
                (count, Some("1")),
                "{window}"
            );
        }
    }

    #[test]
    fn without_pages_the_answer_is_an_empty_one() {
        assert_eq!(answered(&Pages::default(), &json!({})), (vec![], None));
        assert_eq!(answered(&pages(&[&[]]), &json!({})), (vec![], None));
    }

    #[test]
    fn an_unknown_token_is_refused() {
        for token in ["expired", "", "-1", "1"] {
            let parameters = json!({"nextToken": token});
            for pages in [pages(&[&[10]]), Pages::default()] {
                assert_eq!(pages.filter(&parameters), Err(InvalidToken), "{token}");
            }
        }
    }
}
