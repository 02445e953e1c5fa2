//! The files of an upload: a folder, a zip file or one document, read within limits.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use agreement::Digest;
use agreement::text::shown;
use agreement::track::Locator;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use super::{
    MEDIA_MISSING, MEDIA_TOO_LARGE, NOT_ZIP, SUBMISSION_TOO_LARGE, UPLOAD_TOO_LARGE, ZIP_ENTRY,
    ZIP_NESTED, ZIP_PATH, ZIP_SWELLS,
};
use crate::rejection::{Code, Rejection};

/// Most bytes of an upload, as it comes.
pub const UPLOAD_BYTES_MAX: u64 = 512 << 20;
/// Most bytes of one document.
pub const SUBMISSION_BYTES_MAX: u64 = 1 << 20;
/// Most bytes of one attached file.
pub const MEDIA_FILE_BYTES_MAX: u64 = 128 << 20;
/// Most files of an upload.
pub const ENTRIES_MAX: usize = 10_000;
/// Most bytes of a zip file's directory.
pub const DIRECTORY_BYTES_MAX: u64 = 4 << 20;
/// Most bytes that one upload unpacks to.
pub const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Most bytes that one packed byte may stand for, past the first mebibyte. Deflate reaches 1,032 on
/// zeros, 20 on text.
pub const SWELL_MAX: u64 = 200;
/// Deepest folder below the one named.
const FOLDERS_MAX: usize = 8;

/// An upload, its files by name.
pub(super) struct Bundle {
    kind: Kind,
    rejections: Vec<Rejection>,
    unpacked_left: u64,
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

enum Kind {
    Folder(BTreeMap<String, PathBuf>),
    Zip(ZipArchive<Box<dyn ReadSeek>>, BTreeMap<String, usize>),
    Document(Vec<u8>),
}

/// The name under which a lone document goes.
const LONE: &str = "submission.xml";

impl Bundle {
    /// The outer error is the world's, the inner one the upload's.
    pub(super) fn open(path: &Path, input: u16) -> io::Result<Result<Self, Rejection>> {
        let whole = Locator { input, record: 0 };
        if fs::metadata(path)?.is_dir() {
            return Self::of_folder(path, whole);
        }
        let mut file = File::open(path)?;
        if file.metadata()?.len() > UPLOAD_BYTES_MAX {
            return Ok(Err(Rejection::new(&UPLOAD_TOO_LARGE, whole)));
        }
        let mut magic = Vec::new();
        (&file).take(4).read_to_end(&mut magic)?;
        file.rewind()?;
        if magic == ZIP_MAGIC {
            return Ok(Self::of_zip(Box::new(file), whole));
        }
        let mut bytes = Vec::new();
        file.take(SUBMISSION_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(Ok(Self::of(Kind::Document(bytes))))
    }

    pub(super) fn of_bytes(bytes: Vec<u8>, input: u16) -> Result<Self, Rejection> {
        if bytes.starts_with(ZIP_MAGIC) {
            return Self::of_zip(Box::new(Cursor::new(bytes)), Locator { input, record: 0 });
        }
        Ok(Self::of(Kind::Document(bytes)))
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, rejections: Vec::new(), unpacked_left: UNPACKED_BYTES_MAX }
    }

    /// Links are not followed: an upload holds files.
    fn of_folder(root: &Path, whole: Locator) -> io::Result<Result<Self, Rejection>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![(root.to_owned(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let kind = entry.file_type()?;
                if kind.is_dir() && depth < FOLDERS_MAX {
                    folders.push((entry.path(), format!("{name}/"), depth + 1));
                } else if kind.is_file() {
                    files.insert(name, entry.path());
                }
                if files.len() > ENTRIES_MAX || folders.len() > ENTRIES_MAX {
                    return Ok(Err(Rejection::new(&UPLOAD_TOO_LARGE, whole)));
                }
            }
        }
        Ok(Ok(Self::of(Kind::Folder(files))))
    }

