//! `armistice record`, on a record of no entries and on a damaged one.

use std::fs;

use crate::program::{AGREEMENT, Desk};

#[test]
fn a_record_is_made_once_checks_and_tells_what_was_changed() {
    let desk = Desk::new();
    desk.put("log.key", &format!("{:064}\n", 7));
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(desk.path("log.key"), owner_only).expect("a key of its owner's");
    let init = ["record", "init", "south", "--log-key", "log.key", "--name", "example.org/south"];
    assert!(desk.run(&init).expect(0).out().starts_with("example.org/south+"));
    assert!(desk.run(&init).expect(2).err().contains("there is a record here already"));
    assert!(desk.run(&["record", "fsck", "south"]).expect(0).out().contains("all as signed"));
    let none = desk.run(&["record", "prove", "south", "0"]).expect(2);
    assert!(none.err().contains("none with number 0"), "{}", none.err());
    let checkpoint = desk.path("south/log/checkpoint");
    let text = fs::read_to_string(&checkpoint).expect("a checkpoint");
    desk.put("south/log/checkpoint", &text.replacen("\n0\n", "\n1\n", 1));
    let changed = desk.run(&["record", "verify", "south", "--json"]).expect(1);
    assert!(changed.out().contains(r#""code":"checkpoint""#), "{}", changed.out());
}

#[test]
fn a_device_signs_with_its_own_key_and_is_told_why_records_were_rejected() {
    let desk = Desk::new();
    let owner_only: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    for (name, secret) in [("us-1.key", 7), ("other.key", 8)] {
        desk.put(name, &format!("{secret:064}\n"));
        fs::set_permissions(desk.path(name), owner_only.clone()).expect("a key of its owner's");
    }
    let public = desk.run(&["key", "show", "us-1.key", "--json"]).expect(0).out();
    let public: serde_json::Value = serde_json::from_str(&public).expect("JSON");
    let device = format!(
        "\n[[device]]\nid = \"us-1\"\nparty = \"guarantor\"\ned25519 = {}\n",
        public["hex"]
    );
    desk.put("pack/agreement.toml", &format!("{AGREEMENT}{device}"));
    let sign = |key: &str, out: &str| {
        let named = ["--device", "us-1", "--key", key, "--reports", "reports.jsonl", "--out", out];
        desk.run(&[&["record", "sign", "pack"][..], &named].concat())
    };
    let told = sign("us-1.key", "a.jsonl").expect(0).out();
    assert!(told.starts_with("2 claims signed; 1 records rejected\n"), "{told}");
    assert!(told.contains("1 x ") && told.contains("first at reports.jsonl:3, /kind: "), "{told}");
    desk.put(
        "duty.jsonl",
        "{\"id\":\"d1\",\"post\":\"hill\",\"from\":\"2017-07-10T00:00:00Z\",\"to\":\"2017-07-10T06:00:00Z\",\
         \"state\":\"on\"}\n{\"id\":\"d2\"}\n",
    );
    let named =
        ["--device", "us-1", "--key", "us-1.key", "--duty", "duty.jsonl", "--out", "d.jsonl"];
    let told = desk.run(&[&["record", "sign", "pack"][..], &named].concat()).expect(0).out();
    assert!(told.starts_with("1 claims signed; 1 records rejected\n"), "{told}");
    let told = sign("other.key", "b.jsonl").expect(2).err();
    assert!(told.contains("another key for the device us-1"), "{told}");
    sign("us-1.key", "reports.jsonl").expect(2);
}

#[test]
fn the_recipient_of_an_age_identity_can_be_shown_again() {
    let desk = Desk::new();
    let made = desk.run(&["key", "age", "vault.age"]).expect(0).out();
    assert!(made.starts_with("age1"), "{made}");
    assert_eq!(desk.run(&["key", "show", "vault.age"]).expect(0).out(), made);
    let text = fs::read_to_string(desk.path("vault.age")).expect("a file");
    assert!(text.starts_with(&format!("# public key: {made}AGE-SECRET-KEY-1")));
}
