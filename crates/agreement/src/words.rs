//! Closed sets of words, as packs and reports write them.

/// Declares an enum whose every variant is one word, with `ALL`, `as_str`, `parse` and its
/// serialisation as that word.
macro_rules! words {
    ($(#[$of:meta])* $set:ident { $($(#[$doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $set {
            $($(#[$doc])* $name,)*
        }

        impl $set {
            /// Every one, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As written in packs and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// `None` when there is no such word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
