use agreement::pack::read;
use agreement::{ClauseKind, ClauseStatus, Pack, PackFiles, Role};
use spacetime::{Instant, Position, Side};

macro_rules! bundled {
    ($name:literal) => {
        read(&PackFiles {
            agreement_toml: Some(include_bytes!(concat!(
                "../../../../packs/",
                $name,
                "/agreement.toml"
            ))),
            areas_geojson: Some(include_bytes!(concat!(
                "../../../../packs/",
                $name,
                "/areas.geojson"
            ))),
            has_sources: true,
        })
    };
}

fn sound(read: Result<(Pack, Vec<agreement::Note>), Vec<agreement::PackFault>>) -> Pack {
    match read {
        Ok((pack, notes)) => {
            assert_eq!(notes, [], "a bundled pack leaves nothing to be noted");
            pack
        }
        Err(faults) => panic!("{}", faults.iter().map(|f| format!("\n{f}")).collect::<String>()),
    }
}

#[test]
fn the_southern_syria_pack_is_sound_and_has_every_kind_of_clause() {
    let pack = sound(bundled!("southern-syria-2017"));
    let kinds: std::collections::BTreeSet<&str> =
        pack.clauses.values().map(|clause| clause.kind.name()).collect();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
}

#[test]
fn the_ceasefire_is_in_force_from_noon_in_damascus_on_9_july_2017() {
    let pack = sound(bundled!("southern-syria-2017"));
    let clause = pack.clauses.values().find(|c| c.id.as_str() == "ceasefire").unwrap();
    assert_eq!(clause.in_force.start(), Instant::parse("2017-07-09T09:00:00Z").unwrap());
    assert_eq!(clause.status, ClauseStatus::Adopted);
}

#[test]
fn the_excluded_are_known_by_the_names_ucdp_gives_them() {
    let pack = sound(bundled!("southern-syria-2017"));
    for name in ["IS", "HTS", "Jabhat Fateh al-Sham", "HTS, Southern Front"] {
        assert_eq!(pack.party_called(name).unwrap().role, Role::Excluded, "{name}");
    }
    for name in ["Government of Syria", "Syrian insurgents", " southern front ", "Hezbollah"] {
        assert_eq!(pack.party_called(name).unwrap().role, Role::Adherent, "{name}");
    }
}

#[test]
fn no_flight_is_forbidden_in_southern_syria_only_proposed() {
    let pack = sound(bundled!("southern-syria-2017"));
    let no_fly = pack.clauses.values().filter(|c| matches!(c.kind, ClauseKind::NoFly(_)));
    assert!(no_fly.clone().count() > 0);
    for clause in no_fly {
        assert_eq!(clause.status, ClauseStatus::Proposed, "{}", clause.id);
    }
}

#[test]
fn the_zone_about_al_tanf_is_55_km_wide_to_each_side() {
    let pack = sound(bundled!("southern-syria-2017"));
    let zone = &pack.area_called("At Tanf").unwrap().area;
    // The meridian arc of 55 km here is 0.4960 degrees; of 54.9 and 55.1 km 0.4951 and 0.4969.
    let at = |lat| Position::from_degrees(38.6178, lat).unwrap();
    assert_eq!(zone.side(at(33.5064 + 0.4951)), Side::Inside);
    assert_eq!(zone.side(at(33.5064 + 0.4969)), Side::Outside);
}

#[test]
fn the_test_pack_has_a_volume_for_every_verdict() {
    let pack = sound(bundled!("paris-toulouse-2024"));
    let proposed = pack.clauses.values().filter(|c| c.status == ClauseStatus::Proposed).count();
    assert_eq!((pack.clauses.len(), proposed), (10, 1));
}
