//! `armistice record serve`: the record over HTTP, with its witnesses asked on every publication.

mod duties;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use agreement::statement::Roster;
use agreement::{Digest, Pack};
use anyhow::Context as _;
use clap::Args;
use ledger::Fault;
use ledger::clock::{Clock as _, SystemClock};
use ledger::collect::{self, Answer, WitnessPort};
use ledger::disk::{Disk, RealDisk};
use ledger::http::Server;
use ledger::http::access::{Access, Readers};
use ledger::http::client::HttpWitness;
use ledger::http::record::{RecordService, router};
use ledger::keep::PublishedRoster;
use ledger::policy::{self, said_of};
use tlog::{Quorum, VerifierKey};

use crate::console::plain;
use crate::keeping::explained;
use crate::outcome::{Outcome, Refused};
use crate::pack;
use crate::witnesses::{keys_of, place, ports, refuse_older};

#[derive(Debug, Args)]
#[command(after_help = "\
Serves log/ as c2sp.org/tlog-tiles has it. The checkpoint is for anybody; tiles and entries are for
the keys on the pack's roster and its witnesses, who sign each request, unless --public is said;
keys that the log enrols read from then on, and those that it revokes no more. Plain HTTP: put a
reverse proxy with TLS in front of it.

Whenever the log is published, and once an interval, each of the pack's witnesses that has a URL is
asked to cosign. Nothing waits for them: a checkpoint without its quorum is served as it is, and
who has not witnessed it since when is said here. One that has vouched for more than the record
holds, or for something else, is a reason not to begin: the record was put back from an older copy.

With the keeper's keys it ends every private period on time, whether or not anything was said in
it: that a period looks like every other is what keeps secret who was told what, and when. It takes
the record for a moment in each period; `record append` waits for it.

  armistice record serve record --pack PACK
  armistice record serve record --pack PACK --listen 127.0.0.1:8100 \\
      --witness example.org/w1=http://127.0.0.1:8101 --witness example.org/w2=https://w2.example")]
pub(crate) struct Serve {
    /// Folder of the record.
    record: PathBuf,
    /// The pack: whose keys may read tiles, and which witnesses have to cosign.
    #[arg(long, value_name = "PACK")]
    pack: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8100")]
    listen: String,
    /// Where one of the pack's witnesses answers.
    #[arg(long, value_name = "NAME=URL", value_parser = place)]
    witness: Vec<(String, String)>,
    /// Seconds after which witnesses are asked again.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    interval: NonZeroU64,
    /// Let anybody read tiles and entries.
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    keeping: duties::Keys,
}

/// Runs the command.
pub(super) fn run(arguments: &Serve) -> anyhow::Result<Outcome> {
    let pack = pack::sound(&arguments.pack)?;
    let interval_s = arguments.interval.get();
    let quorum = policy::quorum(&pack, interval_s).map_err(|fault| Refused(fault.to_string()))?;
    let keys = keys_of(&quorum);
    let ports = ports(&keys, &arguments.witness)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&arguments.record));
    let published = collect::cosigned(&*disk, &keys)
        .with_context(|| format!("{} cannot be served", arguments.record.display()))?;
    let origin = published.checkpoint().origin.clone();
    let readers = Readers::default();
    let may_read = MayRead::of(&pack, &*disk, &keys, published.checkpoint().size, &readers)
        .map_err(|fault| explained(fault, &arguments.record))?;
    let duties = arguments.keeping.duties(&arguments.record, &arguments.pack)?;
    refuse_older(&*disk, &arguments.record, &ports)?;
    if let Some(duties) = &duties {
        duties.begin()?;
    }
    let service = RecordService {
        disk: disk.clone(),
        origin: origin.clone(),
        access: if arguments.public { Access::Public } else { Access::Readers(readers) },
        witnesses: keys,
        clock: Arc::new(SystemClock),
    };
    let server = Server::bind(&arguments.listen)
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} is served on http://{}", plain(&origin), server.address()?)?;
    out.flush()?;
    drop(out);
    thread::spawn(move || ask_for_good(&*disk, &ports, &quorum, interval_s, may_read));
    if let Some(duties) = duties {
        thread::spawn(move || duties.for_good());
    }
    server.serve(router(service), std::future::pending())?;
    Ok(Outcome::Done)
}

/// Whose keys may read, as the log has it.
struct MayRead {
    roster: PublishedRoster,
    pack: Digest,
    witnesses: BTreeSet<[u8; 32]>,
    readers: Readers,
    told: Option<u64>,
}

