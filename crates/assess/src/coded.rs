//! Closed sets of codes, each with the sentence that people read.

/// Declares an enum whose every variant has a stable code and one sentence for people, which is
/// its documentation too.
macro_rules! coded {
    ($(#[$of:meta])* $set:ident { $($(#[$doc:meta])* $name:ident = $code:literal, $said:literal;)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $set {
            $(#[doc = $said] $(#[$doc])* $name,)*
        }

        impl $set {
            /// Every one, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Stable code, as outputs write it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn said(self) -> &'static str {
                match self {
                    $(Self::$name => $said,)*
                }
            }
        }
    };
}

pub(crate) use coded;
