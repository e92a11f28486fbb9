//! The model card as a page of the app: MODEL.md as HTML, in the app's style, written by the build.

use pulldown_cmark::{Event, Options, Parser, html};

use crate::submission::escape_html;

/// The page of this Markdown, with the styles and the policy of the built `index.html`.
pub(super) fn page(markdown: &str, index: &str) -> String {
    let kept = |begins: &str| {
        let tags = index.split('<').filter_map(|piece| piece.split_once('>'));
        let wanted = tags.filter(|(tag, _)| tag.starts_with(begins));
        wanted.map(|(tag, _)| format!("    <{tag}>\n")).collect::<String>()
    };
    // The text is the repository's own; HTML in it would still be no part of a text.
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut text = String::new();
    html::push_html(&mut text, events);
    // A table wider than a phone scrolls in a region of its own, which the keyboard reaches.
    let mut pieces = text.split("<table>");
    let mut numbered = pieces.next().unwrap_or("").to_owned();
    for (index, piece) in pieces.enumerate() {
        numbered.push_str(&format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table {}\"><table>{piece}",
            index + 1
        ));
    }
    let text = numbered.replace("</table>", "</table></div>");
    let title = markdown.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("The model");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n  <head>\n    <meta charset=\"utf-8\">\n{policy}{view}{scheme}    <title>{title} \u{2013} foobar-lab</title>\n\
         {icon}{styles}  </head>\n  <body>\n    <header id=\"head\"><a id=\"to-lab\" href=\"./\">Back to the lab</a></header>\n\
         <main id=\"reading\">\n{text}</main>\n  </body>\n</html>\n",
        policy = kept("meta http-equiv"),
        view = kept("meta name=\"viewport\""),
        scheme = kept("meta name=\"color-scheme\""),
        icon = kept("link rel=\"icon\""),
        styles = kept("link rel=\"stylesheet\""),
        title = escape_html(title),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_styles_of_the_app_and_no_script() {
        let index = "<meta http-equiv=\"C\" content=\"x\"><link rel=\"stylesheet\" href=\"a.css\"><script src=\"b.js\"></script>";
        let page = page("# How & why\n\n| a | b |\n|---|---|\n| 1 | <b>2 |\n", index);
        for wanted in [
            "<title>How &amp; why \u{2013} foobar-lab</title>",
            "<link rel=\"stylesheet\" href=\"a.css\">",
            "<meta http-equiv=\"C\" content=\"x\">",
            "<h1>How &amp; why</h1>",
            "<td>&lt;b&gt;2</td>",
            "href=\"./\"",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("<script"));
    }
}
