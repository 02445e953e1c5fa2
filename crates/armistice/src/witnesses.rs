//! The pack's witnesses, where they answer, and what they know of a record before anything is written to it.

use std::io::{self, Write as _};
use std::path::Path;

use agreement::Pack;
use ledger::clock::{Clock as _, SystemClock};
use ledger::collect::{self, Answer, WitnessPort};
use ledger::disk::Disk;
use ledger::http::client::HttpWitness;
use ledger::policy;
use tlog::{Quorum, VerifierKey};

use crate::console::plain;
use crate::keeping::explained;
use crate::outcome::{Refused, WrongUsage};

/// Where a witness answers, as an argument.
pub(crate) fn place(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok((name.to_owned(), url.to_owned()))
        }
        _ => Err("write NAME=URL, such as example.org/w1=https://w1.example.org".to_owned()),
    }
}

/// Each witness once.
pub(crate) fn keys_of(quorum: &Quorum) -> Vec<VerifierKey> {
    let mut keys = Vec::new();
    for key in quorum.groups().iter().flat_map(|group| &group.witnesses) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

/// Witnesses of the pack that can be asked.
pub(crate) fn ports(
    keys: &[VerifierKey],
    places: &[(String, String)],
) -> anyhow::Result<Vec<HttpWitness>> {
    let port = |(name, url): &(String, String)| {
        let key = keys.iter().find(|key| key.name() == name);
        let key = key.ok_or_else(|| {
            WrongUsage(format!("--witness {name}: the pack has no witness of that name"))
        })?;
        Ok(HttpWitness::new(url, key.clone()))
    };
    places.iter().map(port).collect()
}

/// Those of the pack at some places.
pub(crate) fn of_pack(
    pack: &Pack,
    places: &[(String, String)],
) -> anyhow::Result<Vec<HttpWitness>> {
    // What an interval is does not matter to who they are.
    let quorum = policy::quorum(pack, 1).map_err(|fault| Refused(fault.to_string()))?;
    ports(&keys_of(&quorum), places)
}

/// Refuses a record of which a witness has vouched for more, or for something else: it was put back from an
/// older copy, keys and all, and would be written on as a second view. One that does not answer is said, and
/// waited for no longer.
pub(crate) fn refuse_older(
    disk: &dyn Disk,
    record: &Path,
    ports: &[HttpWitness],
) -> anyhow::Result<()> {
    let asked: Vec<&dyn WitnessPort> = ports.iter().map(|port| port as &dyn WitnessPort).collect();
    let answers = collect::ask_all(disk, &asked, SystemClock.now());
    for (name, answer) in answers.map_err(|fault| explained(fault, record))? {
        match answer {
            Answer::OtherView { known } => {
                let said = format!(
                    "{}: {} has vouched for {known} entries that are not these: the record was put back from \
                     an older copy, or somebody has shown it another. Nothing was written. Bring back the \
                     record as it was, or restore it from a mirror",
                    record.display(),
                    plain(&name)
                );
                return Err(Refused(said).into());
            }
            Answer::Unreachable(why) => {
                let said = format!("{name} does not answer, so what it knows is not known: {why}");
                let _ = writeln!(io::stderr(), "{}", plain(&said));
            }
            _ => {}
        }
    }
    Ok(())
}
