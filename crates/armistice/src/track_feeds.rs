//! Track files opened as what they are.

use std::fs::File;
use std::io::{BufRead, BufReader};

use agreement::TrackPoint;
use anyhow::Context as _;
use intake::feed::Options;
use intake::jsonl_frames::JsonlFrames;
use intake::state_vectors_parquet::StateVectorsParquet;
use intake::{Feed, Rejection};

use crate::arguments::Assess;
use crate::inputs::Source;

/// An open track file.
pub(crate) struct TrackFeed {
    /// The number that its locators carry.
    pub(crate) input: u16,
    /// Its points.
    pub(crate) points: Box<dyn Feed<TrackPoint>>,
}

/// Opens a track file and says what it was read as, or why it is of no use as a whole.
pub(crate) fn open(
    source: &Source,
    input: u16,
    arguments: &Assess,
) -> anyhow::Result<Result<(TrackFeed, &'static str), Rejection>> {
    let said = || format!("{} cannot be read", source.path.display());
    let file = File::open(&source.path).with_context(said)?;
    let options = Options { input, keep_raw: arguments.keep_rejects, ..Options::default() };
    let name = source.path.to_string_lossy().to_lowercase();
    let feed = |points| TrackFeed { input, points };
    if name.ends_with(".parquet") {
        let opened = StateVectorsParquet::new(file, options);
        return Ok(opened.map(|points| (feed(Box::new(points)), "state vectors, Parquet")));
    }
    let reader: Box<dyn BufRead> = if name.ends_with(".gz") {
        Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    Ok(Ok((feed(Box::new(JsonlFrames::new(reader, options))), "Mode S frames, JSON lines")))
}
