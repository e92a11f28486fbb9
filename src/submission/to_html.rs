//! Blocks as static HTML that is also well-formed XML: no style, no script, no attribute but what meaning needs.
//! Holds no words.

use super::block::{Block, Item, Table};
use super::escape::{escape_html, escape_path, one_line};

/// The document as a fragment, a block a line.
pub(super) fn write(blocks: &[Block]) -> String {
    blocks.iter().map(|of| block(of) + "\n").collect()
}

/// One block.
pub(super) fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => element(&format!("h{level}"), &escape_html(text)),
        Block::Paragraph(text) => element("p", &escape_html(text)),
        Block::List(items) => {
            let line = |item: &Item| {
                let lead = element("strong", &format!("{}.", escape_html(&item.lead)));
                element("li", &format!("{lead} {}", escape_html(&item.text)))
            };
            element("ul", &items.iter().map(line).collect::<String>())
        }
        Block::Points(points) => element("ul", &plain_items(points)),
        Block::Steps(steps) => element("ol", &plain_items(steps)),
        Block::Table(of) => table(of, None),
        Block::Image { alt, file } => {
            format!("<p><img src=\"{}\" alt=\"{}\"/></p>", escape_path(file), escape_html(alt))
        }
        // Filled before anything is written.
        Block::Slot(_) => String::new(),
        Block::Code(text) => element("pre", &element("code", &escape_html(&one_line(text)))),
    }
}

fn plain_items(items: &[String]) -> String {
    items.iter().map(|item| element("li", &escape_html(item))).collect()
}

/// The first cell of a row names the row.
pub(super) fn table(table: &Table, caption: Option<&str>) -> String {
    let heads = table.head.iter().map(|cell| cell_of("th scope=\"col\"", "th", cell));
    let head = element("thead", &element("tr", &heads.collect::<String>()));
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().enumerate().map(|(index, cell)| match index {
            0 => cell_of("th scope=\"row\"", "th", cell),
            _ => cell_of("td", "td", cell),
        });
        element("tr", &cells.collect::<String>())
    };
    let body = element("tbody", &table.rows.iter().map(row).collect::<String>());
    let name = caption.map_or_else(|| table.head.join(", "), str::to_owned);
    let label = format!("Table: {}", escape_html(&name));
    let caption = caption.map_or_else(String::new, |_| element("caption", &label));
    let table = element("table", &(caption + &head + &body));
    // A table wider than a phone scrolls in a box of its own, which the keyboard can reach.
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">{table}</div>"
    )
}

fn cell_of(open: &str, close: &str, text: &str) -> String {
    format!("<{open}>{}</{close}>", escape_html(text))
}

fn element(name: &str, content: &str) -> String {
    format!("<{name}>{content}</{name}>")
}
