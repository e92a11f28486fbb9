//! A point that a text has to make: statements of which each must be there, close together. Holds no point itself.

use super::super::figures::list;
use super::text::{Passage, Sentence, Text};
use super::words::has;
use super::{Finding, Section, Verdict};

/// One thing to be said: what it is, and groups of terms, of each of which one has to stand in the same sentence. What the sentence speaks of
/// comes first, and may stand before it ([`Passage::says`]). Names and labels say nothing yet: one group holds what is said of them.
pub(super) type Part = (&'static str, &'static [&'static str]);

/// The group that is in every sentence: what follows it has to stand in one sentence, whatever leads to it.
pub(super) const HERE: &str = "";

/// What a text has to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) section: Section,
    pub(super) id: &'static str,
    /// What has to be said, part by part.
    pub(super) parts: &'static [Part],
    pub(super) why: &'static str,
    pub(super) todo: &'static str,
}

/// What is said of something that only words can show: what it is, and after the colon why the drawing is not enough.
pub(super) fn to_explain(what: &str) -> String {
    format!("Explain {what}: no diagram can show it")
}

impl Point {
    /// Whether the text makes it.
    pub(super) fn judge(&self, text: Option<&Text>) -> Finding {
        let finding = |verdict, found: String| {
            let todo = String::new();
            let Self { section, id, why, .. } = *self;
            Finding { section, id, verdict, found, why, todo }.with_todo(self.todo)
        };
        let parts: Vec<&str> = self.parts.iter().map(|(what, _)| *what).collect();
        let Some(text) = text else {
            return finding(Verdict::NotShown, to_explain(&list(&parts)));
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
                finding(Verdict::Fail, format!("nothing in the text says: {}", parts.join(", ")))
            }
        }
    }

    /// The passage that says most of it, and what it leaves out; a passage and the one after it count as one, because people put a
    /// heading between what belongs together. `None` if no passage says any of it, nor names what it begins with.
    fn best(&self, text: &Text) -> Option<(usize, Vec<&'static str>)> {
        let mut best: Option<(usize, Vec<&'static str>)> = None;
        for at in 0..text.passages.len() {
            let here = pair(text, at);
            let says = |part: &Part| here.iter().any(|passage| passage.says(part.1));
            let missing: Vec<&str> =
                self.parts.iter().filter(|part| !says(part)).map(|part| part.0).collect();
            let names =
                |terms: &&str| here.iter().any(|passage| has(&passage.words, terms.trim_end()));
            let subject = self.parts.iter().flat_map(|part| part.1).find(|terms| **terms != HERE);
            let begins = missing.len() < self.parts.len() || subject.is_some_and(names);
            let is_better = best.as_ref().is_none_or(|(_, least)| missing.len() < least.len());
            if begins && is_better {
                best = Some((at, missing));
            }
        }
        best
    }

    /// The sentence of a place that says most of it, or else names most of it.
    fn quoted(&self, text: &Text, at: usize) -> String {
        let mut best = None;
        let mut most = 0;
        for passage in pair(text, at) {
            for (index, sentence) in passage.sentences.iter().enumerate() {
                let said = self.parts.iter().filter(|part| passage.says_at(index, part.1)).count();
                let groups = self.parts.iter().flat_map(|part| part.1);
                let named = groups.filter(|terms| has(&sentence.words, terms)).count();
                let count = said * 100 + named;
                if count > most {
                    (best, most) = (Some(sentence), count);
                }
            }
        }
        best.map_or_else(|| "what stands under that heading".to_owned(), Sentence::quoted)
    }
}

fn pair(text: &Text, at: usize) -> &[Passage] {
    let end = text.passages.len().min(at + 2);
    text.passages.get(at..end).unwrap_or_default()
}
