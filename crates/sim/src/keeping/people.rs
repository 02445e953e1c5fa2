//! Who speaks in a run: three devices, the keeper's own, and a reader to whom bodies are shown.

use std::sync::OnceLock;

use age::x25519::Identity;
use agreement::party::{Device, Recipient};
use agreement::report::{Act, Method, Source, Told};
use agreement::statement::said::Nothing;
use agreement::statement::{Body, Claim, Place, Roster, Said, SecretKey, body};
use agreement::track::Locator;
use agreement::{DeviceId, Digest, PackFiles, PartyId, Report};
use ledger::vault::{Entropy, EntropyFault};
use spacetime::Interval;
use spacetime::time::Instant;

use crate::seed::Seeded;

/// Devices that send claims.
pub(super) const DEVICES: usize = 3;

/// Randomness for the vault that a seed repeats.
pub(super) struct SimEntropy(pub(super) Seeded);

impl Entropy for SimEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyFault> {
        bytes.fill_with(|| self.0.draw() as u8);
        Ok(())
    }
}

/// A device that numbers what it says, in each lane.
struct Speaker {
    id: DeviceId,
    key: SecretKey,
    public: Place,
    private: Place,
}

/// Everybody.
pub(super) struct People {
    speakers: Vec<Speaker>,
    said: u64,
}

impl People {
    pub(super) fn new() -> Self {
        let speaker = |n| Speaker {
            id: device(n),
            key: key(n),
            public: Place::default(),
            private: Place::default(),
        };
        Self { speakers: (1..=DEVICES).map(speaker).collect(), said: 0 }
    }

    /// A report by a device, numbered behind its last.
    pub(super) fn report(&mut self, speaker: usize) -> Claim {
        let number = self.next();
        let told = Told {
            id: format!("r{number}"),
            act: Act::Explosion,
            method: Method::Heard,
            observed: Interval::new(at(0), at(60)).expect("a minute"),
            source: Source { id: "o".into(), post: None, kind: "human".into(), position: None },
        };
        let body = Body::Report(Box::new(Report::of(told, Locator::default())));
        let Speaker { id, key, public, .. } = &mut self.speakers[speaker];
        let said = Said::Report(Nothing {});
        let claim = signed(id, key, *public, &said, &body, number);
        *public = Place::after(claim.statement());
        claim
    }

    /// A call on the line, of which the log must not tell.
    pub(super) fn call(&mut self, speaker: usize) -> Claim {
        let number = self.next();
        let body = Body::LineCall(body::LineCall {
            about: None,
            area: None,
            at: at(1),
            event: body::LineEvent::Called,
            text: Some(format!("call {number}")),
            with: party().clone(),
        });
        let Speaker { id, key, private, .. } = &mut self.speakers[speaker];
        let said = Said::LineCall(Nothing {});
        let claim = signed(id, key, *private, &said, &body, number);
        *private = Place::after(claim.statement());
        claim
    }

    /// Something else under a number that a device has used: what must be refused.
    pub(super) fn contradict(&mut self, claim: &Claim) -> Option<Claim> {
        // The same words under another salt are another statement.
        let number = self.next();
        let header = claim.statement().header();
        let speaker = self.speakers.iter().find(|speaker| speaker.id == header.device)?;
        let place = Place { sequence: header.sequence, previous: header.previous };
        let body = Body::parse(&header.kind, claim.body()?.1).ok()?;
        let said = Said::of(header).ok()?;
        Some(signed(&speaker.id, &speaker.key, place, &said, &body, number))
    }

    fn next(&mut self) -> u64 {
        self.said += 1;
        self.said
    }
}

fn signed(
    id: &DeviceId,
    key: &SecretKey,
    place: Place,
    said: &Said,
    body: &Body,
    number: u64,
) -> Claim {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&number.to_le_bytes());
    Claim::sign(id.clone(), key, place, None, said, Some((body, salt))).expect("it is in form")
}

/// The device by number; 0 is the keeper's.
pub(super) fn device(number: usize) -> DeviceId {
    DeviceId::new(&format!("device-{number}")).expect("a name")
}

/// Its key.
pub(super) fn key(number: usize) -> SecretKey {
    SecretKey::from_seed(&[number as u8 + 1; 32])
}

pub(super) fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000)
}

fn in_force() -> &'static (Roster, PartyId, Digest) {
    static IN_FORCE: OnceLock<(Roster, PartyId, Digest)> = OnceLock::new();
    IN_FORCE.get_or_init(|| {
        let files = PackFiles {
            agreement_toml: Some(include_bytes!(
                "../../../../packs/paris-toulouse-2024/agreement.toml"
            )),
            areas_geojson: Some(include_bytes!(
                "../../../../packs/paris-toulouse-2024/areas.geojson"
            )),
            has_sources: true,
        };
        let (mut pack, _) = agreement::pack::read(&files).expect("a sound pack");
        let party = pack.parties.keys().next().expect("a party").clone();
        for number in 0..=DEVICES {
            let (id, ed25519) = (device(number), key(number).public().to_bytes());
            pack.devices.insert(id.clone(), Device { id, party: party.clone(), ed25519 });
        }
        (Roster::of(&pack).expect("keys are keys"), party, pack.version.0)
    })
}

/// The roster of a pack with these devices in it.
pub(super) fn roster() -> Roster {
    in_force().0.clone()
}

/// The version of that pack.
pub(super) fn agreement() -> Digest {
    in_force().2
}

fn party() -> &'static PartyId {
    &in_force().1
}

/// The vault's identity. It is known to everybody who reads this, and guards nothing.
pub(super) fn vault_identity() -> Identity {
    "AGE-SECRET-KEY-1QVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPSXQCRQVPS2PGGME"
        .parse()
        .expect("an identity")
}

/// That of a guarantor who holds shares.
pub(super) fn guarantor(number: u8) -> Identity {
    static GUARANTORS: OnceLock<Vec<Identity>> = OnceLock::new();
    // Fresh in each process, which changes nothing that a run does: lengths are the same.
    let all =
        GUARANTORS.get_or_init(|| (0..super::GUARANTORS).map(|_| Identity::generate()).collect());
    all[usize::from(number)].clone()
}

/// The reader's.
pub(super) fn reader_identity() -> Identity {
    "AGE-SECRET-KEY-1QSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQMDXKL7"
        .parse()
        .expect("an identity")
}

/// The reader, as a pack names one.
pub(super) fn reader() -> Recipient {
    Recipient {
        id: "reader".into(),
        party: party().clone(),
        age: reader_identity().to_public().to_string(),
        assessor: false,
    }
}
