//! What each released version left in people's stacks. Its properties and its ID live there
//! forever, and every later version must understand them. `tests/upgrades` has a file for each
//! version that changed either; none is ever edited.

use std::fs;

use serde_json::{Value, json};

use crate::fake_aws::FakeAws;
use crate::invoke::{invoke, request};

fn released() -> Vec<(String, Value)> {
    let folder = format!("{}/tests/upgrades", env!("CARGO_MANIFEST_DIR"));
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let left: Value = serde_json::from_str(&text).unwrap();
            (path.display().to_string(), left)
        })
        .collect()
}

/// Sends the request, and returns the ID in the answer.
#[track_caller]
fn check_succeeded(aws: &FakeAws, version: &str) -> Value {
    let answer = aws.answer();
    assert_eq!(answer["Status"], "SUCCESS", "{version}: {answer}");
    answer["PhysicalResourceId"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_stack_of_any_released_version_is_updated_in_place_and_deleted() {
    let released = released();
    assert!(!released.is_empty());
    for (version, left) in released {
        let aws = FakeAws::with_log_group();
        let (id, properties) = (&left["PhysicalResourceId"], &left["ResourceProperties"]);

        let mut create = request("Create", &json!({}));
        create["ResourceProperties"] = properties.clone();
        invoke(&aws, create).await.unwrap();
        assert_eq!(&check_succeeded(&aws, &version), id, "{version}: the id");

        let mut update = request("Update", &json!({"Period": "60"}));
        update["PhysicalResourceId"] = id.clone();
        update["OldResourceProperties"] = properties.clone();
        invoke(&aws, update).await.unwrap();
        assert_eq!(&check_succeeded(&aws, &version), id, "{version}: in place");

        let mut delete = request("Delete", &json!({}));
        delete["PhysicalResourceId"] = id.clone();
        delete["ResourceProperties"] = properties.clone();
        invoke(&aws, delete).await.unwrap();
        check_succeeded(&aws, &version);
        assert!(aws.world().topics.is_empty(), "{version}");
    }
}