impl MayRead {
    fn of(
        pack: &Pack,
        disk: &dyn Disk,
        witnesses: &[VerifierKey],
        size: u64,
        readers: &Readers,
    ) -> Result<Self, Fault> {
        let roster = Roster::of(pack)
            .map_err(|why| Fault::Damaged { path: "pack".to_owned(), reason: why.to_string() })?;
        let roster = PublishedRoster::of(roster, disk, size)?;
        let witnesses = witnesses.iter().filter_map(|key| key.bytes().try_into().ok()).collect();
        let (pack, readers) = (pack.version.0, readers.clone());
        let this = Self { roster, pack, witnesses, readers, told: None };
        this.set();
        Ok(this)
    }

    fn set(&self) {
        let mut keys = self.roster.keys();
        keys.extend(&self.witnesses);
        self.readers.set(keys);
    }

    /// Takes in what was published since. What there is to say of it.
    fn follow(&mut self, disk: &dyn Disk, size: u64) -> Option<String> {
        match self.roster.follow(disk, size) {
            Ok(_) => self.set(),
            Err(fault) => return Some(format!("the roster is as it was: {fault}")),
        }
        let (leaf, adopted) = self.roster.adopted()?;
        let is_news = adopted != self.pack && self.told != Some(leaf);
        self.told = Some(leaf);
        is_news.then(|| {
            format!(
                "leaf {leaf} adopts version {adopted} of the agreement, and this serves under {}: \
                 start again with the pack in force",
                self.pack
            )
        })
    }
}

/// Asks the witnesses whenever the checkpoint changes and once an interval, and says what changed in how
/// they stand to it.
fn ask_for_good(
    disk: &dyn Disk,
    ports: &[HttpWitness],
    quorum: &Quorum,
    interval_s: u64,
    mut may_read: MayRead,
) {
    const LOOK: Duration = Duration::from_millis(500);
    let ports: Vec<&dyn WitnessPort> = ports.iter().map(|port| port as &dyn WitnessPort).collect();
    let (mut asked, mut asked_at_s, mut said) = (None, 0, BTreeMap::new());
    loop {
        let now = SystemClock.now();
        let now_s = policy::seconds(now);
        let published = collect::cosigned(disk, &[]).ok();
        let changed = published.is_some() && published != asked;
        if let Some(published) = published.as_ref().filter(|_| changed)
            && let Some(news) = may_read.follow(disk, published.checkpoint().size)
        {
            let _ = writeln!(io::stderr(), "{}", plain(&news));
        }
        if changed || now_s.abs_diff(asked_at_s) >= interval_s {
            (asked, asked_at_s) = (published, now_s);
            let told = standing(disk, &ports, quorum, interval_s, now);
            let told = told.unwrap_or_else(|fault| [("record".to_owned(), fault)].into());
            for (who, line) in &told {
                if said.get(who) != Some(line) {
                    let _ = writeln!(io::stderr(), "{}", plain(line));
                }
            }
            said = told;
        }
        thread::sleep(LOOK);
    }
}

/// What is to be said of the published checkpoint, by whom it is about.
fn standing(
    disk: &dyn Disk,
    ports: &[&dyn WitnessPort],
    quorum: &Quorum,
    interval_s: u64,
    now: spacetime::Instant,
) -> Result<BTreeMap<String, String>, String> {
    let round = collect::round(disk, ports, interval_s, now).map_err(|fault| fault.to_string())?;
    let standing = collect::publish_witnessed(disk, &round.checkpoint, quorum, now)
        .map_err(|fault| fault.to_string())?;
    let mut told = BTreeMap::new();
    for (name, answer) in &round.answers {
        if let Some(line) = alarming(name, answer) {
            told.insert(format!("{name} answer"), line);
        }
    }
    for (key, stands) in standing.groups.iter().flat_map(|group| &group.witnesses) {
        let last = collect::last_cosigned(disk, key).map_err(|fault| fault.to_string())?;
        if let Some(line) = said_of(key, *stands, last.map(|(_, at_s)| at_s)) {
            told.insert(key.name().to_owned(), line);
        }
    }
    let size = round.checkpoint.checkpoint().size;
    let word = if standing.is_reached() { "has its quorum" } else { "is without its quorum" };
    if !quorum.groups().is_empty() {
        told.insert("quorum".to_owned(), format!("the checkpoint of {size} entries {word}"));
    }
    Ok(told)
}

fn alarming(name: &str, answer: &Answer) -> Option<String> {
    Some(match answer {
        Answer::Cosigned | Answer::Recent => return None,
        Answer::Unreachable(reason) => format!("{name} does not answer: {reason}"),
        Answer::Refused { status, said } => format!("{name} refuses with {status}: {said}"),
        Answer::OtherView { known } => format!(
            "{name} has vouched for another view of {known} entries under this log's key: compare by \
             `armistice gossip` at once"
        ),
        Answer::WentBack { cosigned, known } => format!(
            "{name} vouched for {cosigned} entries and now knows of {known}: its folder was put back from \
             a copy, and it can no longer be relied on"
        ),
        Answer::Nonsense(reason) => format!("{name} answers with no cosignature: {reason}"),
    })
}
