//! A tick with a failure of every call in every way: nothing is told and nothing is repaired by
//! mistake, and the next tick does what this one could not.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{
    ALARM, FILTER, TRAIL, break_alarm, deployed, line, next_tick, published, tick, write_event,
    writes,
};
use crate::fake_aws::{FakeAws, How};
use crate::faults::WAYS;
use crate::invoke::invoke;

fn problems(line: &Value) -> &Value {
    &line["health"]["problems"]
}

/// A tick in such a world, with one failing call: the world, the line, and the calls.
async fn tick_with(
    world: &FakeAws,
    fault: Option<(usize, How, bool)>,
) -> (FakeAws, Value, Vec<String>) {
    let aws = world.copy();
    write_event(&aws, "kms.amazonaws.com", "Decrypt", &json!({}));
    if let Some((call, how, lasting)) = fault {
        aws.fail_at(call, how, lasting);
    }
    let event = tick(&aws);
    let ticked = invoke(&aws, event).await;
    // Without it, it is not known whether the alarm lasts, so Lambda delivers the tick again.
    if let Err(error) = ticked {
        assert!(
            error.contains("cloudwatch:DescribeAlarms"),
            "{fault:?}: {error}"
        );
    }
    let line = line(&aws);
    let calls = aws.all_calls();
    aws.heal();
    (aws, line, calls)
}

/// Every call of a tick in such a world, with every way in which it can fail, once or for good.
async fn cells(world: &FakeAws) -> Vec<(String, (usize, How, bool))> {
    let (_, _, made) = tick_with(world, None).await;
    let mut all = Vec::new();
    for (call, operation) in made.iter().enumerate() {
        let is_paged = operation.starts_with("logs:Describe")
            || operation == "logs:FilterLogEvents"
            || operation == "cloudwatch:DescribeAlarms";
        for how in WAYS {
            if is_paged || !matches!(how, How::EmptyPage | How::ExpiredToken) {
                for lasting in [false, true] {
                    all.push((operation.clone(), (call + 1, how, lasting)));
                }
            }
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn no_failed_call_of_a_healthy_tick_tells_or_repairs_anything() {
    let healthy = deployed().await;
    let cells = cells(&healthy).await;
    for (operation, fault) in &cells {
        let (aws, line, made) = tick_with(&healthy, Some(*fault)).await;
        let cell = format!("{operation} {fault:?}: {line}");
        // What AWS says is not there is gone; the next tick knows better.
        if fault.1 != How::NotFound {
            assert!(published(&aws).is_empty(), "{cell}");
            assert_eq!(*problems(&line), json!([]), "{cell}");
            assert_eq!(writes(&made), Vec::<&str>::new(), "{cell}");
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "matrix: watch: {} healthy ticks with a failing call: nothing told, nothing repaired",
        cells.len()
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_in_a_repair_the_next_tick_completes_it() {
    let broken = deployed().await;
    let filter = broken.world().log_groups[TRAIL].filters[FILTER].clone();
    break_alarm(&broken);
    broken.by_hand(|world| {
        let group = world.log_groups.get_mut(TRAIL).unwrap();
        group.filters.remove(FILTER);
    });
    let cells = cells(&broken).await;
    for (operation, fault) in &cells {
        let (aws, line, _) = tick_with(&broken, Some(*fault)).await;
        let cell = format!("{operation} {fault:?}: {line}");
        let is_seen = *problems(&line) != json!([]) || line["health"]["unknown"] != json!([]);
        assert!(is_seen, "{cell}");
        next_tick(&aws).await;
        let world = aws.world();
        assert_eq!(world.log_groups[TRAIL].filters[FILTER], filter, "{cell}");
        let threshold = &world.alarms[ALARM].settings["Threshold"];
        assert_eq!(*threshold, 1.0, "{cell}");
        assert!(
            fault.1 == How::NotFound || published(&aws).is_empty(),
            "{cell}"
        );
    }
    let _ = writeln!(
        std::io::stderr(),
        "matrix: watch: {} repairs with a failing call: each complete a tick later",
        cells.len()
    );
}
