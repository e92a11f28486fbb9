//! A tolerant reader of Markdown: passages under their headings, and their sentences, each as it was written and in plain words.
//! Knows no task and no plan; whatever people type, it reads something.

use super::words::has;

/// What a student wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// From heading to heading.
    pub(super) passages: Vec<Passage>,
    /// Whether it shows a picture or leads to an address.
    pub(super) has_link: bool,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    /// The headings above it and all its sentences, in plain words.
    pub(super) words: String,
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
}

/// The most characters of a sentence that are quoted.
const QUOTED: usize = 160;
/// What ends in a full stop and ends no sentence.
const ABBREVIATIONS: [&str; 6] = ["e.g.", "i.e.", "etc.", "vs.", "no.", "approx."];
/// Ways of writing one thing, and the one that is looked for.
const SAME: [(&str, &str); 13] = [
    (" single points of failures ", " spof "),
    (" single points of failure ", " spof "),
    (" single point of failures ", " spof "),
    (" single point of failure ", " spof "),
    (" single failure point ", " spof "),
    (" spofs ", " spof "),
    (" spof spof ", " spof "),
    (" loadbalanc", " load balanc"),
    (" webserver", " web server"),
    (" roundrobin ", " round robin "),
    (" leastconn ", " least conn "),
    (" fail over ", " failover "),
    (" ha proxy ", " haproxy "),
];

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

    /// Whether one of these terms stands anywhere.
    pub(super) fn mentions(&self, terms: &str) -> bool {
        self.passages.iter().any(|passage| has(&passage.words, terms))
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
    passage: Passage,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            self.end_paragraph();
        } else if let Some((level, heading)) = as_heading(line) {
            self.end_passage();
            self.headings.retain(|(above, _)| *above < level);
            let heading = self.plain(heading);
            self.headings.push((level, plain_words(&heading)));
        } else if line.starts_with('|') {
            self.end_paragraph();
            self.row(line);
        } else if let Some(item) = as_item(line) {
            self.end_paragraph();
            self.paragraph.push_str(item);
        } else {
            if !self.paragraph.is_empty() {
                self.paragraph.push(' ');
            }
            self.paragraph.push_str(line);
        }
    }

    fn row(&mut self, line: &str) {
        if line.chars().all(|mark| "|-: ".contains(mark)) {
            return;
        }
        let said = self.plain(&line.replace('|', " "));
        self.push(said.split_whitespace().collect::<Vec<_>>().join(" "), false);
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
    }

    fn end_passage(&mut self) {
        self.end_paragraph();
        let mut passage = std::mem::take(&mut self.passage);
        if passage.sentences.is_empty() {
            return;
        }
        // The title names the whole, not what is said under it.
        for (_, heading) in self.headings.iter().filter(|(level, _)| *level > 1) {
            passage.words.push_str(heading);
        }
        self.text.passages.push(passage);
    }

    fn push(&mut self, said: String, is_prose: bool) {
        let words = plain_words(&said);
        if words.len() > 1 {
            self.passage.words.push_str(&words);
            self.passage.sentences.push(Sentence { said, words, is_prose });
        }
    }

    /// A line without marks, links reduced to what they are called, pictures and addresses left out.
    fn plain(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        while let Some(middle) = rest.find("](") {
            let (head, target) = (&rest[..middle], &rest[middle + 2..]);
            let Some(end) = target.find(')') else { break };
            if let Some(open) = head.rfind('[') {
                self.text.has_link = true;
                let (before, label) = (&head[..open], &head[open + 1..]);
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
            let is_picture = word.starts_with("<img");
            self.text.has_link |= is_address || is_picture;
            if !is_address && !is_picture {
                plain.extend(word.chars().filter(|mark| !"*`\\".contains(*mark)));
                plain.push(' ');
            }
        }
        plain
    }
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

/// Lower case, single spaces, a space before and after, and one way of writing for what has several.
fn plain_words(said: &str) -> String {
    let mut words = String::from(" ");
    for mark in said.chars() {
        if mark.is_alphanumeric() {
            words.extend(mark.to_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    for (written, same) in SAME {
        if words.contains(written) {
            words = words.replace(written, same);
        }
    }
    words
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
    fn pictures_links_and_addresses_are_seen() {
        for text in ["![x](a.png)", "[x](a.png)", "see https://imgur.com/a", "<img src=a>"] {
            assert!(Text::read(text).has_link, "{text}");
        }
        for text in ["x", "](", "[x] (y)", "[x](y"] {
            assert!(!Text::read(text).has_link, "{text}");
        }
        assert!(said("![a. b](c)").is_empty());
    }
}
