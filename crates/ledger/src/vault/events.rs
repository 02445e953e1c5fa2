//! What the vault writes down about itself, and what it knows from it.

use std::collections::{BTreeMap, BTreeSet};

use agreement::Digest;
use serde::{Deserialize, Deserializer, Serialize};

/// A body was to be shown to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Digest of the statement whose body it is.
    #[serde(deserialize_with = "digest")]
    pub statement: Digest,
    /// Its ciphertext, by digest; a private statement has one for each of its cells.
    #[serde(deserialize_with = "digests")]
    pub bodies: Vec<Digest>,
    /// Name of the reader, as the agreement has it.
    pub reader: String,
    /// Where the keys are wrapped to: `age1...`.
    pub recipient: String,
}

/// Whatever is of some kinds was to be shown to somebody, as it comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Kinds of entries, as headers have them; none ends what was ordered before.
    pub kinds: BTreeSet<String>,
    /// First instant at which they were sequenced, in microseconds.
    pub from_us: i64,
    /// First instant after.
    pub until_us: i64,
    /// Name of the reader, as the agreement has it.
    pub reader: String,
    /// Where the keys are wrapped to: `age1...`.
    pub recipient: String,
}

/// An order that is on the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ordered {
    pub(super) order: Order,
    /// Leaf of the `Disclosure`.
    pub(super) leaf: u64,
    /// The first leaf that was not looked at for it.
    pub(super) next: u64,
}

/// A body was to be destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Digest of the statement whose body it is.
    #[serde(deserialize_with = "digest")]
    pub statement: Digest,
    /// The body, by the digest of its ciphertext.
    #[serde(deserialize_with = "digest")]
    pub body: Digest,
}

/// An event of the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    /// Somebody asked to be shown bodies, and the statement that says so is to go on the record.
    Asked { id: u64, disclosure: Disclosure, statement: String },
    /// It is on the record. From here on a copy counts as given, whether it reached anybody or not.
    Shown { id: u64, leaf: u64 },
    /// The record would not have it.
    NotShown { id: u64 },
    /// Somebody is to be shown whatever is of some kinds, and the statement that says so is to go on the
    /// record.
    Ordered { id: u64, order: Order, statement: String },
    /// It is on the record. What was ordered before for the same reader ends.
    Stands { id: u64, leaf: u64 },
    /// By an order these were shown; everything before a leaf was looked at. From here on a copy of each
    /// counts as given.
    Handed {
        id: u64,
        #[serde(deserialize_with = "digests")]
        bodies: Vec<Digest>,
        next: u64,
    },
    /// The erasure of a body was ordered, and the statement that says so is to go on the record.
    Condemned { erasure: Erasure, statement: String },
    /// It is on the record. From here on recovery destroys what is left.
    Sentenced { sentence: Sentence },
    /// The record would not have it.
    Spared {
        #[serde(deserialize_with = "digest")]
        body: Digest,
    },
    /// Nothing is left.
    Destroyed {
        #[serde(deserialize_with = "digest")]
        body: Digest,
    },
}

/// What is to be destroyed, and where it is: the slot itself may be torn when recovery reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sentence {
    #[serde(deserialize_with = "digest")]
    pub(super) body: Digest,
    /// Leaf of the `Erasure`.
    pub(super) leaf: u64,
    pub(super) segment: u32,
    pub(super) slot: u32,
    pub(super) offset: u64,
    pub(super) len: u32,
    pub(super) shares: Option<(u64, u32)>,
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    Digest::parse(&text).ok_or_else(|| serde::de::Error::custom("no digest"))
}

fn digests<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Digest>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| Digest::parse(text)).collect::<Option<_>>();
    parsed.ok_or_else(|| serde::de::Error::custom("no digest"))
}

/// A copy that was given away and cannot be recalled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Copy {
    /// Leaf of the `Disclosure`.
    pub leaf: u64,
    /// Who has it.
    pub reader: String,
}

