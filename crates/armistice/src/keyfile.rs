//! Secret keys as files: 64 hexadecimal digits on one line, readable by their owner only.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use agreement::Digest;
use anyhow::Context as _;

use crate::outcome::Refused;

/// The secret in a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<[u8; 32]> {
    let said = || format!("the key {} cannot be read", path.display());
    let mode = fs::metadata(path).with_context(said)?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        let said = format!(
            "the key {path} can be read by others (mode {:04o}): chmod 600 {path}",
            mode & 0o7777
        );
        return Err(Refused(said).into());
    }
    let text = fs::read_to_string(path).with_context(said)?;
    let secret = Digest::parse(text.trim_end_matches('\n')).ok_or_else(|| {
        Refused(format!("{} holds no key: 64 hexadecimal digits on one line", path.display()))
    })?;
    Ok(*secret.as_bytes())
}

/// Makes a new secret in a file that must not be there yet, and durable before it is used.
pub(crate) fn create(path: &Path) -> anyhow::Result<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("the system gives no randomness")?;
    write(path, &Digest::from_bytes(secret).to_string())?;
    Ok(secret)
}

/// Writes a secret into a file that must not be there yet.
pub(crate) fn write(path: &Path, secret: &str) -> anyhow::Result<()> {
    let said = || format!("the key {} cannot be made", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(said)?;
    writeln!(file, "{secret}").with_context(said)?;
    file.sync_all().with_context(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_owners_only_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("us-1.key");
        let secret = create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&path).unwrap(), secret);
        assert!(create(&path).is_err());
        assert_eq!(read(&path).unwrap(), secret);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}
