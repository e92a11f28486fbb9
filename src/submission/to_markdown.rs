//! Blocks as Markdown (`CommonMark` with the tables of GitHub). Holds no words.

use super::block::{Block, Table};
use super::escape::{escape_inline, escape_markdown, escape_path, one_line};

/// The document as Markdown: blocks are one empty line apart, the file ends with a line end.
pub(super) fn write(blocks: &[Block]) -> String {
    let mut text = blocks.iter().map(block).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => {
            format!("{} {}", "#".repeat(usize::from(*level)), escape_inline(text))
        }
        Block::Paragraph(text) => escape_markdown(text),
        Block::List(items) => {
            let line = |item: &super::block::Item| {
                format!("- **{}.** {}", escape_inline(&item.lead), escape_inline(&item.text))
            };
            items.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Block::Points(points) => {
            let line = |point: &String| format!("- {}", escape_markdown(point));
            points.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Block::Steps(steps) => {
            let line = |(index, step): (usize, &String)| {
                format!("{}. {}", index + 1, escape_markdown(step))
            };
            steps.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
        }
        Block::Table(of) => table(of),
        Block::Image { alt, file } => {
            format!("![{}]({})", escape_inline(alt), escape_path(file))
        }
        // Filled before anything is written.
        Block::Slot(_) => String::new(),
        Block::Code(text) => {
            let line = one_line(text);
            let fence = "`".repeat(longest_run(&line, '`').max(2) + 1);
            format!("{fence}sh\n{line}\n{fence}")
        }
    }
}

fn table(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape_inline(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rule = format!("|{}", " --- |".repeat(table.head.len()));
    let mut lines = vec![line(&table.head), rule];
    lines.extend(table.rows.iter().map(|row| line(row)));
    lines.join("\n")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}
