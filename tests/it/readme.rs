//! What the README shows and says is so.

use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_mail_in_the_readme_is_the_beginning_of_a_golden_mail() {
    let readme = read("README.md");
    let shown = readme
        .split("```text\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    // The golden file has the SMS line below the subject.
    let golden = read("tests/golden/disabled-by-alice.txt");
    let mail: Vec<&str> = golden
        .lines()
        .filter(|line| !line.starts_with("SMS: "))
        .collect();
    assert!(shown.contains("\nWHY IT MATTERS\n"));
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        mail[..shown.lines().count()]
    );
}

#[test]
fn every_parameter_of_the_template_stands_in_its_table_with_its_default() {
    let (table, template) = (read("docs/parameters.md"), read("template.yaml"));
    let parameters = template.split("\nParameters:\n").nth(1).unwrap();
    let parameters = parameters.split("\nConditions:").next().unwrap();
    let mut count = 0;
    for block in parameters.split("\n\n") {
        let name = block.trim().split(':').next().unwrap();
        let default = block
            .lines()
            .find_map(|line| line.trim().strip_prefix("Default: "))
            .unwrap();
        let row = table
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")))
            .unwrap_or_else(|| panic!("{name} is missing"));
        let default = default.trim_matches('\'');
        let shown = if default.is_empty() {
            "none".to_owned()
        } else {
            format!("`{default}`")
        };
        assert!(row.contains(&shown), "{name}: {shown} is not in {row}");
        count += 1;
    }
    assert!(count >= 26, "{count}");
}

#[test]
fn the_readme_says_the_same_of_the_parameters_that_everybody_sets() {
    let (readme, table) = (read("README.md"), read("docs/parameters.md"));
    let section = readme.split("\n## Parameters\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: Vec<_> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert!(rows.len() > 5);
    for row in rows {
        let row = row.replace("](docs/", "](");
        assert!(table.contains(&row), "{row}");
    }
}
