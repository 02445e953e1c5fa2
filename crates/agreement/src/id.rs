//! The names that a pack gives to its parts. Each stands in one place in memory, however many
//! findings and alerts bear it.

use std::fmt;
use std::sync::Arc;

/// Most characters a name of a pack may have.
pub const ID_CHARS_MAX: usize = 64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Lower-case letters, digits and hyphens, a letter or digit first and last, at most
        /// [`ID_CHARS_MAX`].
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// `None` when `text` has another form.
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.into()))
            }

            /// As written in the pack.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

id! {
    /// A party to the agreement, a guarantor or an excluded group.
    PartyId
}
id! {
    /// An area of the pack.
    AreaId
}
id! {
    /// A clause of the pack.
    ClauseId
}
id! {
    /// A device with a key of its own.
    DeviceId
}
id! {
    /// A sensor: a receiver, radar, camera or microphone.
    SensorId
}
id! {
    /// An observers' post.
    PostId
}

fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends_plain =
        bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    ends_plain && bytes.len() <= ID_CHARS_MAX && bytes.iter().all(|&b| plain(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        assert!(ClauseId::new("no-fly-1").is_some());
        for bad in ["", "-a", "a-", "A", "a b", "ä", &"a".repeat(ID_CHARS_MAX + 1)] {
            assert_eq!(ClauseId::new(bad), None, "{bad:?}");
        }
    }
}
