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

/// What people typed: paragraphs, which empty lines part, and lists as in Markdown.
fn paragraphs(words: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut goes_on = false;
    for line in words.lines().map(str::trim) {
        match (blocks.last_mut(), point(line), step(line)) {
            _ if line.is_empty() => {}
            (Some(Block::Points(points)), Some(point), _) => points.push(point.to_owned()),
            (_, Some(point), _) => blocks.push(Block::Points(vec![point.to_owned()])),
            // Where another number follows, or a list begins elsewhere, it would not keep the numbers that it was given.
            (Some(Block::Steps(steps)), _, Some((number, step)))
                if number == (steps.len() + 1).to_string() =>
            {
                steps.push(step.to_owned());
            }
            (_, _, Some(("1", step))) => blocks.push(Block::Steps(vec![step.to_owned()])),
            (Some(last), _, None) if goes_on => go_on(last, line),
            _ => blocks.push(Block::Paragraph(line.to_owned())),
        }
        goes_on = !line.is_empty();
    }
    blocks
}

/// Another line of a paragraph, or of the last item of a list.
fn go_on(block: &mut Block, line: &str) {
    let text = match block {
        Block::Paragraph(text) => Some(text),
        Block::Points(items) | Block::Steps(items) => items.last_mut(),
        _ => None,
    };
    if let Some(text) = text {
        text.push(' ');
        text.push_str(line);
    }
}

/// What stands behind the mark of a list without an order.
fn point(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(['-', '*', '+', '\u{2022}'])?;
    rest.strip_prefix(char::is_whitespace).map(str::trim).filter(|point| !point.is_empty())
}

/// A number, and what stands behind it.
fn step(line: &str) -> Option<(&str, &str)> {
    let (number, rest) = line.split_once(['.', ')'])?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let step = rest.strip_prefix(char::is_whitespace)?.trim();
    (is_number && !step.is_empty()).then_some((number, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_people_type_stay_lists() {
        let typed = "My choice:\n- leastconn,\n  since pages differ\n* two VIPs\n\nThen:\n1. kill\n2) watch\n\n\
                     3. restore\n-5 degrees\n1.5 s\n\n2. Secured comes before.\nGoes on - here.\n1. a\n1. b";
        let text = |text: &str| text.to_owned();
        assert_eq!(
            paragraphs(typed),
            [
                Block::Paragraph(text("My choice:")),
                Block::Points(vec![text("leastconn, since pages differ"), text("two VIPs")]),
                Block::Paragraph(text("Then:")),
                Block::Steps(vec![text("kill"), text("watch"), text("restore -5 degrees 1.5 s")]),
                Block::Paragraph(text("2. Secured comes before. Goes on - here.")),
                Block::Steps(vec![text("a")]),
                Block::Steps(vec![text("b")]),
            ]
        );
        let begun = "2. Secured comes before.\n\n-\n\n \n";
        let kept = [text("2. Secured comes before."), text("-")].map(Block::Paragraph);
        assert_eq!(paragraphs(begun), kept);
        assert_eq!(paragraphs(" \n\n"), []);
    }
}
