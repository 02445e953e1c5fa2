//! A writer of well-formed markup, for HTML and SVG alike.
//!
//! Elements nest by closures, so none is left open, and every value goes through the one
//! escape: a name that an enemy chose cannot become markup, hide characters or turn the
//! direction of the text around it.

use std::fmt::{self, Display, Write as _};

/// Names and values of an element's attributes.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a dyn Display)];

/// Markup in the making.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    out: String,
}

impl Markup {
    /// What was written.
    pub(crate) fn into_string(self) -> String {
        self.out
    }

    /// An element with what `inner` writes in it.
    pub(crate) fn within(
        &mut self,
        tag: &str,
        attributes: Attributes<'_>,
        inner: impl FnOnce(&mut Self),
    ) {
        self.start(tag, attributes);
        self.out.push('>');
        inner(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// An element that holds text only.
    pub(crate) fn line(&mut self, tag: &str, attributes: Attributes<'_>, text: impl Display) {
        self.within(tag, attributes, |m| m.text(text));
    }

    /// An element that can hold nothing: any of SVG's, and HTML's void ones.
    pub(crate) fn leaf(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.start(tag, attributes);
        self.out.push_str("/>");
    }

    /// Text, escaped.
    pub(crate) fn text(&mut self, text: impl Display) {
        self.escaped(&text);
    }

    /// A name that others chose, kept from turning the direction of its surroundings.
    pub(crate) fn name(&mut self, name: impl Display) {
        self.line("bdi", &[], name);
    }

    /// Our own style sheet or a fragment that this writer made. Never anything from outside.
    pub(crate) fn verbatim(&mut self, ours: &str) {
        self.out.push_str(ours);
    }

    /// A line break between parts, so that the source can be read.
    pub(crate) fn newline(&mut self) {
        self.out.push('\n');
    }

    fn start(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
    }

    fn escaped(&mut self, value: &dyn Display) {
        write!(Escaping(&mut self.out), "{value}").expect("writing to a string does not fail");
    }
}

struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c if is_unseen(c) => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

/// Control characters, the explicit marks and overrides of writing direction, and what XML
/// 1.0 §2.2 does not allow: none of them belongs in a name, and each can deceive a reader.
fn is_unseen(c: char) -> bool {
    let plain_space = matches!(c, '\t' | '\n');
    c.is_control() && !plain_space
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut markup = Markup::default();
        markup.line("td", &[("title", &text)], text);
        markup.into_string()
    }

    #[test]
    fn a_name_cannot_become_markup() {
        let hostile = "<script>alert('x')</script>\" onload=\"y";
        assert_eq!(
            said(hostile),
            "<td title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;y\">\
             &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;y</td>"
        );
    }

    #[test]
    fn a_name_cannot_turn_the_text_around_it() {
        assert_eq!(
            said("a\u{202e}b\u{0}c"),
            "<td title=\"a\u{fffd}b\u{fffd}c\">a\u{fffd}b\u{fffd}c</td>"
        );
        assert_eq!(said("درعا"), "<td title=\"درعا\">درعا</td>");
    }
}
