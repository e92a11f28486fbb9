//! What comes into a document after its words were made: the author, a run, what people add in their own words. Into
//! blocks that are still blocks, and into a text that was written before.

use super::block::{Block, Slot};
use super::{Author, Evidence, SectionId, evidence, to_markdown};

/// What stands above what people add.
const OWN: &str = "In my own words";

/// What people add, section by section.
pub(super) type OwnWords = [(SectionId, String)];

/// The blocks with every slot filled.
pub(super) fn filled(
    blocks: &[Block],
    preset: &str,
    author: &Author,
    run: Option<&Evidence>,
    own_words: &OwnWords,
) -> Vec<Block> {
    let sections = sections(blocks);
    let fill = |block: &Block| match block {
        Block::Slot(Slot::Author) => by(author),
        Block::Slot(Slot::Evidence) => evidence::blocks(preset, run),
        Block::Slot(Slot::Words(section)) => added(own_words, *section),
        Block::Slot(Slot::OtherWords) => others(own_words, &sections),
        other => vec![other.clone()],
    };
    blocks.iter().flat_map(fill).collect()
}

/// The sections of a document.
pub(super) fn sections(blocks: &[Block]) -> Vec<SectionId> {
    let section = |block: &Block| {
        if let Block::Slot(Slot::Words(section)) = block { Some(*section) } else { None }
    };
    blocks.iter().filter_map(section).collect()
}

/// The same for a document that was written with its slots.
pub(super) fn filled_text(
    template: &str,
    preset: &str,
    author: &Author,
    run: Option<&Evidence>,
    own_words: &OwnWords,
) -> String {
    let mut text = template.to_owned();
    let mut sections = Vec::new();
    // What people type is escaped, so that it holds no slot's mark.
    for section in SectionId::ALL {
        let mark = behind(Slot::Words(section));
        if text.contains(&mark) {
            sections.push(section);
            text = text.replacen(&mark, &appended(&added(own_words, section)), 1);
        }
    }
    let rest = appended(&others(own_words, &sections));
    text = text.replacen(&behind(Slot::OtherWords), &rest, 1);
    let run = to_markdown::write(&evidence::blocks(preset, run));
    text = text.replacen(&format!("{}\n", Slot::Evidence.mark()), &run, 1);
    let by = match by(author)[..] {
        [] => String::new(),
        ref blocks => format!("{}\n", to_markdown::write(blocks)),
    };
    text.replacen(&format!("{}\n\n", Slot::Author.mark()), &by, 1)
}

/// A slot's mark with the empty line before it.
fn behind(slot: Slot) -> String {
    format!("\n\n{}", slot.mark())
}

/// Blocks written behind others.
fn appended(blocks: &[Block]) -> String {
    if blocks.is_empty() {
        return String::new();
    }
    format!("\n\n{}", to_markdown::write(blocks).trim_end())
}

fn by(author: &Author) -> Vec<Block> {
    match author.name.trim() {
        "" => Vec::new(),
        name => vec![Block::Paragraph(format!("By {name}"))],
    }
}

/// What was added to a section, at its end.
fn added(own_words: &OwnWords, section: SectionId) -> Vec<Block> {
    let own = own_words.iter().filter(|(of, _)| *of == section);
    let paragraphs: Vec<Block> = own.flat_map(|(_, words)| paragraphs(words)).collect();
    if paragraphs.is_empty() {
        return paragraphs;
    }
    std::iter::once(Block::Paragraph(format!("{OWN}:"))).chain(paragraphs).collect()
}

/// What was added to sections that this document does not have: nothing that people wrote is lost.
fn others(own_words: &OwnWords, sections: &[SectionId]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for section in SectionId::ALL.into_iter().filter(|section| !sections.contains(section)) {
        let own = own_words.iter().filter(|(of, _)| *of == section);
        let paragraphs: Vec<Block> = own.flat_map(|(_, words)| paragraphs(words)).collect();
        if paragraphs.is_empty() {
            continue;
        }
        if blocks.is_empty() {
            blocks.push(Block::Heading(2, OWN.to_owned()));
        }
        blocks.push(Block::Heading(3, format!("On {section}")));
        blocks.extend(paragraphs);
    }
    blocks
}

/// What people typed, a paragraph for each; empty lines part them.
fn paragraphs(words: &str) -> Vec<Block> {
    let mut paragraphs = vec![String::new()];
    for line in words.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(paragraph) if !line.is_empty() => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    let written = paragraphs.into_iter().filter(|paragraph| !paragraph.trim().is_empty());
    written.map(|paragraph| Block::Paragraph(paragraph.trim().to_owned())).collect()
}
