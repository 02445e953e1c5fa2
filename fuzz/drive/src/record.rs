//! What comes to a record: claims a line, statements, the log's entries, and who asks for them. Whatever
//! has one canonical form is written again, and has to come out as it went in.

use std::collections::BTreeSet;

use agreement::statement::{Body, Claim, Entry, Said, Statement};
use ledger::http::access::Access;

/// Claims as `record append` takes them, statements, entries of a log.
pub fn statement(bytes: &[u8]) {
    if let Ok(claim) = Claim::parse(bytes) {
        if let Some((_, body)) = claim.body() {
            let _ = Body::parse(&claim.statement().header().kind, body);
        }
        let again = Claim::parse(&claim.to_line()).expect("what was written is read");
        assert_eq!(again.statement().digest(), claim.statement().digest());
        assert_eq!(again.body(), claim.body());
        let _ = Said::of(claim.statement().header());
    }
    if let Ok(statement) = Statement::parse_canonical(bytes) {
        assert_eq!(statement.canonical(), bytes, "what was read is not what is written");
    }
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(entry.canonical().as_deref(), Ok(bytes), "what was read is not what is written");
        let _ = Said::of(entry.statement.header());
    }
}

/// The `Authorization` of a request for a tile. Only the signature of the seeds' key opens anything.
pub fn authorization(bytes: &[u8]) {
    let Ok(header) = str::from_utf8(bytes) else { return };
    let keys = BTreeSet::from([[0; 32]]);
    let answer = Access::Keys(keys).check(Some(header), "log.example/fuzz", "/tile/0/000", 1_000);
    assert!(answer.is_err(), "a key of no order opens nothing");
}
