//! A document to hand in: made from an infrastructure, filled with its author, a run and people's own words, and written
//! in either format. Holds neither words nor structure.

use super::block::Block;
use super::{Author, Evidence, SectionId, html_page, slots, to_html, to_markdown};
use crate::infra::Infrastructure;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    /// What the exercise grades, on about one page.
    Brief,
    /// Everything.
    #[default]
    Full,
}

/// A document. Its text says what its infrastructure is, so that text and picture cannot disagree.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    preset: String,
    blocks: Vec<Block>,
    author: Author,
    runs: Vec<Evidence>,
    own_words: Vec<(SectionId, String)>,
}

/// The answer to the task that the infrastructure resembles most, with no author, no run and nobody's own words yet.
pub fn document(infrastructure: &Infrastructure, length: Length) -> Document {
    Document {
        preset: infrastructure.name.clone(),
        blocks: super::document::blocks(infrastructure, length),
        author: Author::default(),
        runs: Vec::new(),
        own_words: Vec::new(),
    }
}

impl Document {
    /// The same with the picture in another file than `diagram.svg`.
    #[must_use]
    pub fn with_diagram(mut self, diagram_file: &str) -> Self {
        for block in &mut self.blocks {
            if let Block::Image { file, .. } = block {
                diagram_file.clone_into(file);
            }
        }
        self
    }

    /// The same with its author.
    #[must_use]
    pub fn by(mut self, author: &Author) -> Self {
        self.author = author.clone();
        self
    }

    /// The same with runs as evidence, in this order; only a full document shows them.
    #[must_use]
    pub fn with_runs(mut self, runs: &[Evidence]) -> Self {
        self.runs = runs.to_vec();
        self
    }

    /// The same with what people add in their own words: each at the end of its section, or at the end of the document
    /// where it has no such section.
    #[must_use]
    pub fn with_own_words(mut self, own_words: &[(SectionId, String)]) -> Self {
        self.own_words = own_words.to_vec();
        self
    }

    /// Its sections, in order.
    pub fn sections(&self) -> Vec<SectionId> {
        slots::sections(&self.blocks)
    }

    /// As Markdown.
    pub fn to_markdown(&self) -> String {
        to_markdown::write(&self.filled())
    }

    /// As a fragment of HTML, from `h1` down.
    pub fn to_html(&self) -> String {
        to_html::write(&self.filled())
    }

    /// As one HTML file that needs nothing else, with this diagram in it.
    pub fn to_page(&self, svg: &str) -> String {
        html_page::write(&self.filled(), svg)
    }

    /// What stands in that file's body.
    pub fn to_body(&self, svg: &str) -> String {
        html_page::body(&self.filled(), svg)
    }

    fn filled(&self) -> Vec<Block> {
        slots::filled(&self.blocks, &self.preset, &self.author, &self.runs, &self.own_words)
    }
}
