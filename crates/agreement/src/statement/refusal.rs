//! What is said about bytes that are no statement, or a statement that may not stand.

use std::borrow::Cow;
use std::fmt;

/// A kind of bad input, declared beside the code that finds it.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable name in kebab-case: people script against it.
    pub name: &'static str,
    /// What is wrong, as a clause without a full stop.
    pub reason: &'static str,
    /// What whoever sent it can do about it.
    pub repair: &'static str,
}

/// Declares codes and `CODES`, the list of them.
#[macro_export]
#[doc(hidden)]
macro_rules! statement_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal, $repair:literal;)*) => {
        $($(#[$doc])* #[doc = concat!("`", $code, "`: ", $reason, ".")]
        pub static $name: $crate::statement::Code = $crate::statement::Code {
            name: $code,
            reason: $reason,
            repair: $repair,
        };)*

        /// Every code declared here.
        #[allow(unreachable_pub, reason = "some of the modules are private")]
        pub static CODES: &[&$crate::statement::Code] = &[$(&$name,)*];
    };
}

/// Why something was refused, and where in it. It names fields, limits and counts, never what
/// a field holds: that may be a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which kind.
    pub code: &'static Code,
    /// JSON pointer to the field (RFC 6901); empty for the whole.
    pub pointer: String,
    /// More on the reason, such as the limit that was passed.
    pub detail: Option<Cow<'static, str>>,
}

impl Refusal {
    /// Of the whole.
    #[must_use]
    pub const fn new(code: &'static Code) -> Self {
        Self { code, pointer: String::new(), detail: None }
    }

    /// Naming the field by its JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    /// Within a field of what was being read: its key goes before the pointer.
    #[must_use]
    pub fn within(mut self, key: impl fmt::Display) -> Self {
        self.pointer = format!("/{key}{}", self.pointer);
        self
    }

    /// Saying more on the reason. Never a coordinate.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// `code at /pointer: reason: detail; repair`.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name)?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, ": {}", self.code.reason)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        write!(f, "; {}", self.code.repair)
    }
}

impl std::error::Error for Refusal {}
