//! The machine's disk does what the port promises, as far as a running machine can show.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use ledger::disk::{self, Disk, Listed, Mode, RealDisk};

fn empty() -> (tempfile::TempDir, RealDisk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    (folder, disk)
}

#[test]
fn a_file_reads_back_what_was_written_where_it_was_written() {
    let (_folder, disk) = empty();
    let file = disk.open("a", Mode::Create).unwrap();
    file.write_at(3, b"abc").unwrap();
    file.sync().unwrap();
    assert_eq!(disk::read(&disk, "a").unwrap(), b"\0\0\0abc");
    let mut four = [9; 4];
    assert_eq!(file.read_at(4, &mut four).unwrap(), 2);
    assert_eq!(&four[..2], b"bc");
    file.set_size(4).unwrap();
    assert_eq!(file.size().unwrap(), 4);
}

#[test]
fn a_new_file_takes_no_others_name() {
    let (_folder, disk) = empty();
    disk.open("a", Mode::Create).unwrap();
    let again = disk.open("a", Mode::Create).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    assert_eq!(disk.open("b", Mode::Update).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_whole_file_replaces_the_one_before_and_leaves_nothing_beside_it() {
    let (_folder, disk) = empty();
    disk::create_folders(&disk, "log/tile").unwrap();
    disk::create_folders(&disk, "log/tile").unwrap();
    disk::write_whole(&disk, "log/checkpoint", b"the first, longer").unwrap();
    disk::write_whole(&disk, "log/checkpoint", b"second").unwrap();
    assert_eq!(disk::read(&disk, "log/checkpoint").unwrap(), b"second");
    let listed = |name: &str, is_folder| Listed { name: name.to_owned(), is_folder };
    assert_eq!(disk.list("log").unwrap(), [listed("checkpoint", false), listed("tile", true)]);
    assert_eq!(disk::read_if_any(&disk, "log/none").unwrap(), None);
}

#[test]
fn many_files_are_written_at_once() {
    let (_folder, disk) = empty();
    disk.create_folder("a").unwrap();
    disk.create_folder("b").unwrap();
    let files: Vec<_> = (0..100)
        .map(|n| (format!("{}/{n}", if n % 2 == 0 { "a" } else { "b" }), vec![n; 10]))
        .collect();
    disk::write_whole_all(&disk, &files, BTreeSet::new()).unwrap();
    for (path, bytes) in &files {
        assert_eq!(&disk::read(&disk, path).unwrap(), bytes);
    }
    assert_eq!(disk.list("a").unwrap().len(), 50);
}

#[test]
fn a_file_larger_than_its_limit_is_not_read() {
    let (_folder, disk) = empty();
    disk::write_whole(&disk, "a", &[0; 11]).unwrap();
    assert_eq!(disk::read_at_most(&disk, "a", 11).unwrap().len(), 11);
    assert_eq!(disk::read_at_most(&disk, "a", 10).unwrap_err().kind(), ErrorKind::FileTooLarge);
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let (_folder, disk) = empty();
    for path in ["../a", "/tmp/a", "a/../../b"] {
        let refused = disk.open(path, Mode::Replace).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{path}");
    }
}

#[test]
fn a_lock_has_one_holder_at_a_time() {
    let (_folder, disk) = empty();
    let held = disk.lock("lock").unwrap();
    assert_eq!(disk.lock("lock").unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(held);
    disk.lock("lock").unwrap();
}

#[test]
#[cfg(unix)]
fn what_is_not_published_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::new(folder.path());
    let mode = |path: &str| {
        std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777
    };
    for private in ["state", "vault", "vault/keys"] {
        disk.create_folder(private).unwrap();
        assert_eq!(mode(private), 0o700, "{private}");
        let file = format!("{private}/file");
        disk.open(&file, Mode::Create).unwrap();
        assert_eq!(mode(&file), 0o600, "{file}");
    }
    for secret in ["secret", "memory"] {
        disk::write_whole(&disk, secret, b"x").unwrap();
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    disk.create_folder("log").unwrap();
    disk::write_whole(&disk, "log/checkpoint", b"x").unwrap();
    disk::write_whole(&disk, "log.vkey", b"x").unwrap();
    for published in ["log", "log/checkpoint", "log.vkey"] {
        assert_ne!(mode(published) & 0o044, 0, "{published}");
    }
}

#[cfg(unix)]
#[test]
fn many_files_at_once_are_as_private_as_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, disk) = empty();
    disk::create_folders(&disk, "state").unwrap();
    let files: Vec<_> = (0..40).map(|n| (format!("state/{n}"), vec![n; 10])).collect();
    disk::write_whole_all(&disk, &files, BTreeSet::new()).unwrap();
    for (path, _) in &files {
        let mode = folder.path().join(path).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}