/// A request that waits for the record.
#[derive(Clone, Debug)]
pub(super) struct Pending<T> {
    pub(super) what: T,
    pub(super) statement: String,
}

/// What follows from the events so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) next_id: u64,
    pub(super) asked: BTreeMap<u64, Pending<Disclosure>>,
    pub(super) ordered: BTreeMap<u64, Pending<Order>>,
    /// Of each reader the one that was on the record last.
    pub(super) standing: BTreeMap<u64, Ordered>,
    pub(super) condemned: BTreeMap<Digest, Pending<Erasure>>,
    /// On the record and not yet known to be destroyed.
    pub(super) sentenced: BTreeMap<Digest, Sentence>,
    pub(super) erased: BTreeMap<Digest, u64>,
    copies: BTreeMap<Digest, Vec<(u64, u32)>>,
    readers: Vec<String>,
}

impl Memory {
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Asked { id, disclosure, statement } => {
                self.next_id = self.next_id.max(id + 1);
                self.asked.insert(id, Pending { what: disclosure, statement });
            }
            Event::Shown { id, leaf } => {
                if let Some(asked) = self.asked.remove(&id) {
                    self.remember(asked.what.bodies, asked.what.reader, leaf);
                }
            }
            Event::NotShown { id } => {
                self.asked.remove(&id);
                self.ordered.remove(&id);
            }
            Event::Ordered { id, order, statement } => {
                self.next_id = self.next_id.max(id + 1);
                self.ordered.insert(id, Pending { what: order, statement });
            }
            Event::Stands { id, leaf } => {
                if let Some(Pending { what: order, .. }) = self.ordered.remove(&id) {
                    self.standing.retain(|_, before| before.order.reader != order.reader);
                    self.standing.insert(id, Ordered { order, leaf, next: 0 });
                }
            }
            Event::Handed { id, bodies, next } => self.handed(id, bodies, next),
            Event::Condemned { erasure, statement } => {
                self.condemned.insert(erasure.body, Pending { what: erasure, statement });
            }
            Event::Sentenced { sentence } => {
                self.condemned.remove(&sentence.body);
                self.sentenced.insert(sentence.body, sentence);
            }
            Event::Spared { body } => {
                self.condemned.remove(&body);
            }
            Event::Destroyed { body } => {
                if let Some(sentence) = self.sentenced.remove(&body) {
                    self.erased.insert(body, sentence.leaf);
                }
            }
        }
    }

    fn handed(&mut self, id: u64, bodies: Vec<Digest>, next: u64) {
        if let Some(standing) = self.standing.get_mut(&id) {
            standing.next = next;
            let (leaf, reader) = (standing.leaf, standing.order.reader.clone());
            self.remember(bodies, reader, leaf);
        }
    }

    fn remember(&mut self, bodies: Vec<Digest>, reader: String, leaf: u64) {
        let known = self.readers.iter().position(|known| *known == reader);
        let reader = known.unwrap_or_else(|| {
            self.readers.push(reader);
            self.readers.len() - 1
        });
        for body in bodies {
            self.copies.entry(body).or_default().push((leaf, reader as u32));
        }
    }

    /// The last leaf of the log that anything was noted of.
    pub(super) fn last_leaf(&self) -> Option<u64> {
        let shown = self.copies.values().flatten().map(|(leaf, _)| *leaf);
        let sentenced = self.sentenced.values().map(|sentence| sentence.leaf);
        let standing = self.standing.values().map(|standing| standing.leaf);
        shown.chain(sentenced).chain(standing).chain(self.erased.values().copied()).max()
    }

    /// The copies of a body that were given away.
    pub(super) fn copies_of(&self, body: &Digest) -> Vec<Copy> {
        let copies = self.copies.get(body).map(Vec::as_slice).unwrap_or_default();
        let copy = |&(leaf, reader): &(u64, u32)| Copy {
            leaf,
            reader: self.readers[reader as usize].clone(),
        };
        copies.iter().map(copy).collect()
    }
}
