//! An OpenRosa submission's XML to the fields of a report.
//!
//! A submission is an element for the form, elements for its groups and one for each answer, named
//! as the form names them. Ours names them as docs/report-format.md does, so that what comes out
//! is the same object that a JSON line holds.
//!
//! Nothing outside of the document is ever looked at: a document type declaration is refused
//! whatever it declares, and so is every entity but XML's own five.

use agreement::json::Json;
use agreement::track::Locator;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{
    BAD_GEOPOINT, NO_INSTANCE_ID, NOT_XML, XML_DOCTYPE, XML_ENTITY, XML_TOO_DEEP, XML_TOO_MANY,
};
use crate::rejection::Rejection;
use crate::reports::form::{self, Form, Question};

/// Deepest nesting of elements. Ours lie at 3.
pub const DEPTH_MAX: usize = 16;
/// Most elements of one submission. Ours has some 60.
pub const ELEMENTS_MAX: usize = 2_000;

/// What forms and servers add for themselves: no field of a report.
const NOT_FIELDS: &[&str] = &["start", "end", "today", "formhub", "__version__", "meta"];

/// What a submission says.
#[derive(Debug)]
pub(super) struct Said {
    /// The fields, but for the files.
    pub(super) fields: Vec<(String, Json)>,
    /// Kind and name of each attached file.
    pub(super) media: Vec<(&'static str, String)>,
    /// The instance that this one replaces.
    pub(super) replaces: Option<String>,
    /// When the phone says that the form was filled in.
    pub(super) ended_at: Option<String>,
}

/// An element that is still open.
struct Open {
    name: String,
    text: String,
    children: Vec<(String, Json)>,
}

/// The submission in a document.
pub(super) fn read(document: &str, locator: Locator) -> Result<Said, Rejection> {
    let reject = |code| Rejection::new(code, locator);
    let mut reader = Reader::from_str(document);
    let (mut open, mut elements): (Vec<Open>, usize) = (Vec::new(), 0);
    let (mut root, mut received_at) = (None, None);
    loop {
        let at = reader.buffer_position();
        let event =
            reader.read_event().map_err(|_| reject(&NOT_XML).detail(format!("byte {at}")))?;
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                elements += 1;
                if elements > ELEMENTS_MAX {
                    return Err(reject(&XML_TOO_MANY));
                }
                if open.len() >= DEPTH_MAX {
                    return Err(reject(&XML_TOO_DEEP));
                }
                if open.is_empty() {
                    if root.is_some() {
                        return Err(reject(&NOT_XML).detail("a second element at the top"));
                    }
                    received_at = attribute(&tag, "submissionDate");
                }
                let name = tag.local_name().as_ref().to_owned();
                open.push(Open { name, text: String::new(), children: Vec::new() });
                if is_empty {
                    close(&mut open, &mut root, locator)?;
                }
            }
            Event::End(_) => close(&mut open, &mut root, locator)?,
            Event::Text(text) => append(&mut open, &text.xml10_content(), locator)?,
            Event::CData(text) => append(&mut open, &text.xml10_content(), locator)?,
            Event::GeneralRef(entity) => {
                let character = match &*entity {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => entity
                        .resolve_char_ref()
                        .ok()
                        .flatten()
                        .ok_or_else(|| reject(&XML_ENTITY))?,
                };
                append(&mut open, character.encode_utf8(&mut [0; 4]), locator)?;
            }
            Event::DocType(_) => return Err(reject(&XML_DOCTYPE)),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    let root = root.filter(|_| open.is_empty()).ok_or_else(|| reject(&NOT_XML))?;
    said(root, received_at, locator)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    Some(found.value.into_owned())
}

fn append(open: &mut [Open], text: &str, locator: Locator) -> Result<(), Rejection> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Rejection::new(&NOT_XML, locator).detail("text outside of elements")),
    }
    Ok(())
}

