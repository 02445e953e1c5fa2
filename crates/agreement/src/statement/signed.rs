//! A statement: a header and the signatures under it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::exact;
use super::fields::{Field, Fields, bad_value, fields};
use super::header::Header;
use super::key::{PublicKey, SecretKey};
use super::refusal::Refusal;
use super::strict;
use crate::canonical::{Digest, canonical_value};
use crate::id::DeviceId;
use crate::statement_codes;

/// Most bytes of a statement. It has to fit into an entry of the log ([`super::ENTRY_BYTES_MAX`])
/// together with what the ledger adds.
pub const STATEMENT_BYTES_MAX: usize = 65_535 - 512;

/// Most signatures under one statement.
pub const SIGNATURES_MAX: usize = 32;

/// Goes before the canonical header in what is signed, so that a signature can be taken for
/// one under nothing else.
pub const STATEMENT_DOMAIN: &[u8] = b"armistice/statement/v1\n";

statement_codes! {
    NO_SIGNATURE = "no-signature", "the device that the header names has not signed",
        "sign with that device's key";
    SIGNATURES_ORDER = "signatures-order", "signatures are not sorted by device, or one signs twice",
        "sort them by device, one for each";
    TOO_MANY_SIGNATURES = "too-many-signatures", "there are more signatures than the limit",
        "send those that the quorum needs";
    NOT_A_QUORUM_KIND = "not-a-quorum-kind", "several devices sign a kind that one device makes",
        "send one statement for each device";
    NO_CANONICAL_FORM = "no-canonical-form", "a number in it is not exact in every JSON reader",
        "keep numbers within +-(2^53 - 1)";
}

const OPENS: &[u8] = br#"{"header":"#;
const SIGNED_BY: &[u8] = br#","signatures":["#;
const CLOSES: &[u8] = b"]}";
/// A signature without the device's name: 88 characters of base64 and what is around them.
const SIGNATURE_BYTES: usize = 88 + r#"{"device":"","ed25519":""}"#.len();

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Whose.
    pub device: DeviceId,
    /// Over [`STATEMENT_DOMAIN`] and the canonical header.
    pub ed25519: [u8; 64],
}

fields!(Signature { device, ed25519 });

/// Padded base64 (RFC 4648 §4) in its one canonical form.
impl Field for [u8; 64] {
    fn to_json(&self) -> Value {
        STANDARD.encode(self).into()
    }

    fn from_json(value: Value) -> Result<Self, Refusal> {
        let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| bad_value("padded base64 of 64 bytes"))
    }
}

/// A header with signatures, whose canonical bytes and digest are at hand. That the signatures
/// hold is for [`Statement::verify`] to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    header: Header,
    signatures: Vec<Signature>,
    /// [`STATEMENT_DOMAIN`] and the canonical header.
    signed: Vec<u8>,
    digest: Digest,
}

impl Statement {
    /// A header signed by its device.
    ///
    /// # Errors
    /// When the header has no canonical form, or there is too much of it.
    pub fn sign(header: Header, key: &SecretKey) -> Result<Self, Refusal> {
        Self::new(header, Vec::new())?.cosigned(None, key)
    }

    /// With the signature of one more device, or of the header's own.
    ///
    /// # Errors
    /// When it has signed already.
    pub fn cosigned(mut self, device: Option<DeviceId>, key: &SecretKey) -> Result<Self, Refusal> {
        let device = device.unwrap_or_else(|| self.header.device.clone());
        let at = self.signatures.binary_search_by(|other| other.device.cmp(&device));
        let Err(at) = at else { return Err(Refusal::new(&SIGNATURES_ORDER)) };
        let ed25519 = key.sign(&self.signed);
        self.signatures.insert(at, Signature { device, ed25519 });
        Ok(self)
    }

    fn new(header: Header, signatures: Vec<Signature>) -> Result<Self, Refusal> {
        let mut signed = STATEMENT_DOMAIN.to_vec();
        canonical_value(&header.to_json(), &mut signed)
            .map_err(|_| Refusal::new(&NO_CANONICAL_FORM).within("header"))?;
        let digest = Digest::of_bytes(&signed[STATEMENT_DOMAIN.len()..]);
        Ok(Self { header, signatures, signed, digest })
    }

    /// With a header whose canonical bytes are at hand; `None` unless the signers are as they must be.
    pub(super) fn of_canonical(
        header: Header,
        signatures: Vec<Signature>,
        canonical: &[u8],
    ) -> Option<Self> {
        check_signers(&header, &signatures).ok()?;
        let signed = [STATEMENT_DOMAIN, canonical].concat();
        Some(Self { header, signatures, signed, digest: Digest::of_bytes(canonical) })
    }

