//! Small files of JSON that end in the digest of what stands before it, so that one with a flipped bit is
//! not taken for another that was meant.

use agreement::Digest;

/// The file's bytes.
pub(crate) fn to_bytes(json: &[u8]) -> Vec<u8> {
    let mut bytes = json.to_vec();
    bytes.extend_from_slice(format!("\n{}\n", Digest::of_bytes(json)).as_bytes());
    bytes
}

/// The JSON in it.
///
/// # Errors
/// What shows that it is not as it was written.
pub(crate) fn json_of(bytes: &[u8]) -> Result<&str, &'static str> {
    let text = str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let (json, digest) =
        text.strip_suffix('\n').and_then(|text| text.rsplit_once('\n')).ok_or("it breaks off")?;
    let is_its = Digest::parse(digest) == Some(Digest::of_bytes(json.as_bytes()));
    if is_its { Ok(json) } else { Err("its digest is another") }
}
