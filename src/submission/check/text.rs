//! A tolerant reader of Markdown: passages under their headings, and their sentences, each as it was written and in plain words.
//! Knows no task and no plan; whatever people type, it reads something.

use super::link::{SHOWN, is_picture};
use super::plain::plain_words;
use super::words::has;

/// What a student wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// From heading to heading.
    pub(super) passages: Vec<Passage>,
    /// Whether it shows a picture, draws one or leads to one.
    pub(super) has_link: bool,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    /// The headings above it and all its sentences, in plain words.
    pub(super) words: String,
    /// The headings above it alone, but for the title, in plain words.
    headings: String,
    /// Its sentences, in order.
    pub(super) sentences: Vec<Sentence>,
}

/// A sentence, or a row of a table.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    /// As it was written, without marks.
    pub(super) said: String,
    /// In plain words, with a space before and after.
    pub(super) words: String,
    /// Whether it is a sentence, not a row of a table.
    pub(super) is_prose: bool,
    /// The number of its paragraph, item or row in the text.
    paragraph: usize,
    /// Whether the sentences of the next paragraphs may be about what it names.
    leads: bool,
}

/// The most characters of a sentence that are quoted.
const QUOTED: usize = 160;
/// How many sentences back, beyond its own paragraph, a sentence may have what it speaks of.
const BACK: usize = 2;
/// The most words of a label.
const LABEL: usize = 4;
/// What ends in a full stop and ends no sentence.
const ABBREVIATIONS: [&str; 6] = ["e.g.", "i.e.", "etc.", "vs.", "no.", "approx."];
impl Text {
    /// Reads Markdown.
    pub(super) fn read(markdown: &str) -> Self {
        let mut reader = Reader::default();
        let without_comments = drop_comments(markdown);
        let mut in_code = false;
        for line in without_comments.lines() {
            let line = line.trim().trim_start_matches('>').trim_start();
            if line.starts_with("```") || line.starts_with("~~~") {
                reader.end_paragraph();
                in_code = !in_code;
                // GitHub draws these.
                reader.text.has_link |= in_code && line[3..].trim().starts_with("mermaid");
            } else if !in_code {
                reader.line(line);
            }
        }
        reader.end_passage();
        reader.text
    }

    /// The sentences, in order.
    pub(super) fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.passages.iter().flat_map(|passage| &passage.sentences)
    }

    /// The sentences that are no rows of tables.
    pub(super) fn prose(&self) -> impl Iterator<Item = &Sentence> {
        self.sentences().filter(|sentence| sentence.is_prose)
    }

    /// The first sentence that says how things are and of which this holds, as a quotation.
    pub(super) fn quote(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        self.prose().find(|sentence| is(&sentence.words)).map(Sentence::quoted)
    }

    /// The first sentence that says all of these groups of terms ([`Passage::says`]).
    pub(super) fn saying(&self, groups: &[&str]) -> Option<&Sentence> {
        self.passages.iter().find_map(|passage| {
            let mut all = passage.sentences.iter().enumerate();
            let found = all.find(|(at, one)| one.is_prose && passage.says_at(*at, groups));
            found.map(|(_, sentence)| sentence)
        })
    }

    /// Whether one of these terms stands anywhere.
    pub(super) fn mentions(&self, terms: &str) -> bool {
        self.passages.iter().any(|passage| has(&passage.words, terms))
    }
}

impl Passage {
    /// Whether one of its sentences says all of these groups of terms. What it speaks of, the first of them, may also stand in the heading,
    /// earlier in its paragraph, or in the sentences just before it; what is said of it has to stand in the sentence itself. What begins with
    /// `!` must not stand there.
    pub(super) fn says(&self, groups: &[&str]) -> bool {
        (0..self.sentences.len()).any(|at| self.says_at(at, groups))
    }

    /// Whether the sentence at this place says all of these groups.
    pub(super) fn says_at(&self, at: usize, groups: &[&str]) -> bool {
        let Some(((subject, rest), sentence)) = groups.split_first().zip(self.sentences.get(at))
        else {
            return false;
        };
        let said = |group: &&str| match group.strip_prefix('!') {
            Some(never) => !has(&sentence.words, never),
            None => has(&sentence.words, group),
        };
        rest.iter().all(said) && (has(&self.headings, subject) || self.is_about(at, subject))
    }

    /// Whether a sentence, or what leads to it, names one of these.
    fn is_about(&self, at: usize, terms: &str) -> bool {
        let paragraph = self.sentences[at].paragraph;
        let leads = |(before, sentence): (usize, &Sentence)| {
            let is_near = sentence.paragraph == paragraph || sentence.leads && before + BACK >= at;
            is_near && has(&sentence.words, terms)
        };
        self.sentences[..=at].iter().enumerate().any(leads)
    }
}

