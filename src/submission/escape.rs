//! What people type is text and nothing else: escaping for Markdown and for HTML. Holds no words and no structure.

/// Text as one line of Markdown that shows exactly this text: no markup, no HTML, safe inside a table cell and at the
/// start of a line. Runs of white space and control characters become one space.
pub fn escape_markdown(text: &str) -> String {
    let inline = escape_inline(text);
    let digits = inline.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = inline.split_at(digits);
    let opens_list = digits > 0 && rest.starts_with(['.', ')']);
    let opens_block = digits == 0 && rest.starts_with(['#', '-', '+', '=']);
    if opens_list || opens_block { format!("{number}\\{rest}") } else { inline }
}

/// The same where the text does not begin a line: in headings, after a list marker's lead, in table cells.
pub(super) fn escape_inline(text: &str) -> String {
    let line: Vec<char> = one_line(text).chars().collect();
    let mut escaped = String::with_capacity(line.len() + 8);
    for (index, &c) in line.iter().enumerate() {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| line.get(at)).is_some_and(|c: &char| c.is_alphanumeric())
        };
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Within a word an underscore marks nothing, and advert_int stays readable in the source.
            '_' if is_word(index.checked_sub(1)) && is_word(Some(index + 1)) => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Text for HTML, in an element or in a quoted attribute. Control characters become spaces.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A file's path as the target of a link: everything but letters, digits and `-._~/` is percent-encoded, so it can
/// neither end the link nor begin a scheme.
pub(super) fn escape_path(path: &str) -> String {
    let write = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(write).collect()
}

/// The text on one line: runs of white space and control characters become one space.
pub(super) fn one_line(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control());
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader of the Markdown sees: a backslash before punctuation goes, the three entities are read.
    fn seen(markdown: &str) -> String {
        let mut text = String::new();
        let mut chars = markdown.chars().peekable();
        while let Some(c) = chars.next() {
            let escaped = chars.next_if(|next| c == '\\' && next.is_ascii_punctuation());
            text.push(escaped.unwrap_or(c));
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    #[test]
    fn what_looks_like_markup_is_made_inert() {
        for (typed, written) in [
            (
                "<script>alert(1)</script> | *x*",
                "&lt;script&gt;alert(1)&lt;/script&gt; \\| \\*x\\*",
            ),
            ("# no heading", "\\# no heading"),
            ("- no list", "\\- no list"),
            ("12. no list", "12\\. no list"),
            ("a\n\n## b", "a ## b"),
            ("advert_int _x_", "advert_int \\_x\\_"),
            ("[a](javascript:x)", "\\[a\\](javascript:x)"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ] {
            assert_eq!(escape_markdown(typed), written);
        }
        assert_eq!(
            escape_html("<a href=\"x\" id='y'>&"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"
        );
        assert_eq!(escape_path("a b)/ü:x.svg"), "a%20b%29/%C3%BC%3Ax.svg");
    }

    proptest! {
        #[test]
        fn markdown_shows_what_was_typed(text in "\\PC{0,40}") {
            let written = escape_markdown(&text);
            prop_assert_eq!(seen(&written), one_line(&text));
            prop_assert!(!written.contains(['<', '>', '\n']));
        }

        #[test]
        fn html_shows_what_was_typed(text in any::<String>()) {
            let xml = format!("<p title=\"{0}\">{0}</p>", escape_html(&text));
            let document = roxmltree::Document::parse(&xml).unwrap();
            let clean = |c: char| if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) { ' ' } else { c };
            let shown: String = text.chars().map(clean).collect();
            prop_assert_eq!(document.root_element().text().unwrap_or_default(), shown.clone());
            prop_assert_eq!(document.root_element().attribute("title"), Some(shown.as_str()));
        }
    }
}
