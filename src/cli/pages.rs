//! The pages beside the app, in its style, written by the build: the model card (MODEL.md as HTML), and what stands there explained. Who does
//! not open them does not load them.

use pulldown_cmark::{Event, Options, Parser, html};

use crate::infra::Infrastructure;
use crate::submission::{escape_html, html_sections};

/// The page of the model card, which is this Markdown.
pub(super) fn model(markdown: &str, index: &str) -> String {
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
    page(title, &text, index)
}

/// The page of what stands on the stage when the lab opens: how a request travels, each component, why it is scaled so.
pub(super) fn explanations(infrastructure: &Infrastructure, index: &str) -> String {
    let text = format!(
        "<h1>{title}</h1>\n<p>What stands there when the lab opens, explained. What you build or choose in the lab is explained there, by \
         \u{201c}Read about this infrastructure\u{201d}.</p>\n{sections}",
        title = escape_html(&infrastructure.title),
        sections = html_sections(infrastructure),
    );
    page("Explanations", &text, index)
}

/// A page of this text (markup), with the styles and the policy of the built `index.html`.
fn page(title: &str, text: &str, index: &str) -> String {
    let kept = |begins: &str| {
        let tags = index.split('<').filter_map(|piece| piece.split_once('>'));
        let wanted = tags.filter(|(tag, _)| tag.starts_with(begins));
        wanted.map(|(tag, _)| format!("    <{tag}>\n")).collect::<String>()
    };
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
    use crate::infra::Preset;

    const INDEX: &str = "<meta http-equiv=\"C\" content=\"x\"><link rel=\"stylesheet\" href=\"a.css\"><script src=\"b.js\"></script>";

    #[test]
    fn the_page_has_the_styles_of_the_app_and_no_script() {
        let page = model("# How & why\n\n| a | b |\n|---|---|\n| 1 | <b>2 |\n", INDEX);
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

    /// Every machine has its section and every address its place: without the app this is the infrastructure as text.
    #[test]
    fn the_explanations_name_every_machine_and_address() {
        let infrastructure = Preset::Brief.infrastructure();
        let page = explanations(&infrastructure, INDEX);
        assert_eq!(page.matches("<h1>").count(), 1);
        for host in &infrastructure.hosts {
            assert!(page.contains(&format!("<h3>{} (", host.name)), "{}", host.name);
            assert!(page.contains(&host.address.to_string()), "{}", host.name);
        }
        for vip in &infrastructure.vips {
            assert!(page.contains(&vip.address.to_string()), "{}", vip.name);
        }
        let (_, main) = page.split_once("<main").unwrap();
        let (main, _) = main.split_once("</main>").unwrap();
        assert!(roxmltree::Document::parse(&format!("<main{main}</main>")).is_ok(), "{main}");
        assert!(page.contains("href=\"a.css\"") && !page.contains("<script"));
    }
}
