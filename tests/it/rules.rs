//! The table of rules is whole, and what it names exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("custom_resource_rules.md");

/// Every source file in which a test may stand.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "rs" || end == "py")
            {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn every_rule_has_a_row() {
    let rows: BTreeSet<String> = TABLE
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .split(' ')
                .next()
                .map(str::to_owned)
        })
        .collect();
    for (letter, count) in [("A", 7), ("B", 14), ("C", 25), ("5.", 6)] {
        for number in 1..=count {
            let row = format!("{letter}{number}");
            assert!(rows.contains(&row), "{row} is missing");
        }
    }
}

#[test]
fn every_test_that_a_row_names_exists() {
    let sources = sources();
    let mut named = 0;
    let rows: String = TABLE
        .lines()
        .filter(|line| line.starts_with("| "))
        .collect();
    for (module, test) in rows
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
    {
        if module.starts_with(char::is_uppercase) {
            continue;
        }
        let stands = sources.iter().any(|path| {
            path.file_stem().is_some_and(|stem| stem == module) && {
                let source = fs::read_to_string(path).unwrap();
                source.contains(&format!("fn {test}()")) || source.contains(&format!("def {test}("))
            }
        });
        assert!(stands, "{module}::{test} does not exist");
        named += 1;
    }
    assert!(named > 60, "{named}");
}
