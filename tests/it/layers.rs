//! The order of the modules: `lib.rs` lists them as they are best read, and
//! imports run down that list only.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The modules that may call AWS.
const CALLERS: [&str; 3] = ["provision", "alert", "clients"];

/// Every module's source, its submodules' included, without its tests.
fn modules() -> (Vec<String>, BTreeMap<String, String>) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
    let declared = lib.lines().filter_map(|line| {
        line.trim_start_matches("pub ")
            .strip_prefix("mod ")?
            .strip_suffix(';')
    });
    let order: Vec<String> = declared.map(str::to_owned).collect();
    let sources = order.iter().map(|name| {
        let root = fs::read_to_string(src.join(format!("{name}.rs"))).unwrap();
        let mut source = without_tests(&root);
        let mut folders = vec![src.join(name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                    source += &without_tests(&fs::read_to_string(path).unwrap());
                }
            }
        }
        (name.clone(), source)
    });
    (order.clone(), sources.collect())
}

fn without_tests(source: &str) -> String {
    source
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// The modules that a source names as `crate::module`.
fn imported(source: &str) -> Vec<String> {
    let mut names: Vec<String> = source
        .split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn imports_run_down_the_list_in_lib_rs() {
    let (order, sources) = modules();
    let place = |name: &str| order.iter().position(|known| known == name);
    for (module, source) in &sources {
        for import in imported(source).iter().filter(|import| *import != module) {
            let lower =
                place(import).unwrap_or_else(|| panic!("{module} imports {import}: no module"));
            assert!(
                place(module).unwrap() < lower,
                "{module} imports {import}, which stands above it"
            );
        }
    }
}

#[test]
fn the_sources_of_submodules_are_read_too() {
    let (_, sources) = modules();
    assert!(sources["message"].contains("crate::kms_error"));
    assert!(sources["provision"].contains("logs:PutMetricFilter"));
    assert!(sources["kms_error"].contains("KMSInvalidStateException"));
}

#[test]
fn flows_do_not_import_flows() {
    let (_, sources) = modules();
    assert!(!imported(&sources["alert"]).contains(&"provision".to_owned()));
    assert!(!imported(&sources["provision"]).contains(&"alert".to_owned()));
}

#[test]
fn only_the_flows_call_aws() {
    let (_, sources) = modules();
    for (module, source) in &sources {
        let calls = source.contains(".send()") || source.contains("Client as ");
        assert_eq!(calls, CALLERS.contains(&module.as_str()), "{module}");
    }
}
