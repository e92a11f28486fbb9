//! What comes into a document after its words were made: the author, a run, what people add in their own words.

use super::block::{Block, Slot};
use super::{Author, Evidence, SectionId, evidence};

/// What stands above what people add.
const OWN: &str = "In my own words";

/// What people add, section by section.
pub(super) type OwnWords = [(SectionId, String)];

/// The blocks with every slot filled.
pub(super) fn filled(
    blocks: &[Block],
    preset: &str,
    author: &Author,
    runs: &[Evidence],
    own_words: &OwnWords,
) -> Vec<Block> {
    let sections = sections(blocks);
    let fill = |block: &Block| match block {
        Block::Slot(Slot::Author) => by(author),
        Block::Slot(Slot::Evidence) => evidence::blocks(preset, runs),
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
