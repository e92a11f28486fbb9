//! A point that a text has to make: groups of words of which each must be there, close together. Holds no point itself.

use super::text::{Passage, Sentence, Text};
use super::words::has;
use super::{Finding, Section, Verdict};

/// What a text has to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) section: Section,
    pub(super) id: &'static str,
    /// What has to be said, part by part: what it is, and the terms of which one tells that it is there.
    pub(super) parts: &'static [(&'static str, &'static str)],
    pub(super) why: &'static str,
    pub(super) todo: &'static str,
}

/// What is said of something that only words can show.
pub(super) const NO_TEXT: &str = "not shown here: a diagram cannot say it, the explanation has to";

impl Point {
    /// Whether the text makes it.
    pub(super) fn judge(&self, text: Option<&Text>) -> Finding {
        let finding = |verdict, found: String| {
            let todo = String::new();
            let Self { section, id, why, .. } = *self;
            Finding { section, id, verdict, found, why, todo }.with_todo(self.todo)
        };
        let Some(text) = text else {
            return finding(Verdict::NotShown, NO_TEXT.to_owned());
        };
        match self.best(text) {
            Some((place, missing)) if missing.is_empty() => {
                finding(Verdict::Pass, self.quoted(text, place))
            }
            Some((place, missing)) => {
                let near = self.quoted(text, place);
                finding(Verdict::Fail, format!("{near} does not say: {}", missing.join(", ")))
            }
            None => {
                let parts: Vec<&str> = self.parts.iter().map(|(what, _)| *what).collect();
                finding(Verdict::Fail, format!("nothing in the text says: {}", parts.join(", ")))
            }
        }
    }

    /// The passage that says most of it, and what it leaves out; a passage and the one after it count as one, because people put a
    /// heading between what belongs together. `None` if no passage begins to say it.
    fn best(&self, text: &Text) -> Option<(usize, Vec<&'static str>)> {
        let mut best: Option<(usize, Vec<&'static str>)> = None;
        for at in 0..text.passages.len() {
            let here = pair(text, at);
            let says = |terms: &str| here.iter().any(|passage| has(&passage.words, terms));
            let missing: Vec<&str> =
                self.parts.iter().filter(|part| !says(part.1)).map(|part| part.0).collect();
            let begins = self.parts.first().is_some_and(|part| says(part.1));
            let is_better = best.as_ref().is_none_or(|(_, least)| missing.len() < least.len());
            if begins && is_better {
                best = Some((at, missing));
            }
        }
        best
    }

    /// The sentence of a place that says most of it.
    fn quoted(&self, text: &Text, at: usize) -> String {
        let said = |words: &str| self.parts.iter().filter(|part| has(words, part.1)).count();
        let mut best = None;
        let mut most = 0;
        for sentence in pair(text, at).iter().flat_map(|passage| &passage.sentences) {
            let count = said(&sentence.words);
            if count > most {
                (best, most) = (Some(sentence), count);
            }
        }
        best.map_or_else(|| "what stands under that heading".to_owned(), Sentence::quoted)
    }
}

fn pair(text: &Text, at: usize) -> &[Passage] {
    let end = text.passages.len().min(at + 2);
    text.passages.get(at..end).unwrap_or_default()
}