    /// From JSON off the wire, in any order of keys.
    ///
    /// # Errors
    /// When it is no statement of a format known here. That the kind is not known is no error.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::from_json(strict::parse(bytes, STATEMENT_BYTES_MAX)?)
    }

    /// From bytes that must be canonical.
    ///
    /// # Errors
    /// As [`Self::parse`], and when the bytes are not canonical.
    pub fn parse_canonical(bytes: &[u8]) -> Result<Self, Refusal> {
        match exact::statement(bytes) {
            Some(statement) => Ok(statement),
            None => Self::from_json(strict::parse_canonical(bytes, STATEMENT_BYTES_MAX)?),
        }
    }

    /// From a JSON value that was read strictly ([`strict::parse`]).
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_json(value: Value) -> Result<Self, Refusal> {
        let mut members = Fields::of(value)?;
        let header = members.take_raw("header")?;
        let header = Header::from_json(header).map_err(|why| why.within("header"))?;
        let signatures: Vec<Signature> = members.take("signatures")?;
        members.finish()?;
        check_signers(&header, &signatures).map_err(|why| why.within("signatures"))?;
        let statement = Self::new(header, signatures)?;
        let bytes = statement.canonical_len();
        if bytes > STATEMENT_BYTES_MAX {
            let detail = format!("{bytes} bytes, at most {STATEMENT_BYTES_MAX}");
            return Err(Refusal::new(&strict::TOO_LONG).detail(detail));
        }
        Ok(statement)
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "header": self.header.to_json(), "signatures": self.signatures.to_json() })
    }

    /// Canonical bytes.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.canonical_len());
        self.write_canonical(&mut bytes);
        bytes
    }

    /// Appends the canonical bytes. Names of devices are plain and base64 is, so that nothing but
    /// the header, whose bytes are at hand, has to be escaped or sorted.
    pub(super) fn write_canonical(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(OPENS);
        out.extend_from_slice(&self.signed[STATEMENT_DOMAIN.len()..]);
        out.extend_from_slice(SIGNED_BY);
        for (n, Signature { device, ed25519 }) in self.signatures.iter().enumerate() {
            let mut digits = [0; 88];
            let encoded = STANDARD.encode_slice(ed25519, &mut digits);
            debug_assert_eq!(encoded, Ok(digits.len()));
            out.extend_from_slice(if n > 0 { b"," } else { b"" });
            out.extend_from_slice(br#"{"device":""#);
            out.extend_from_slice(device.as_str().as_bytes());
            out.extend_from_slice(br#"","ed25519":""#);
            out.extend_from_slice(&digits);
            out.extend_from_slice(br#""}"#);
        }
        out.extend_from_slice(CLOSES);
    }

    /// How many canonical bytes there are.
    pub(super) fn canonical_len(&self) -> usize {
        let around = OPENS.len() + SIGNED_BY.len() + CLOSES.len();
        let header = self.signed.len() - STATEMENT_DOMAIN.len();
        let one = |signature: &Signature| SIGNATURE_BYTES + signature.device.as_str().len();
        let commas = self.signatures.len() - 1;
        around + header + self.signatures.iter().map(one).sum::<usize>() + commas
    }

    /// What is said.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Who signed, sorted by device.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The digest of the canonical header: the name of the statement, whoever else signs it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether a device has signed it with the secret half of `key`.
    ///
    /// # Errors
    /// When it has not signed, or the signature does not hold.
    pub fn verify(&self, device: &DeviceId, key: &PublicKey) -> Result<(), Refusal> {
        let at = self.signatures.binary_search_by(|signature| signature.device.cmp(device));
        let Ok(at) = at else { return Err(Refusal::new(&NO_SIGNATURE).within("signatures")) };
        let held = key.verify(&self.signed, &self.signatures[at].ed25519);
        held.map_err(|why| why.within(at).within("signatures"))
    }
}

fn check_signers(header: &Header, signatures: &[Signature]) -> Result<(), Refusal> {
    if signatures.len() > SIGNATURES_MAX {
        let detail = format!("{}, at most {SIGNATURES_MAX}", signatures.len());
        return Err(Refusal::new(&TOO_MANY_SIGNATURES).detail(detail));
    }
    if signatures.windows(2).any(|pair| pair[0].device >= pair[1].device) {
        return Err(Refusal::new(&SIGNATURES_ORDER));
    }
    if !signatures.iter().any(|signature| signature.device == header.device) {
        return Err(Refusal::new(&NO_SIGNATURE));
    }
    if signatures.len() > 1 && header.kind.quorum().is_none() {
        return Err(Refusal::new(&NOT_A_QUORUM_KIND));
    }
    Ok(())
}
