//! The order of the modules: `lib.rs` lists them as they are best read, and imports run down that
//! list only. Inside a module, a parent file uses its children, and children use each other, but
//! never their parent.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules that may call AWS.
const CALLERS: [&str; 4] = ["watch", "provision", "alert", "clients"];

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
                    if path.file_name().is_some_and(|name| name != "tests") {
                        folders.push(path);
                    }
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
    assert!(sources["report"].contains("crate::kms_error"));
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
fn the_flows_do_not_know_the_watch() {
    let (_, sources) = modules();
    for flow in ["alert", "provision"] {
        assert!(!imported(&sources[flow]).contains(&"watch".to_owned()));
    }
}

#[test]
fn only_the_flows_call_aws() {
    let (_, sources) = modules();
    for (module, source) in &sources {
        let calls = source.contains(".send()") || source.contains("Client as ");
        assert_eq!(calls, CALLERS.contains(&module.as_str()), "{module}");
    }
}

/// Every source file under `src` by its module path, without its tests.
fn files() -> BTreeMap<Vec<String>, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let module = path.strip_prefix(&src).unwrap().with_extension("");
                let module = module.iter().map(|part| part.to_str().unwrap().to_owned());
                let source = without_tests(&fs::read_to_string(&path).unwrap());
                files.insert(module.collect(), source);
            }
        }
    }
    files
}

/// The paths that a source names through `crate::` or `super::`, as absolute ones.
fn paths(module: &[String], source: &str) -> Vec<Vec<String>> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        tree(&code[at + "crate::".len()..], &mut Vec::new(), &mut found);
    }
    for (at, _) in code.match_indices("super::") {
        if !code[..at].ends_with("super::") {
            let rest = &code[at..];
            let named = rest.trim_start_matches("super::");
            let up = (rest.len() - named.len()) / "super::".len();
            let mut base = module[..module.len().saturating_sub(up)].to_vec();
            tree(named, &mut base, &mut found);
        }
    }
    found
}

/// Reads a tree such as `a::{b, c::{D, e::*}}`, adds its leaves below `base`, and returns what
/// follows.
fn tree<'a>(text: &'a str, base: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        while !rest.is_empty() {
            rest = rest.trim_start_matches([',', ' ']);
            if let Some(end) = rest.strip_prefix('}') {
                return end;
            }
            rest = tree(rest, &mut base.clone(), found);
        }
        return rest;
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
        .unwrap_or(text.len());
    if end == 0 {
        return "";
    }
    base.push(text[..end].to_owned());
    match text[end..].strip_prefix("::") {
        Some(rest) if !rest.starts_with('<') => tree(rest, base, found),
        _ => {
            found.push(base.clone());
            let rest = &text[end..];
            // `name as other`
            rest.find([',', '}', ';', ' ', '('])
                .filter(|_| rest.starts_with(" as "))
                .map_or(rest, |_| {
                    let rest = &rest[" as ".len()..];
                    &rest[rest.find([',', '}', ';']).unwrap_or(rest.len())..]
                })
        }
    }
}

/// The items that a module takes from one of its parents, as `parent::item`.
fn from_parents(
    files: &BTreeMap<Vec<String>, String>,
    module: &[String],
    source: &str,
) -> Vec<String> {
    let mut taken = Vec::new();
    for path in paths(module, source) {
        let depth = (0..=path.len())
            .rev()
            .find(|depth| files.contains_key(&path[..*depth]))
            .unwrap_or_default();
        if depth > 0 && depth < module.len() && module.starts_with(&path[..depth]) {
            taken.push(path.join("::"));
        }
    }
    taken
}

#[test]
fn no_child_imports_from_its_parent() {
    let files = files();
    for (module, source) in &files {
        let taken = from_parents(&files, module, source);
        assert_eq!(taken, Vec::<String>::new(), "{}", module.join("::"));
    }
}

#[test]
fn an_import_from_a_parent_is_seen_in_every_form() {
    let module = |name: &str| name.split("::").map(str::to_owned).collect::<Vec<_>>();
    let files = ["a", "a::b", "a::c", "a::c::d", "e"].map(|name| (module(name), String::new()));
    let files = BTreeMap::from(files);
    for (source, expected) in [
        ("use super::b::Item;", vec![]),
        ("use super::{b::{self, Item as Other}, c};", vec![]),
        (
            "use crate::e::Item;\nuse crate::a::b::{Item, more::*};",
            vec![],
        ),
        ("// super::Item\n/// [`super::Item`]", vec![]),
        ("use super::Item;", vec!["a::Item"]),
        ("use super::*;", vec!["a::*"]),
        ("use super::{b, Item};", vec!["a::Item"]),
        (
            "use super::{\n    Item as Other,\n    b::More,\n};",
            vec!["a::Item"],
        ),
        ("use crate::a::{b, function};", vec!["a::function"]),
        ("fn f() { super::function(1) }", vec!["a::function"]),
    ] {
        let taken = from_parents(&files, &module("a::c"), source);
        assert_eq!(taken, expected, "{source}");
    }
    let taken = from_parents(&files, &module("a::c::d"), "use super::super::{b, Item};");
    assert_eq!(taken, ["a::Item"]);
}

/// What keeps text from outside in the one way by which it may reach a reader.
#[test]
fn a_report_holds_no_bare_text() {
    let (_, sources) = modules();
    let shown = &sources["shown"];
    assert!(
        shown.contains("pub struct Shown(Cow<'static, str>);"),
        "its text is private"
    );
    for (module, source) in &sources {
        let composes = source.contains("Shown::compose(");
        assert_eq!(
            composes,
            module == "shown",
            "{module} puts text together by itself"
        );
    }
    for (module, source) in files() {
        let file = module.last().map(String::as_str);
        // What the report is made of, and what SNS gets.
        if module[0] != "report" || matches!(file, Some("evidence" | "message")) {
            continue;
        }
        let fields = source
            .lines()
            .filter(|line| line.trim_start().starts_with("pub "));
        for field in fields.filter(|line| line.ends_with(',')) {
            assert!(!field.contains("String"), "{}: {field}", module.join("::"));
        }
    }
}
