//! What feeds hold, said one record a claim; tracks in segments.

use std::path::Path;

use agreement::report::{Authorisation, Duty, Report};
use agreement::statement::body::{FeedName, ROWS_MAX, TrackSegment};
use agreement::statement::said::Nothing;
use agreement::statement::{Body, Said};
use agreement::{Digest, Pack, TrackPoint};
use anyhow::Context as _;
use intake::reports::authorisations::known_to;
use intake::{Batch, Feed};
use publish::InputKind;
use spacetime::{Duration, Instant};

use super::Sign;
use super::signer::{Signer, random};
use crate::inputs::{self, TrackReading};
use crate::outcome::Refused;

/// How long a segment is: what one sensor saw in ten seconds.
const SEGMENT: Duration = Duration::from_seconds(10);

pub(super) fn tracks(arguments: &Sign, pack: &Pack, signer: &mut Signer) -> anyhow::Result<()> {
    if arguments.tracks.is_empty() {
        return Ok(());
    }
    let reading = TrackReading {
        files: &arguments.tracks,
        keep_raw: false,
        zone: arguments.sbs_zone.clone(),
        clock: arguments.clock_origin,
        format: None,
    };
    let inputs::Tracks { mut merged, sensors } = inputs::tracks(&reading, pack)?;
    let mut feeds: Vec<Segmenting> = merged
        .inputs()
        .iter()
        .zip(sensors)
        .map(|(input, sensor)| {
            let began_at = input.first.unwrap_or(Instant::MAX);
            let digest = Digest::from_bytes(input.sha256);
            Segmenting { feed: FeedName { began_at, digest, sensor }, part: 0, rows: Vec::new() }
        })
        .collect();
    let mut batch = Batch::default();
    while merged.read(&mut batch).context("tracks cannot be read")? {
        signer.rejected.add(Path::new("tracks"), &batch.rejections);
        for point in &batch.items {
            feeds[usize::from(point.locator.input)].see(point, signer)?;
        }
    }
    for feed in &mut feeds {
        // Also of a feed without a row: that it was silent is evidence too.
        if feed.part == 0 || !feed.rows.is_empty() {
            feed.close(signer)?;
        }
    }
    Ok(())
}

/// A feed on its way into segments.
struct Segmenting {
    feed: FeedName,
    part: u64,
    rows: Vec<TrackPoint>,
}

impl Segmenting {
    fn see(&mut self, point: &TrackPoint, signer: &mut Signer) -> anyhow::Result<()> {
        let first = self.rows.first().map(|row| row.observed_at);
        let is_over = first.is_some_and(|first| point.observed_at >= first.plus(SEGMENT));
        if is_over || self.rows.len() == ROWS_MAX {
            self.close(signer)?;
        }
        self.rows.push(*point);
        Ok(())
    }

    fn close(&mut self, signer: &mut Signer) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let feed = self.feed.clone();
        let segment = TrackSegment { feed, part: self.part, row_secret: random()?, rows };
        self.part += 1;
        let said = segment.said().map_err(|why| Refused(why.to_string()))?;
        signer.say(&Said::TrackSegment(said), Some(&Body::TrackSegment(segment)))
    }
}

pub(super) fn reports(arguments: &Sign, pack: &Pack, signer: &mut Signer) -> anyhow::Result<()> {
    for source in inputs::ordered(InputKind::Reports, &arguments.reports)? {
        let mut feed = inputs::reports(&source, 0, &pack.time_zone, Some(pack), false)?;
        let mut batch: Batch<Report> = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            signer.rejected.add(&source.path, &batch.rejections);
            for report in batch.items.drain(..) {
                signer.say(&Said::Report(Nothing {}), Some(&Body::Report(Box::new(report))))?;
            }
        }
    }
    Ok(())
}

pub(super) fn duties(arguments: &Sign, signer: &mut Signer) -> anyhow::Result<()> {
    for (path, input) in arguments.duty.iter().zip(0..) {
        let mut feed = inputs::duties(path, input, false)?;
        let mut batch: Batch<Duty> = Batch::default();
        while feed.read(&mut batch).with_context(|| path.display().to_string())? {
            signer.rejected.add(path, &batch.rejections);
            for duty in batch.items.drain(..) {
                signer.say(&Said::Duty(Nothing {}), Some(&Body::Duty(duty)))?;
            }
        }
    }
    Ok(())
}

pub(super) fn authorisations(
    arguments: &Sign,
    pack: &Pack,
    signer: &mut Signer,
) -> anyhow::Result<()> {
    for source in inputs::ordered(InputKind::Authorisations, &arguments.authorisations)? {
        let mut feed = inputs::authorisations(&source, 0, false)?;
        let mut batch: Batch<Authorisation> = Batch::default();
        while feed.read(&mut batch).with_context(|| source.path.display().to_string())? {
            signer.rejected.add(&source.path, &batch.rejections);
            for leave in batch.items.drain(..) {
                if let Err(unknown) = known_to(pack, &leave) {
                    signer.rejected.add(&source.path, &[unknown]);
                    continue;
                }
                signer.say(&Said::Authorisation(Nothing {}), Some(&Body::Authorisation(leave)))?;
            }
        }
    }
    Ok(())
}
