//! Who may speak, at each point of the log: the pack's devices, and what the log did to them.
//!
//! The fold is the same for whoever admits and for whoever checks afterwards.

use std::collections::{BTreeMap, BTreeSet};

use spacetime::Instant;

use super::header::Header;
use super::key::PublicKey;
use super::kind::Kind;
use super::refusal::{Code, Refusal};
use super::said::{Enrolled, RevocationReason, Revoked, Said};
use super::signed::Statement;
use crate::id::{DeviceId, PartyId};
use crate::pack::Pack;
use crate::party::{Quorum, Role};
use crate::statement_codes;

statement_codes! {
    DEVICE_UNKNOWN = "device-unknown", "no device of that name is on the roster at this point of the log",
        "have the device enrolled first";
    KEY_RETIRED = "key-retired", "the device's key was retired before this point of the log",
        "sign with a device that is still on the roster";
    QUORUM_MISSING = "quorum-missing", "the pack has no such quorum, and no guarantor who could stand for it",
        "name the quorum in the pack";
    QUORUM_SHORT = "quorum-short", "fewer members of the quorum have signed than it takes",
        "collect the other signatures; one device speaks for its party";
    NOT_A_MEMBER = "not-a-member", "a device signs whose party is not asked",
        "leave its signature out";
    ENROLLED_BEFORE = "enrolled-before", "a device of that name was on the roster before",
        "give the device a new name: a name stands for one key for ever";
    PARTY_UNKNOWN = "party-unknown-to-pack", "the pack has no such party",
        "name a party of the pack";
    NOT_ITS_PARTY = "not-its-party", "a party revokes the key of another without the quorum",
        "have the quorum sign, or a device of the same party";
}

/// A device on the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Whose it is.
    pub party: PartyId,
    /// Its key.
    pub key: PublicKey,
    /// Its revocation, and the leaf at which that stands.
    pub revoked: Option<(Revoked, u64)>,
}

/// Whether a statement whose signatures hold counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It counts.
    Good,
    /// A key that was said to be compromised signed it, and it was not on record before that. It
    /// is kept, and nothing is found from it.
    Contested,
}

/// Where in the log a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// Its leaf.
    pub leaf: u64,
    /// The ledger's time of it.
    pub at: Instant,
}

/// The roster at one point of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    parties: BTreeSet<PartyId>,
    quorums: BTreeMap<String, Quorum>,
    guarantors: BTreeSet<PartyId>,
    devices: BTreeMap<DeviceId, Member>,
}

impl Roster {
    /// As a pack has it, before anything was logged.
    ///
    /// # Errors
    /// When a key of the pack is no key.
    pub fn of(pack: &Pack) -> Result<Self, Refusal> {
        let member = |device: &crate::party::Device| {
            let key = PublicKey::new(&device.ed25519)?;
            let member = Member { party: device.party.clone(), key, revoked: None };
            Ok((device.id.clone(), member))
        };
        let guarantors = pack.parties.values().filter(|party| party.role == Role::Guarantor);
        Ok(Self {
            guarantors: guarantors.map(|party| party.id.clone()).collect(),
            parties: pack.parties.keys().cloned().collect(),
            quorums: pack.quorums.clone(),
            devices: pack.devices.values().map(member).collect::<Result<_, _>>()?,
        })
    }