    fn of_zip(mut reader: Box<dyn ReadSeek>, whole: Locator) -> Result<Self, Rejection> {
        check_directory(&mut reader).map_err(|code| Rejection::new(code, whole))?;
        let damaged = || Rejection::new(&NOT_ZIP, whole);
        let mut archive = ZipArchive::new(reader).map_err(|_| damaged())?;
        let (mut entries, mut rejections) = (BTreeMap::new(), Vec::new());
        for n in 0..archive.len() {
            let Ok(entry) = archive.by_index_raw(n) else {
                rejections.push(Rejection::new(&ZIP_ENTRY, whole).detail(format!("entry {n}")));
                continue;
            };
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
            let code: Option<&'static Code> = if entry.enclosed_name().is_none() || !is_plain(&name)
            {
                Some(&ZIP_PATH)
            } else if entry.encrypted() || entry.is_symlink() {
                Some(&ZIP_ENTRY)
            } else if name.to_ascii_lowercase().ends_with(".zip") {
                Some(&ZIP_NESTED)
            } else if entries.contains_key(&name) {
                // Readers disagree on which of two entries of one name counts.
                Some(&ZIP_ENTRY)
            } else {
                None
            };
            match code {
                Some(code) => {
                    rejections.push(Rejection::new(code, whole).within(shown(&name)));
                }
                None => drop(entries.insert(name, n)),
            }
        }
        let bundle = Self::of(Kind::Zip(archive, entries));
        Ok(Self { rejections, ..bundle })
    }

    /// What was wrong with entries that are no part of a submission.
    pub(super) fn take_rejections(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.rejections)
    }

    /// The names of all documents, in their order.
    pub(super) fn documents(&self) -> Vec<String> {
        let is_xml = |name: &&String| name.to_ascii_lowercase().ends_with(".xml");
        match &self.kind {
            Kind::Document(_) => vec![LONE.to_owned()],
            Kind::Folder(files) => files.keys().filter(is_xml).cloned().collect(),
            Kind::Zip(_, entries) => entries.keys().filter(is_xml).cloned().collect(),
        }
    }

    /// Whether it is one document, which has no name of its own.
    pub(super) const fn is_lone(&self) -> bool {
        matches!(self.kind, Kind::Document(_))
    }

    /// The bytes of a document.
    pub(super) fn document(
        &mut self,
        name: &str,
        locator: Locator,
    ) -> io::Result<Result<Vec<u8>, Rejection>> {
        let mut bytes = Vec::new();
        let taken =
            self.take(name, SUBMISSION_BYTES_MAX, |chunk| bytes.extend_from_slice(chunk))?;
        Ok(match taken {
            Ok(Some(_)) => Ok(bytes),
            Ok(None) => Err(Rejection::new(&SUBMISSION_TOO_LARGE, locator)),
            Err(code) => Err(Rejection::new(code, locator)),
        })
    }

    /// SHA-256 and size of a file in the folder of a document.
    pub(super) fn digest_beside(
        &mut self,
        document: &str,
        file: &str,
        locator: Locator,
    ) -> io::Result<Result<(Digest, u64), Rejection>> {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        if file.contains(['/', '\\']) || !is_plain(file) {
            return Ok(Err(Rejection::new(&MEDIA_MISSING, locator)));
        }
        let mut hash = Sha256::new();
        let taken = self.take(&name, MEDIA_FILE_BYTES_MAX, |chunk| hash.update(chunk))?;
        Ok(match taken {
            Ok(Some(bytes)) => Ok((Digest::from_bytes(hash.finalize().into()), bytes)),
            Ok(None) => Err(Rejection::new(&MEDIA_TOO_LARGE, locator)),
            Err(code) => Err(Rejection::new(code, locator)),
        })
    }

