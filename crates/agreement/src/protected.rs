//! Values that must not leak by accident.

use std::fmt;

/// A place or other fact that could get people hurt: observers' posts, notified sites,
/// movements.
///
/// It cannot be displayed or serialised, and its `Debug` tells nothing. Whoever needs the
/// value says so with [`Protected::expose`], which a reviewer can search for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protected<T>(T);

impl<T> Protected<T> {
    /// Protects a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a computation or for a view that a role may see. Never for a message.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Protected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protected(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Some(Protected::new(36.1))), "Some(Protected(..))");
    }
}