    /// Under another version of the pack. Devices that the log enrolled stay, and a revoked one
    /// does not come back.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn under(&self, pack: &Pack) -> Result<Self, Refusal> {
        let mut next = Self::of(pack)?;
        for (id, member) in &self.devices {
            let same = next.devices.get(id).is_none_or(|new| new.key == member.key);
            if same && (member.revoked.is_some() || next.parties.contains(&member.party)) {
                next.devices.insert(id.clone(), member.clone());
            }
        }
        Ok(next)
    }

    /// A device.
    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&Member> {
        self.devices.get(id)
    }

    /// Every device by name.
    pub fn devices(&self) -> impl Iterator<Item = (&DeviceId, &Member)> {
        self.devices.iter()
    }

    /// Whether a statement may stand at this point of the log: every signature holds, none is of
    /// a retired key, and a quorum is complete where one is needed. Whether what a compromised
    /// key signed is contested, [`Self::standing`] says.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn check(&self, statement: &Statement, said: Option<&Said>) -> Result<(), Refusal> {
        for (n, signature) in statement.signatures().iter().enumerate() {
            let placed = |code: &'static Code| Refusal::new(code).within(n).within("signatures");
            let member = self.devices.get(&signature.device);
            let member = member.ok_or_else(|| placed(&DEVICE_UNKNOWN))?;
            if member.is_retired() {
                return Err(placed(&KEY_RETIRED));
            }
            statement.verify(&signature.device, &member.key)?;
        }
        match said {
            Some(Said::KeyEnrolled(enrolled)) => self.may_enrol(enrolled)?,
            Some(Said::KeyRevoked(revoked)) => return self.may_revoke(statement, revoked),
            _ => {}
        }
        match statement.header().kind.quorum() {
            Some(name) => self.is_complete(statement, name),
            None => Ok(()),
        }
    }

    fn may_enrol(&self, enrolled: &Enrolled) -> Result<(), Refusal> {
        let refused = |code, key: &str| Err(Refusal::new(code).within(key).within("said"));
        PublicKey::new(&enrolled.ed25519).map_err(|why| why.within("ed25519").within("said"))?;
        if self.devices.contains_key(&enrolled.enrolled) {
            return refused(&ENROLLED_BEFORE, "enrolled");
        }
        if !self.parties.contains(&enrolled.party) {
            return refused(&PARTY_UNKNOWN, "party");
        }
        Ok(())
    }

    fn may_revoke(&self, statement: &Statement, revoked: &Revoked) -> Result<(), Refusal> {
        let Some(member) = self.devices.get(&revoked.revoked) else {
            return Err(Refusal::new(&DEVICE_UNKNOWN).within("revoked").within("said"));
        };
        let signers = statement.signatures().iter();
        let own = signers
            .filter_map(|signature| self.devices.get(&signature.device))
            .all(|signer| signer.party == member.party);
        match statement.header().kind.quorum() {
            Some(name) if !own => self.is_complete(statement, name).map_err(|why| {
                let alone = statement.signatures().len() == 1;
                if alone { Refusal::new(&NOT_ITS_PARTY).within("said") } else { why }
            }),
            _ => Ok(()),
        }
    }

    /// Whether enough members have signed, and nobody else. One that is said to be compromised
    /// speaks for nobody.
    fn is_complete(&self, statement: &Statement, name: &str) -> Result<(), Refusal> {
        let (members, threshold) = match self.quorums.get(name) {
            Some(quorum) => (&quorum.members, quorum.threshold as usize),
            // Where the pack names no quorum, nobody is passed over.
            None => (&self.guarantors, self.guarantors.len()),
        };
        if members.is_empty() {
            return Err(Refusal::new(&QUORUM_MISSING).detail(name.to_owned()));
        }
        let mut parties = BTreeSet::new();
        for (n, signature) in statement.signatures().iter().enumerate() {
            let member = self.devices.get(&signature.device);
            match member.filter(|member| members.contains(&member.party)) {
                Some(member) if member.revoked.is_none() => parties.insert(&member.party),
                Some(_) => false,
                None => return Err(Refusal::new(&NOT_A_MEMBER).within(n).within("signatures")),
            };
        }
        if parties.len() < threshold {
            let detail = format!("{} of {threshold}", parties.len());
            return Err(Refusal::new(&QUORUM_SHORT).within("signatures").detail(detail));
        }
        Ok(())
    }

    /// Takes in what a statement that was admitted does to the roster. What a new version of the
    /// agreement does needs its pack ([`Self::under`]).
    pub fn apply(&mut self, leaf: u64, said: &Said) {
        match said {
            Said::KeyEnrolled(Enrolled { enrolled, party, ed25519 }) => {
                if let Ok(key) = PublicKey::new(ed25519) {
                    let member = Member { party: party.clone(), key, revoked: None };
                    self.devices.entry(enrolled.clone()).or_insert(member);
                }
            }
            Said::KeyRevoked(revoked) => {
                if let Some(member) = self.devices.get_mut(&revoked.revoked) {
                    member.revoke(revoked, leaf);
                }
            }
            _ => {}
        }
    }

    /// Whether a statement that stands in the log counts, by what is known of its signers now:
    /// a revocation for compromise reaches back to everything that was not sequenced, or
    /// covered by a cosigned checkpoint, before. The time that a statement claims for itself
    /// changes nothing. `cosigned` gives the size of the largest tree that witnesses cosigned
    /// before an instant.
    #[must_use]
    pub fn standing(
        &self,
        header: &Header,
        place: Sequenced,
        cosigned: impl Fn(Instant) -> u64,
    ) -> Standing {
        let revocation = self.devices.get(&header.device).and_then(|m| m.revoked.as_ref());
        let Some((revoked, _)) = revocation else { return Standing::Good };
        if revoked.reason == RevocationReason::Retired {
            return Standing::Good;
        }
        let before =
            revoked.since.is_some_and(|since| place.at < since || place.leaf < cosigned(since));
        // The revocation itself may be by the device that it revokes.
        let is_itself = header.kind == Kind::KeyRevoked;
        if before || is_itself { Standing::Good } else { Standing::Contested }
    }
}

impl Member {
    fn is_retired(&self) -> bool {
        matches!(&self.revoked, Some((revoked, _)) if revoked.reason == RevocationReason::Retired)
    }

    /// A compromise takes the place of a retirement and of a later compromise, never the other way.
    fn revoke(&mut self, revoked: &Revoked, leaf: u64) {
        let graver = match &self.revoked {
            None => true,
            Some((known, _)) => match (known.reason, revoked.reason) {
                (RevocationReason::Retired, RevocationReason::Compromise) => true,
                (RevocationReason::Compromise, RevocationReason::Compromise) => {
                    revoked.since < known.since
                }
                _ => false,
            },
        };
        if graver {
            self.revoked = Some((revoked.clone(), leaf));
        }
    }
}
