//! Values that are made when they are first used.

use std::sync::LazyLock;

/// Made on first use.
pub type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// A value that `make` gives when it is first asked for.
pub(super) fn lazy<T>(make: impl FnOnce() -> T + Send + 'static) -> Lazy<T> {
    LazyLock::new(Box::new(make))
}