impl Sentence {
    /// It in quotation marks, cut if it is long.
    pub(super) fn quoted(&self) -> String {
        let mut short: String = self.said.chars().take(QUOTED).collect();
        if short.len() < self.said.len() {
            short.push_str("...");
        }
        format!("\"{short}\"")
    }
}

/// A text that is being read.
#[derive(Debug, Default)]
struct Reader {
    text: Text,
    /// The headings that are open, with their levels.
    headings: Vec<(usize, String)>,
    paragraph: String,
    /// Whether the paragraph is an item of a list.
    is_item: bool,
    /// How many paragraphs, items and rows there were.
    paragraphs: usize,
    passage: Passage,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.end_paragraph();
        } else if let Some(level) = underlined(line).filter(|_| !self.paragraph.is_empty()) {
            let heading = std::mem::take(&mut self.paragraph);
            self.heading(level, &heading);
        } else if let Some((level, heading)) = as_heading(line) {
            self.heading(level, heading);
        } else if line.starts_with('|') {
            self.end_paragraph();
            self.row(line);
        } else if let Some(item) = as_item(line) {
            self.end_paragraph();
            self.is_item = true;
            self.paragraph.push_str(item);
        } else {
            if !self.paragraph.is_empty() {
                self.paragraph.push(' ');
            }
            self.paragraph.push_str(line);
        }
    }

    fn heading(&mut self, level: usize, heading: &str) {
        self.end_passage();
        self.headings.retain(|(above, _)| *above < level);
        let heading = self.plain(heading);
        self.headings.push((level, plain_words(&heading)));
    }

    fn row(&mut self, line: &str) {
        if line.chars().all(|mark| "|-: ".contains(mark)) {
            return;
        }
        let said = self.plain(&line.replace('|', " "));
        self.push(said.split_whitespace().collect::<Vec<_>>().join(" "), false);
        self.paragraphs += 1;
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let plain = self.plain(&paragraph);
        let mut said = String::new();
        for word in plain.split_whitespace() {
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(word);
            if ends_sentence(word) {
                self.push(std::mem::take(&mut said), true);
            }
        }
        self.push(said, true);
        self.paragraphs += 1;
        self.is_item = false;
    }

    fn end_passage(&mut self) {
        self.end_paragraph();
        let mut passage = std::mem::take(&mut self.passage);
        if passage.sentences.is_empty() {
            return;
        }
        // The title names the whole, not what is said under it.
        for (_, heading) in self.headings.iter().filter(|(level, _)| *level > 1) {
            passage.headings.push_str(heading);
        }
        passage.words.push_str(&passage.headings);
        self.text.passages.push(passage);
    }

    fn push(&mut self, said: String, is_prose: bool) {
        let words = plain_words(&said);
        if words.len() > 1 {
            self.passage.words.push_str(&words);
            // An item that is a label has items of its own below it; other items and rows stand for themselves.
            let is_label = said.ends_with(':') || words.split_whitespace().count() <= LABEL;
            let leads = is_prose && (!self.is_item || is_label);
            self.passage.sentences.push(Sentence {
                said,
                words,
                is_prose,
                paragraph: self.paragraphs,
                leads,
            });
        }
    }

    /// A line without marks, links reduced to what they are called, pictures and addresses left out.
    fn plain(&mut self, line: &str) -> String {
        let mut out = String::new();
        let is_shown = has(&plain_words(line), SHOWN);
        let mut rest = line;
        while let Some(middle) = rest.find("](") {
            let (head, target) = (&rest[..middle], &rest[middle + 2..]);
            let Some(end) = target.find(')') else { break };
            if let Some(open) = head.rfind('[') {
                let (before, label) = (&head[..open], &head[open + 1..]);
                let is_elsewhere = !target.starts_with('#');
                self.text.has_link |=
                    before.ends_with('!') || is_elsewhere && is_shown || is_picture(&target[..end]);
                match before.strip_suffix('!') {
                    Some(before) => out.push_str(before),
                    None => out.extend([before, label]),
                }
            } else {
                out.push_str(head);
            }
            rest = &target[end + 1..];
        }
        out.push_str(rest);
        let mut plain = String::new();
        for word in out.split_whitespace() {
            let is_address = word.contains("http://") || word.contains("https://");
            let is_image = word.starts_with("<img");
            // An address that stands alone is what the exercise wants handed in.
            let leads_to_one = is_address && (is_shown || is_picture(word) || out.trim() == word);
            self.text.has_link |= is_image || leads_to_one;
            if !is_address && !is_image {
                plain.extend(word.chars().filter(|mark| !"*`\\".contains(*mark)));
                plain.push(' ');
            }
        }
        plain
    }
}

/// The level that a line of `=` or `-` gives to the line above it.
fn underlined(line: &str) -> Option<usize> {
    let is_of = |mark: char| line.len() > 1 && line.chars().all(|own| own == mark);
    if is_of('=') { Some(1) } else { is_of('-').then_some(2) }
}