/// Closes the innermost element: a group with its members, or an answer.
fn close(
    open: &mut Vec<Open>,
    root: &mut Option<Vec<(String, Json)>>,
    locator: Locator,
) -> Result<(), Rejection> {
    let Some(element) = open.pop() else { return Err(Rejection::new(&NOT_XML, locator)) };
    let path: Vec<&str> =
        open.iter().skip(1).map(|o| o.name.as_str()).chain([&*element.name]).collect();
    let path = path.join("/");
    let Some(parent) = open.last_mut() else {
        *root = Some(element.children);
        return Ok(());
    };
    if form::steers(&element.name) {
        return Ok(());
    }
    let question = Form::ours().question(&path);
    let text = element.text.trim();
    let value = if !element.children.is_empty() {
        Json::Object(element.children)
    } else if text.is_empty() {
        // An answer that was not given.
        return Ok(());
    } else if question.is_some_and(Question::is_number) {
        // What is no number stays text, which the reader of reports refuses by type.
        let number = text.parse().ok().filter(|n: &f64| n.is_finite());
        number.map_or_else(|| Json::Text(text.to_owned()), Json::Number)
    } else if question.is_some_and(Question::is_point) {
        let (lon, lat, accuracy_m) = point(text)
            .ok_or_else(|| Rejection::new(&BAD_GEOPOINT, locator).at(format!("/{path}")))?;
        let within = element.name == "point" && accuracy_m > 0.0;
        parent
            .children
            .extend([("lon".to_owned(), Json::Number(lon)), ("lat".to_owned(), Json::Number(lat))]);
        if within && !parent.children.iter().any(|(key, _)| key == "radius_m") {
            parent.children.push(("radius_m".to_owned(), Json::Number(accuracy_m.ceil())));
        }
        return Ok(());
    } else {
        Json::Text(text.to_owned())
    };
    parent.children.push((element.name, value));
    Ok(())
}

/// Longitude, latitude and accuracy.
fn point(text: &str) -> Option<(f64, f64, f64)> {
    let mut numbers = text.split_ascii_whitespace().map(str::parse::<f64>);
    let (lat, lon) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let _height = numbers.next().transpose().ok()?;
    let accuracy_m = numbers.next().transpose().ok()?.unwrap_or(0.0);
    let all_finite = lat.is_finite() && lon.is_finite() && accuracy_m.is_finite();
    (all_finite && numbers.next().is_none()).then_some((lon, lat, accuracy_m))
}

/// The fields with the names that reports have for what every form has.
fn said(
    root: Vec<(String, Json)>,
    received_at: Option<String>,
    locator: Locator,
) -> Result<Said, Rejection> {
    let mut said = Said { fields: Vec::new(), media: Vec::new(), replaces: None, ended_at: None };
    let meta = root.iter().find(|(name, _)| name == "meta").map(|(_, meta)| meta.clone());
    let own = |name| meta.as_ref().and_then(|m| m.get(name)).and_then(Json::text);
    let id = own("instanceID")
        .ok_or_else(|| Rejection::new(&NO_INSTANCE_ID, locator).at("/meta/instanceID"))?;
    said.fields.push(("id".to_owned(), Json::Text(id.to_owned())));
    if let Some(earlier) = own("deprecatedID") {
        said.fields.push(("replaces".to_owned(), Json::Text(earlier.to_owned())));
        said.replaces = Some(earlier.to_owned());
    }
    if let Some(received_at) = received_at {
        said.fields.push(("received_at".to_owned(), Json::Text(received_at)));
    }
    for (name, value) in root {
        if name == "end" {
            said.ended_at = value.text().map(str::to_owned);
        }
        // Servers begin names of their own with `_`.
        if NOT_FIELDS.contains(&&*name) || name.starts_with('_') {
            continue;
        }
        let media = Form::ours().question(&name).filter(|question| question.is_media());
        match (media, value) {
            (Some(question), Json::Text(file)) => said.media.push((&question.path, file)),
            // One choice of many is one answer, with spaces between: the sides are two questions.
            (None, value) if matches!(&*name, "side_a" | "side_b") => {
                match said.fields.iter_mut().find(|(key, _)| key == "sides") {
                    Some((_, Json::List(sides))) => sides.push(value),
                    _ => said.fields.push(("sides".to_owned(), Json::List(vec![value]))),
                }
            }
            (_, value) => said.fields.push((name, value)),
        }
    }
    Ok(said)
}