    /// Streams a file's bytes to `put`; `None` when there are more than `bytes_max`, of which
    /// no more are read.
    fn take(
        &mut self,
        name: &str,
        bytes_max: u64,
        mut put: impl FnMut(&[u8]),
    ) -> io::Result<Result<Option<u64>, &'static Code>> {
        match &mut self.kind {
            Kind::Document(bytes) => {
                if name != LONE {
                    return Ok(Err(&MEDIA_MISSING));
                }
                put(bytes);
                let length = bytes.len() as u64;
                Ok(Ok((length <= bytes_max).then_some(length)))
            }
            Kind::Folder(files) => {
                let Some(path) = files.get(name) else { return Ok(Err(&MEDIA_MISSING)) };
                let file = File::open(path)?;
                if file.metadata()?.len() > bytes_max {
                    return Ok(Ok(None));
                }
                pour(file, bytes_max, &mut put).map(Ok)
            }
            Kind::Zip(archive, entries) => {
                let Some(&n) = entries.get(name) else { return Ok(Err(&MEDIA_MISSING)) };
                let Ok(entry) = archive.by_index(n) else { return Ok(Err(&ZIP_ENTRY)) };
                let swelling = entry.compressed_size().saturating_mul(SWELL_MAX) + (1 << 20);
                if entry.size() > swelling.min(self.unpacked_left) {
                    return Ok(Err(&ZIP_SWELLS));
                }
                let room = bytes_max.min(swelling).min(self.unpacked_left);
                // What an entry says of its size is its word; it is counted as it comes.
                match pour(entry, room, &mut put) {
                    Ok(Some(bytes)) => {
                        self.unpacked_left -= bytes;
                        Ok(Ok(Some(bytes)))
                    }
                    Ok(None) if room < bytes_max => Ok(Err(&ZIP_SWELLS)),
                    Ok(None) => Ok(Ok(None)),
                    Err(_) => Ok(Err(&ZIP_ENTRY)),
                }
            }
        }
    }
}

/// Chunk by chunk; `None` past the limit.
fn pour(reader: impl Read, bytes_max: u64, put: &mut impl FnMut(&[u8])) -> io::Result<Option<u64>> {
    let mut reader = reader.take(bytes_max + 1);
    let (mut chunk, mut total) = (vec![0; 64 * 1024], 0);
    loop {
        let read = reader.read(&mut chunk)?;
        if read == 0 {
            return Ok((total <= bytes_max).then_some(total));
        }
        total += read as u64;
        put(&chunk[..read]);
    }
}

/// Whether a name leads nowhere but down.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('/')
        && !name.contains(['\\', '\0', ':'])
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

pub(super) const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// Looks at the end of a zip file, whose larger format (ZIP64) no phone needs, before anything makes room for its directory (APPNOTE 4.3.16).
fn check_directory(reader: &mut Box<dyn ReadSeek>) -> Result<(), &'static Code> {
    const END_BYTES: u64 = 22;
    const COMMENT_MAX: u64 = 65_535;
    let length = reader.seek(SeekFrom::End(0)).map_err(|_| &NOT_ZIP)?;
    if length > UPLOAD_BYTES_MAX {
        return Err(&UPLOAD_TOO_LARGE);
    }
    let from = length.saturating_sub(END_BYTES + COMMENT_MAX);
    let mut tail = Vec::new();
    reader.seek(SeekFrom::Start(from)).map_err(|_| &NOT_ZIP)?;
    reader.read_to_end(&mut tail).map_err(|_| &NOT_ZIP)?;
    reader.rewind().map_err(|_| &NOT_ZIP)?;
    let at = memchr::memmem::rfind(&tail, b"PK\x05\x06").ok_or(&NOT_ZIP)?;
    if memchr::memmem::rfind(&tail[..at], b"PK\x06\x07").is_some() {
        return Err(&UPLOAD_TOO_LARGE);
    }
    let end = tail.get(at..at + END_BYTES as usize).ok_or(&NOT_ZIP)?;
    let entries = u16::from_le_bytes([end[10], end[11]]);
    let bytes = u32::from_le_bytes([end[12], end[13], end[14], end[15]]);
    if usize::from(entries) > ENTRIES_MAX || u64::from(bytes) > DIRECTORY_BYTES_MAX {
        return Err(&UPLOAD_TOO_LARGE);
    }
    Ok(())
}
