//! The form as the three sheets of an XLSForm (xlsform.org): survey, choices, settings.

use agreement::Pack;

use super::choices::{self, Lists};
use super::{Choice, Form, Kind, Only, Question, Words};

/// Goes up when the form asks for something else, so that servers tell the two apart.
pub const FORM_VERSION: u32 = 1;

/// The languages, as XLSForm writes them behind a column's name.
pub(super) const LANGUAGES: [&str; 3] = ["English (en)", "Arabic (ar)", "Russian (ru)"];
/// The element that holds all answers; paths in the description begin with it.
const ROOT: &str = "data";
/// Digits of the agreement's version that a form's version ends with.
const VERSION_DIGITS: usize = 12;
/// Longest list that is shown open, and not behind a tap.
const OPEN_CHOICES_MAX: usize = 5;

/// A sheet of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: &'static str,
    /// Its rows, the first of which names the columns.
    pub rows: Vec<Vec<String>>,
}

impl Form {
    /// The form. With a pack, places, administrative units and parties are choices; nothing of
    /// posts, sensors and positions goes into it, since phones get lost.
    #[must_use]
    pub fn sheets(&self, pack: Option<&Pack>) -> [Sheet; 3] {
        let mut lists = self.lists.clone();
        lists.remove(choices::OTHER);
        if let Some(pack) = pack {
            lists.extend(choices::of(pack, &self.lists[choices::OTHER]));
        }
        [self.survey(pack.is_some(), &lists), choices_sheet(&lists), self.settings(pack)]
    }

    fn survey(&self, with_pack: bool, lists: &Lists) -> Sheet {
        let mut rows = vec![SURVEY.iter().flat_map(|column| column.heads()).collect()];
        let mut open: Option<&str> = None;
        for question in self.asked(with_pack, lists) {
            let group = question.path.split_once('/').map(|(group, _)| group);
            if open.is_some() && open != group {
                rows.push(row_of_type("end_group"));
                open = None;
            }
            rows.push(self.row(question, lists));
            if question.kind == Kind::Group {
                open = Some(&question.path);
            }
        }
        if open.is_some() {
            rows.push(row_of_type("end_group"));
        }
        Sheet { name: "survey", rows }
    }

    /// Questions for this kind of form whose lists have something to choose from.
    fn asked<'f>(
        &'f self,
        with_pack: bool,
        lists: &'f Lists,
    ) -> impl Iterator<Item = &'f Question> {
        self.questions.iter().filter(move |question| {
            let wanted = match question.only {
                None => true,
                Some(Only::Pack) => with_pack,
                Some(Only::NoPack) => !with_pack,
            };
            wanted && question.list.as_ref().is_none_or(|name| lists.contains_key(name))
        })
    }

    fn row(&self, question: &Question, lists: &Lists) -> Vec<String> {
        SURVEY.iter().flat_map(|column| self.cells(*column, question, lists)).collect()
    }

    fn cells(&self, column: Column, question: &Question, lists: &Lists) -> Vec<String> {
        let plain = |text: Option<&str>| vec![text.unwrap_or_default().to_owned()];
        match column {
            Column::Type => vec![typed(question)],
            Column::Name => plain(question.path.rsplit('/').next()),
            Column::Label => in_each(question.label.as_ref()),
            Column::Hint => in_each(question.hint.as_ref()),
            Column::Required => plain(question.required.then_some("yes")),
            Column::Relevant => plain(question.relevant.as_deref()),
            Column::Constraint => vec![constraint(question)],
            Column::Message => self.message(question),
            Column::Appearance => plain(appearance(question, lists)),
            Column::Default => plain(question.default.as_deref()),
            Column::Calculation => plain(question.calculation.as_deref()),
        }
    }

    /// What is said when the constraint does not hold.
    fn message(&self, question: &Question) -> Vec<String> {
        let common = match (question.bounds, question.chars) {
            (Some(_), _) => Some(&self.messages.number),
            (None, Some(_)) => Some(&self.messages.text),
            (None, None) => None,
        };
        let mut said = in_each(question.message.as_ref().or(common));
        for text in &mut said {
            if let Some(bounds) = question.bounds.map(super::NumberBounds::of_the_reader) {
                *text = text.replace("{low}", &bounds.low.to_string());
                *text = text.replace("{high}", &bounds.high.to_string());
            }
            if let Some(chars) = question.chars {
                *text = text.replace("{chars}", &chars.chars_max().to_string());
            }
        }
        said
    }

    fn settings(&self, pack: Option<&Pack>) -> Sheet {
        let (mut title, mut id) = (self.title.clone(), "armistice_report".to_owned());
        let mut version = FORM_VERSION.to_string();
        if let Some(pack) = pack {
            title = format!("{title} · {}", pack.title);
            id = format!("{id}_{}", pack.id);
            let digest = pack.version.0.to_string();
            version = format!("{version}-{}", &digest[..VERSION_DIGITS]);
        }
        let settings = [
            ("form_title", &*title),
            ("form_id", &id),
            ("version", &version),
            ("name", ROOT),
            ("default_language", LANGUAGES[0]),
            ("style", "pages"),
        ];
        let (heads, values) =
            settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().unzip();
        Sheet { name: "settings", rows: vec![heads, values] }
    }
}

