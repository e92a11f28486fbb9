//! A document as a list of blocks of plain text: the structure both formats share. Holds neither words nor escapes.

use super::SectionId;

/// A part of a document. Every text in it is plain: the writers escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading; 1 is the document's title.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(String),
    /// A list whose order says nothing.
    List(Vec<Item>),
    /// The same without words that name its items.
    Points(Vec<String>),
    /// A list of steps.
    Steps(Vec<String>),
    /// A table; every row has as many cells as the head.
    Table(Table),
    /// A picture: what it shows in words, and its file.
    Image { alt: String, file: String },
    /// Something to type.
    Code(String),
    /// A place to be filled later, in a document that was made before its author and run were known.
    Slot(Slot),
}

/// What is filled in later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Who hands it in.
    Author,
    /// The runs.
    Evidence,
    /// What people add to a section in their own words; it ends the section.
    Words(SectionId),
    /// What they add to sections that the document does not have.
    OtherWords,
}

/// An item of a list: a few words that name it, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) lead: String,
    pub(super) text: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Item {
    pub(super) fn new(lead: impl Into<String>, text: impl Into<String>) -> Self {
        Self { lead: lead.into(), text: text.into() }
    }
}

impl Table {
    pub(super) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|&cell| cell.to_owned()).collect(), rows: Vec::new() }
    }

    /// A row; missing cells are empty, so that a table is never ragged.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.head.len(), String::new());
        self.rows.push(cells);
    }
}
