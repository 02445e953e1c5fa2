//! `armistice record`, on a record of no entries and on a damaged one.

use std::fs;

use crate::program::Desk;

#[test]
fn a_record_is_made_once_checks_and_tells_what_was_changed() {
    let desk = Desk::new();
    desk.put("log.key", &format!("{:064}\n", 7));
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(desk.path("log.key"), owner_only).expect("a key of its owner's");
    let init = ["record", "init", "south", "--key", "log.key", "--name", "example.org/south"];
    assert!(desk.run(&init).expect(0).out().starts_with("example.org/south+"));
    assert!(desk.run(&init).expect(1).err().contains("there is a record here already"));
    assert!(desk.run(&["record", "fsck", "south"]).expect(0).out().contains("all as signed"));
    let none = desk.run(&["record", "prove", "south", "0"]).expect(1);
    assert!(none.err().contains("none with number 0"), "{}", none.err());
    let checkpoint = desk.path("south/log/checkpoint");
    let text = fs::read_to_string(&checkpoint).expect("a checkpoint");
    desk.put("south/log/checkpoint", &text.replacen("\n0\n", "\n1\n", 1));
    let changed = desk.run(&["record", "verify", "south", "--json"]).expect(1);
    assert!(changed.out().contains(r#""code":"checkpoint""#), "{}", changed.out());
}