#[derive(Clone, Copy, Debug)]
enum Column {
    Type,
    Name,
    Label,
    Hint,
    Required,
    Relevant,
    Constraint,
    Message,
    Appearance,
    Default,
    Calculation,
}

const SURVEY: [Column; 11] = [
    Column::Type,
    Column::Name,
    Column::Label,
    Column::Hint,
    Column::Required,
    Column::Relevant,
    Column::Constraint,
    Column::Message,
    Column::Appearance,
    Column::Default,
    Column::Calculation,
];

impl Column {
    fn heads(self) -> Vec<String> {
        match self {
            Self::Type => vec!["type".to_owned()],
            Self::Name => vec!["name".to_owned()],
            Self::Label => in_every_language("label"),
            Self::Hint => in_every_language("hint"),
            Self::Required => vec!["required".to_owned()],
            Self::Relevant => vec!["relevant".to_owned()],
            Self::Constraint => vec!["constraint".to_owned()],
            Self::Message => in_every_language("constraint_message"),
            Self::Appearance => vec!["appearance".to_owned()],
            Self::Default => vec!["default".to_owned()],
            Self::Calculation => vec!["calculation".to_owned()],
        }
    }
}

fn in_every_language(head: &str) -> Vec<String> {
    LANGUAGES.iter().map(|language| format!("{head}::{language}")).collect()
}

fn in_each(words: Option<&Words>) -> Vec<String> {
    words.map_or_else(|| vec![String::new(); 3], |words| words.each().map(str::to_owned).to_vec())
}

fn row_of_type(word: &str) -> Vec<String> {
    vec![word.to_owned()]
}

/// XLSForm's word for the type of a question.
fn typed(question: &Question) -> String {
    let word = match question.kind {
        Kind::Start => "start",
        Kind::End => "end",
        Kind::Note => "note",
        Kind::Group => "begin_group",
        Kind::Text => "text",
        Kind::Integer => "integer",
        Kind::Decimal => "decimal",
        Kind::DateTime => "dateTime",
        Kind::Select => {
            return format!("select_one {}", question.list.as_deref().unwrap_or_default());
        }
        Kind::Point | Kind::MapPoint => "geopoint",
        Kind::Photo => "image",
        Kind::Video => "video",
        Kind::Audio => "audio",
        Kind::Document => "file",
        Kind::Calculate => "calculate",
    };
    word.to_owned()
}

/// How it is shown: a group on one page, long lists behind a tap.
fn appearance(question: &Question, lists: &Lists) -> Option<&'static str> {
    let choices = question.list.as_ref().and_then(|name| lists.get(name)).map_or(0, Vec::len);
    match question.kind {
        Kind::Group => Some("field-list"),
        Kind::MapPoint => Some("placement-map"),
        Kind::Select if question.search => Some("minimal autocomplete"),
        // Inside a group, which is one page, an open list pushes the rest off it.
        Kind::Select if question.path.contains('/') && choices > OPEN_CHOICES_MAX => {
            Some("minimal")
        }
        _ => None,
    }
}

/// The reader's bounds, and what else has to hold.
fn constraint(question: &Question) -> String {
    let numbers = question.bounds.map(|bounds| {
        let bounds = bounds.of_the_reader();
        format!(". >= {} and . <= {}", bounds.low, bounds.high)
    });
    let text = question.chars.map(|chars| format!("string-length(.) <= {}", chars.chars_max()));
    let all = [numbers, text, question.constraint.clone()];
    all.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn choices_sheet(lists: &Lists) -> Sheet {
    let mut heads = vec!["list_name".to_owned(), "name".to_owned()];
    heads.extend(in_every_language("label"));
    let mut rows = vec![heads];
    for (list, choices) in lists {
        rows.extend(choices.iter().map(|Choice { name, en, ar, ru }| {
            [list, name, en, ar, ru].map(Clone::clone).to_vec()
        }));
    }
    Sheet { name: "choices", rows }
}
