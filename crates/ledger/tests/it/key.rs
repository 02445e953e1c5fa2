//! A log key for tests: no signature, but a digest with a secret, which no other key makes.

use std::fmt::Write as _;

use ledger::{Head, LogKey, LogVerifier};
use tlog::{Hash, hash_leaf};

#[derive(Debug)]
pub(crate) struct TestKey(pub(crate) &'static str);

impl LogKey for TestKey {
    fn checkpoint(&self, head: &Head) -> Vec<u8> {
        let mut text = format!("test\n{}\n{}\n", head.size, head.root);
        let seal = hash_leaf(format!("{}{text}", self.0).as_bytes());
        writeln!(text, "\n{seal}").unwrap();
        text.into_bytes()
    }
}

impl LogVerifier for TestKey {
    fn head(&self, checkpoint: &[u8]) -> Result<Head, String> {
        let text = str::from_utf8(checkpoint).map_err(|fault| fault.to_string())?;
        let mut lines = text.lines().skip(1);
        let size = lines.next().and_then(|size| size.parse().ok()).ok_or("no size")?;
        let root = lines.next().and_then(Hash::from_base64).ok_or("no root")?;
        let head = Head { size, root };
        if self.checkpoint(&head) == checkpoint {
            Ok(head)
        } else {
            Err("not signed by it".to_owned())
        }
    }
}
