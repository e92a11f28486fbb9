//! The document as one HTML file that needs nothing else: style and diagram are in it, scripts and requests are not, and its own
//! Content-Security-Policy forbids them. It is read on any screen, by keyboard and by ear, and printed on A4; the PDF is its print.
//! Well-formed XML, too. Holds no words but those of the frame.

use super::block::Block;
use super::{escape_html, to_html};
use crate::diagram::{DARK, LIGHT, Palette, Role, Size};
use crate::kernel::small;

const STYLE: &str = include_str!("html_page.css");
/// Nothing is loaded and nothing is sent; only the style that is here counts.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page of a document, with this diagram in the place of its picture.
pub(super) fn write(blocks: &[Block], svg: &str) -> String {
    let title = blocks.iter().find_map(title).map_or("", String::as_str);
    let is_part = |block: &Block| matches!(block, Block::Heading(2, _));
    let body = blocks.iter().position(is_part).unwrap_or(blocks.len());
    let (head, parts) = blocks.split_at(body);
    let mut writer = Writer::new(svg);
    let head = writer.write(head);
    let main = writer.write(parts);
    let contents: String = parts.iter().filter_map(entry).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>\n{colors}{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">To the text</a>\n<header>\n{head}</header>\n\
         <nav aria-label=\"Contents\">\n<ul>\n{contents}</ul>\n</nav>\n<main id=\"content\" tabindex=\"-1\">\n{main}</main>\n\
         <footer>\n<p>Written by foobar-lab. Text, figures and diagram come from one plan.</p>\n</footer>\n</body>\n</html>\n",
        title = escape_html(title),
        colors = colors(),
    )
}

/// The document, with this diagram in the place of its picture, without the frame of a page.
pub(super) fn body(blocks: &[Block], svg: &str) -> String {
    Writer::new(svg).write(blocks)
}

/// Blocks as they stand in a page: parts that can be linked to, tables with captions, the diagram itself.
struct Writer<'a> {
    svg: &'a str,
    /// The last heading.
    heading: String,
    /// The tables since then.
    tables: usize,
}

impl<'a> Writer<'a> {
    fn new(svg: &'a str) -> Self {
        Self { svg, heading: String::new(), tables: 0 }
    }

    fn write(&mut self, blocks: &[Block]) -> String {
        blocks.iter().map(|block| self.block(block) + "\n").collect()
    }

    fn block(&mut self, block: &Block) -> String {
        match block {
            Block::Heading(level, text) => {
                self.heading.clone_from(text);
                self.tables = 0;
                if *level == 2 {
                    format!("<h2 id=\"{}\">{}</h2>", anchor(text), escape_html(text))
                } else {
                    to_html::block(block)
                }
            }
            Block::Table(table) => {
                self.tables += 1;
                let caption = match self.tables {
                    1 => self.heading.clone(),
                    number => format!("{}, table {number}", self.heading),
                };
                to_html::table(table, Some(&caption))
            }
            Block::Image { alt, file: _ } => self.figure(alt),
            Block::Paragraph(_)
            | Block::List(_)
            | Block::Points(_)
            | Block::Steps(_)
            | Block::Code(_)
            | Block::Slot(_) => to_html::block(block),
        }
    }

    /// The diagram with its caption. Within HTML an SVG has its namespace by its name.
    fn figure(&self, alt: &str) -> String {
        let svg = self.svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
        let class = if is_tower(&svg) { " class=\"tower\"" } else { "" };
        format!(
            "<figure{class}>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Diagram\">\n{svg}</div>\n\
             <figcaption>{}</figcaption>\n</figure>",
            escape_html(alt)
        )
    }
}

/// Whether the drawing, by its width and height, is printed on a sheet that stands.
fn is_tower(svg: &str) -> bool {
    let side = |name: &str| {
        let (_, rest) = svg.split_once(name)?;
        rest.split('"').next().and_then(small::read_decimal)
    };
    let size = side(" width=\"").zip(side(" height=\""));
    size.is_some_and(|(width, height)| Size { width, height }.is_tower())
}

/// What the whole document is called.
fn title(block: &Block) -> Option<&String> {
    let Block::Heading(1, text) = block else { return None };
    Some(text)
}

/// A part in the list of contents.
fn entry(block: &Block) -> Option<String> {
    let Block::Heading(2, text) = block else { return None };
    Some(format!("<li><a href=\"#{}\">{}</a></li>\n", anchor(text), escape_html(text)))
}

/// The name of a part, unlike any name within the diagram.
fn anchor(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("part-{}", text.chars().map(keep).collect::<String>())
}

/// The colours of the app, by day and by night; paper is always by day.
fn colors() -> String {
    let tokens = |palette: &Palette| {
        Role::ALL
            .iter()
            .map(|role| format!(" {}: {};", role.token(), palette.color(*role)))
            .collect::<String>()
    };
    format!(
        ":root {{ color-scheme: light dark;{} }}\n\
         @media screen and (prefers-color-scheme: dark) {{ :root {{{} }} }}\n",
        tokens(&LIGHT),
        tokens(&DARK)
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Author, Length, document};
    use crate::infra::Preset;

    const SVG: &str =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"><title>T</title></svg>\n";

    fn page(name: &str) -> String {
        let author = Author { name: name.to_owned() };
        document(&Preset::Brief.infrastructure(), Length::Full).by(&author).to_page(SVG)
    }

    #[test]
    fn the_page_is_well_formed_and_has_its_landmarks_once() {
        let page = page("Ada");
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let tree = roxmltree::Document::parse_with_options(&page, options).unwrap();
        let count =
            |name: &str| tree.descendants().filter(|node| node.tag_name().name() == name).count();
        for name in ["title", "h1", "header", "nav", "main", "footer", "figure", "svg", "style"] {
            let expected = if name == "title" { 2 } else { 1 };
            assert_eq!(count(name), expected, "{name}");
        }
        assert_eq!(count("table"), count("caption"));
        assert_eq!(count("script") + count("img") + count("link"), 0);
        let ids: Vec<&str> = tree.descendants().filter_map(|node| node.attribute("id")).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{ids:?}");
        for link in tree.descendants().filter_map(|node| node.attribute("href")) {
            assert!(ids.contains(&link.trim_start_matches('#')), "{link}");
        }
        assert!(!page.contains("http://") && !page.contains("https://"));
        assert!(!page.contains("slot:"));
    }

    #[test]
    fn a_drawing_much_higher_than_wide_has_a_sheet_that_stands() {
        let written = document(&Preset::Brief.infrastructure(), Length::Full);
        for (size, is_tower) in [("640\" height=\"800", false), ("640\" height=\"801", true)] {
            let svg = SVG.replacen("<svg", &format!("<svg width=\"{size}\""), 1);
            assert_eq!(
                written.to_page(&svg).contains("<figure class=\"tower\">"),
                is_tower,
                "{size}"
            );
        }
    }

    #[test]
    fn a_name_is_text_whatever_it_looks_like() {
        let typed = "</script><img src=x> <!-- slot:evidence --> \"|`' a\nb";
        let named = page(typed);
        assert!(named.contains("<p>By &lt;/script&gt;&lt;img src=x&gt; &lt;!-- slot:evidence"));
        let by = named.lines().find(|line| line.starts_with("<p>By ")).unwrap();
        assert_eq!(named.replacen(&format!("{by}\n"), "", 1), page(""));
    }
}
