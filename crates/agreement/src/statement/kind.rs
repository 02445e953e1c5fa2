//! The closed set of statements (DESIGN §4).

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $visibility:ident, $quorum:expr;)*) => {
        /// What a statement is. A closed set; a newer one, met by an older reader, is
        /// [`Unknown`](Self::Unknown): kept, counted and said, never guessed at.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
            /// Of a later version of this software.
            Unknown(String),
        }

        impl Kind {
            /// Every kind known here, in a fixed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As headers write it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown(name) => name,
                }
            }

            /// Who may see that there is such a statement.
            #[must_use]
            pub const fn visibility(&self) -> Visibility {
                match self {
                    $(Self::$name => Visibility::$visibility,)*
                    Self::Unknown(_) => Visibility::Public,
                }
            }

            /// The quorum of the pack whose signatures it takes; none for one device's.
            #[must_use]
            pub const fn quorum(&self) -> Option<&'static str> {
                match self {
                    $(Self::$name => $quorum,)*
                    Self::Unknown(_) => None,
                }
            }
        }
    };
}

/// Who may see that there is such a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Its header is in the log as it is; its body, if it has one, is sealed.
    Public,
    /// The log shows a [`Kind::Private`] in its stead, batched by period: that somebody was
    /// notified, or shown something, is itself protected.
    Private,
}

/// A device numbers its statements in lanes: a gap in the numbers that everybody sees would tell
/// that it said something in private, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Of kinds that everybody may see.
    Public,
    /// Of kinds that nobody may see.
    Private,
    /// Of the cells that stand in the log for them.
    Cell,
}

kinds! {
    /// A version of the agreement comes into force.
    AgreementAdopted = "agreement-adopted", Public, Some("adoption");
    /// A device's key joins the roster.
    KeyEnrolled = "key-enrolled", Public, Some("adoption");
    /// A device's key leaves the roster.
    KeyRevoked = "key-revoked", Public, Some("adoption");
    /// Some seconds of one sensor.
    TrackSegment = "track-segment", Public, None;
    /// What somebody saw or heard.
    Report = "report", Public, None;
    /// A flight that is permitted. It lifts a protection, so unlike a notification it is no
    /// secret that there is one.
    Authorisation = "authorisation", Public, None;
    /// Takes the place of an earlier statement of the same device.
    Correction = "correction", Public, None;
    /// A post or sensor was watching, or was not.
    Duty = "duty", Public, None;
    /// A site, a movement or a flight is made known to those who must not harm it.
    Notification = "notification", Private, None;
    /// A recipient has understood a notification.
    Acknowledgement = "acknowledgement", Private, None;
    /// A recipient does not accept a notification.
    Objection = "objection", Private, None;
    /// A notified movement departed, passed, was denied, arrived.
    Movement = "movement", Private, None;
    /// Aid was handed over.
    Delivery = "delivery", Public, None;
    /// Aid was kept from going somewhere.
    AccessConstraint = "access-constraint", Public, None;
    /// Who holds which ground.
    ControlMap = "control-map", Public, None;
    /// What was found on the record up to a size.
    Assessment = "assessment", Public, None;
    /// What a quorum of guarantors holds to be so.
    Determination = "determination", Public, Some("determination");
    /// What a party answers to a finding or a determination.
    Response = "response", Public, None;
    /// A call on the deconfliction line.
    LineCall = "line-call", Private, None;
    /// A body was opened to somebody.
    Disclosure = "disclosure", Private, None;
    /// A body was destroyed.
    Erasure = "erasure", Public, None;
    /// Time has passed.
    Tick = "tick", Public, None;
    /// Stands in the log for a statement that is itself sealed, or for none.
    Private = "private", Public, None;
}

/// Most characters in the name of a kind, known or not.
pub const KIND_CHARS_MAX: usize = 64;

impl Kind {
    /// The lane in which a device numbers such statements.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match (self, self.visibility()) {
            (Self::Private, _) => Lane::Cell,
            (_, Visibility::Public) => Lane::Public,
            (_, Visibility::Private) => Lane::Private,
        }
    }

    /// `None` when no kind, present or future, is written so: lower-case letters and hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(known) = Self::ALL.iter().find(|kind| kind.as_str() == text) {
            return Some(known.clone());
        }
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let sized = !text.is_empty() && text.len() <= KIND_CHARS_MAX;
        (plain && sized).then(|| Self::Unknown(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
