//! Every seed and every input that once broke something, through its parser, on stable.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

/// The longest that one input may take. Unoptimised code gets five times as long.
const INPUT_TIME_MAX: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });
/// The most memory that one input may make a parser hold at once.
const INPUT_MIB_MAX: f32 = 64.0;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[test]
fn no_input_of_the_corpora_breaks_stalls_or_swells_its_parser() {
    // The Parquet crate's panics are caught; none of the corpus is to bring one about.
    let panics = Arc::new(AtomicUsize::new(0));
    let seen = panics.clone();
    std::panic::set_hook(Box::new(move |panic| {
        println!("{panic}");
        seen.fetch_add(1, Ordering::Relaxed);
    }));
    let mut faults = Vec::new();
    for (target, drive) in fuzz_drive::TARGETS {
        let inputs = inputs_of(target);
        assert!(!inputs.is_empty(), "fuzz/corpus/{target} holds no seed");
        for path in inputs {
            let bytes = fs::read(&path).expect("a seed can be read");
            // Whatever stalls for good is the last one named.
            println!("{}", path.display());
            let held_before = MEMORY.current_usage_as_mb();
            MEMORY.reset_peak_usage();
            let started = Instant::now();
            let panics_before = panics.load(Ordering::Relaxed);
            let returned = std::panic::catch_unwind(|| drive(&bytes)).is_ok();
            let took = started.elapsed();
            let held = MEMORY.peak_usage_as_mb() - held_before;
            if !returned || panics.load(Ordering::Relaxed) > panics_before {
                faults.push(format!("{}: panicked", path.display()));
            }
            if took > INPUT_TIME_MAX {
                faults.push(format!("{}: took {took:?}", path.display()));
            }
            if held > INPUT_MIB_MAX {
                faults.push(format!("{}: held {held:.0} MiB", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_target_has_its_function_its_file_and_its_seeds() {
    let mut driven: Vec<String> =
        fuzz_drive::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    driven.sort();
    assert_eq!(names_in("fuzz_targets"), driven);
    assert_eq!(names_in("corpus"), driven);
}

fn inputs_of(target: &str) -> Vec<PathBuf> {
    let mut paths = entries(&fuzz().join("corpus").join(target));
    paths.sort();
    paths
}

/// The names in a folder of `fuzz/`, without extension, sorted.
fn names_in(folder: &str) -> Vec<String> {
    let mut names: Vec<_> = entries(&fuzz().join(folder))
        .iter()
        .filter_map(|path| path.file_stem()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listed =
        fs::read_dir(folder).unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()));
    listed.map(|entry| entry.expect("a folder can be listed").path()).collect()
}

fn fuzz() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("drive/ lies in fuzz/")
}
