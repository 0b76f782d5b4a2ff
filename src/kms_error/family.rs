//! Lists of names, of which one that ends in `*` stands for every name that begins so.

/// Whether a name is in the list.
pub(super) fn has(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| match known.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => name == *known,
    })
}