/// Level and words of a heading.
fn as_heading(line: &str) -> Option<(usize, &str)> {
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    (1..=6).contains(&level).then_some((level, words))
}

/// What stands behind the mark of a list's item.
fn as_item(line: &str) -> Option<&str> {
    let marked = ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark));
    marked.or_else(|| {
        let behind = line.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let is_numbered = behind.len() < line.len();
        let mark = behind.strip_prefix(". ").or_else(|| behind.strip_prefix(") "));
        mark.filter(|_| is_numbered)
    })
}

fn ends_sentence(word: &str) -> bool {
    let bare = word.trim_end_matches(['"', ')', '\'', '”', '’']);
    bare.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&bare.to_lowercase().as_str())
}

fn drop_comments(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(markdown: &str) -> Vec<String> {
        Text::read(markdown).sentences().map(|sentence| sentence.said.clone()).collect()
    }

    #[test]
    fn sentences_lose_their_marks_and_code_is_left_out() {
        let text = "# T\n\nIt is **one**. See [the *doc*](x.md), e.g. here!\n- item\n1. `first`\n```sh\nrun. me\n```\n| a | b |\n|---|:-:|\n";
        let sentences =
            ["It is one.", "See the doc, e.g. here!", "item", "first", "a b"].map(str::to_owned);
        assert_eq!(said(text), sentences);
        assert_eq!(said("a <!-- no. --> b <!-- c"), ["a b"]);
        assert!(said("").is_empty() && said("***\n---\n#\n").is_empty());
    }

    #[test]
    fn words_are_plain_and_written_one_way() {
        let text = Text::read("No Single Points-of-Failure: the LoadBalancer’s `leastconn`.");
        let words: Vec<&str> = text.sentences().map(|sentence| sentence.words.as_str()).collect();
        assert_eq!(words, [" no spof the load balancer s least conn "]);
    }

    #[test]
    fn passages_know_their_headings_but_not_the_title() {
        let text = Text::read("# Title\n## Balancer\n### Mode\nBoth work.\n## Rest\nEnd.");
        let words: Vec<&str> = text.passages.iter().map(|passage| passage.words.as_str()).collect();
        assert_eq!(words, [" both work  balancer  mode ", " end  rest "]);
    }

    #[test]
    fn a_line_below_makes_a_heading_and_a_rule_makes_none() {
        let text = Text::read("Title\n=====\n\nBalancer\n---\nBoth work.\n\n---\n\nEnd.");
        let words: Vec<&str> = text.passages.iter().map(|passage| passage.words.as_str()).collect();
        assert_eq!(words, [" both work  end  balancer "]);
    }

    #[test]
    fn what_is_said_stands_in_one_sentence_and_its_subject_before() {
        let says = |markdown: &str| {
            let text = Text::read(markdown);
            text.passages.iter().any(|one| one.says(&["agent", "collect", "log", "!never"]))
        };
        for markdown in [
            "An agent collects logs.",
            "## The agent\nIt collects logs.",
            "- **Agent.** It is small. It is quick. It is free. It collects logs.",
            "An agent is there.\n\nIt is small.\n\nIt collects logs.",
            "- The agent\n  - It collects logs.",
            "What the monitoring agent does here:\n- It collects logs.",
        ] {
            assert!(says(markdown), "{markdown}");
        }
        for markdown in [
            "# The agent\nIt collects logs.",
            "It collects logs. An agent.",
            "An agent collects.\n\nThere are logs.",
            "An agent never collects logs.",
            "- An agent is on each machine here.\n- It collects logs.",
            "| the agent |\n| --- |\n| collects logs |",
            "An agent is there.\n\nIt is small.\n\nIt is quick.\n\nIt collects logs.",
        ] {
            assert!(!says(markdown), "{markdown}");
        }
        assert!(!Text::read("x").passages[0].says(&[]));
    }

    #[test]
    fn pictures_links_and_addresses_are_seen() {
        for text in [
            "![x](a.png)",
            "[x](a.png)",
            "see https://imgur.com/a",
            "<img src=a>",
            "https://example.org/a",
            "The diagram is at https://example.org/a.",
            "[Infrastructure](https://example.org/a)",
            "```mermaid\ngraph LR\n```",
        ] {
            assert!(Text::read(text).has_link, "{text}");
        }
        for text in [
            "x",
            "](",
            "[x] (y)",
            "[x](y",
            "See [the manual](https://nginx.org/en/docs/).",
            "Source: https://docs.haproxy.org/2.6/intro.html",
            "```sh\nmermaid\n```",
        ] {
            assert!(!Text::read(text).has_link, "{text}");
        }
        assert!(said("![a. b](c)").is_empty());
    }
}
