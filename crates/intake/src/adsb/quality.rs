//! What a type code says of the quality of a position.
//!
//! Version-0 transponders state a navigation uncertainty category, NUCp; later ones an
//! integrity category, NIC, spread over the type code and supplement bits, and an accuracy
//! category, NACp, in their operational status (DO-260B §2.2.3.2.3.1, tables 2-11 and N-4).

use agreement::track::PositionQuality;

use super::cpr::Kind;

/// What an operational status message says (type code 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// 0 for DO-260, 1 for DO-260A, 2 for DO-260B.
    pub version: u8,
    /// NIC supplement A; of version 1 its only supplement.
    pub nic_a: bool,
    /// NIC supplement C, sent on the surface by version 2.
    pub nic_c: bool,
    /// Navigation accuracy category for position.
    pub nac_p: u8,
}

/// Quality of a position of this kind and type code. `nic_b` is the supplement in the position
/// message itself. Before any status was heard a transponder counts as version 0, as
/// DO-260B §N.1.2 has it.
pub(super) fn of_position(
    kind: Kind,
    type_code: u8,
    nic_b: bool,
    status: Option<Status>,
) -> PositionQuality {
    match status {
        Some(status) if status.version >= 1 => PositionQuality {
            nic: nic(kind, type_code, nic_b, status),
            nac_p: Some(status.nac_p),
            nuc_p: None,
        },
        _ => PositionQuality { nic: None, nac_p: None, nuc_p: nuc_p(kind, type_code) },
    }
}

fn nuc_p(kind: Kind, type_code: u8) -> Option<u8> {
    match (kind, type_code) {
        (Kind::Surface, 5..=8) => Some(14 - type_code),
        (Kind::Airborne, 9..=18) => Some(18 - type_code),
        (Kind::Airborne, 20 | 21) => Some(29 - type_code),
        (Kind::Airborne, 22) => Some(0),
        _ => None,
    }
}

fn nic(kind: Kind, type_code: u8, nic_b: bool, status: Status) -> Option<u8> {
    let nic_a = status.nic_a;
    let both = nic_a && (nic_b || status.version == 1);
    let value = match (kind, type_code) {
        (Kind::Surface, 5) | (Kind::Airborne, 9 | 20) => 11,
        (Kind::Surface, 6) | (Kind::Airborne, 10 | 21) => 10,
        (Kind::Surface, 7) => 8 + u8::from(nic_a && !status.nic_c),
        (Kind::Surface, 8) if status.version == 1 => 0,
        (Kind::Surface, 8) => match (nic_a, status.nic_c) {
            (true, true) => 7,
            (true, false) | (false, true) => 6,
            (false, false) => 0,
        },
        (Kind::Airborne, 11) => 8 + u8::from(both),
        (Kind::Airborne, 12) => 7,
        (Kind::Airborne, 13) => 6,
        (Kind::Airborne, 14) => 5,
        (Kind::Airborne, 15) => 4,
        (Kind::Airborne, 16) => 2 + u8::from(both),
        (Kind::Airborne, 17) => 1,
        (Kind::Airborne, 18 | 22) => 0,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: Status = Status { version: 2, nic_a: false, nic_c: false, nac_p: 9 };

    #[test]
    fn supplements_tell_the_integrity_categories_of_one_type_code_apart() {
        let airborne = |code, a, b| {
            of_position(Kind::Airborne, code, b, Some(Status { nic_a: a, ..V2 })).nic.unwrap()
        };
        assert_eq!((airborne(11, false, false), airborne(11, true, true)), (8, 9));
        assert_eq!((airborne(16, false, false), airborne(16, true, true)), (2, 3));
        let surface = |a, c| {
            let status = Status { nic_a: a, nic_c: c, ..V2 };
            of_position(Kind::Surface, 8, false, Some(status)).nic.unwrap()
        };
        assert_eq!([surface(true, true), surface(true, false), surface(false, true)], [7, 6, 6]);
        assert_eq!(surface(false, false), 0);
    }

    #[test]
    fn a_transponder_that_never_sent_its_status_is_of_version_0() {
        let quality = of_position(Kind::Airborne, 11, true, None);
        assert_eq!(quality, PositionQuality { nic: None, nac_p: None, nuc_p: Some(7) });
        assert_eq!(of_position(Kind::Surface, 7, false, None).nuc_p, Some(7));
        assert_eq!(of_position(Kind::Airborne, 20, false, None).nuc_p, Some(9));
    }

    #[test]
    fn version_1_has_one_supplement() {
        let status = Status { version: 1, nic_a: true, ..V2 };
        assert_eq!(of_position(Kind::Airborne, 11, false, Some(status)).nic, Some(9));
    }
}
