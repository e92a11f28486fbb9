//! Reading Rust as far as the laws need it: words and signs without strings, comments, paths into the crate.

/// A source file taken apart: words and signs of the code, without strings; comments. Each with its line.
#[derive(Default)]
pub(super) struct Source {
    pub(super) code: Vec<(usize, String)>,
    pub(super) comments: Vec<(usize, String)>,
}

impl Source {
    pub(super) fn read(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
        let line_of = |index: usize| 1 + chars[..index].iter().filter(|c| **c == '\n').count();
        let mut source = Self::default();
        let mut i = 0;
        while i < chars.len() {
            let start = i;
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            if at(i) == '/' && matches!(at(i + 1), '/' | '*') {
                i = end_of_comment(&chars, i);
                source.comments.push((line_of(start), chars[start..i].iter().collect()));
            } else if at(i) == '"' {
                i = end_of_string(&chars, i);
            } else if at(i) == '\'' {
                i = end_of_char(&chars, i);
            } else if is_word(at(i)) {
                while is_word(at(i)) {
                    i += 1;
                }
                let word: String = chars[start..i].iter().collect();
                let hashes = chars[i..].iter().take_while(|c| **c == '#').count();
                if ["r", "br", "cr"].contains(&word.as_str()) && at(i + hashes) == '"' {
                    i = end_of_raw_string(&chars, i + hashes + 1, hashes);
                } else {
                    source.code.push((line_of(start), word));
                }
            } else if at(i) == ':' && at(i + 1) == ':' {
                source.code.push((line_of(i), "::".to_owned()));
                i += 2;
            } else {
                if !at(i).is_whitespace() {
                    source.code.push((line_of(i), at(i).to_string()));
                }
                i += 1;
            }
        }
        source
    }

    pub(super) fn word(&self, index: usize) -> &str {
        self.code.get(index).map_or("", |(_, word)| word)
    }

    /// Whether these words follow one another from here on; `?` stands for any one.
    pub(super) fn follows(&self, index: usize, words: &str) -> bool {
        words.split(' ').enumerate().all(|(k, word)| word == "?" || self.word(index + k) == word)
    }
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    if chars[start + 1] == '/' {
        let length = chars[start..].iter().take_while(|c| **c != '\n').count();
        return start + length;
    }
    let (mut i, mut depth) = (start, 0);
    while i < chars.len() {
        let pair = (chars[i], chars.get(i + 1).copied().unwrap_or('\0'));
        depth += i32::from(pair == ('/', '*')) - i32::from(pair == ('*', '/'));
        i += if matches!(pair, ('/', '*') | ('*', '/')) { 2 } else { 1 };
        if depth == 0 {
            break;
        }
    }
    i
}

fn end_of_string(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn end_of_raw_string(chars: &[char], start: usize, hashes: usize) -> usize {
    let closes =
        |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).all(|c| *c == '#');
    (start..chars.len()).find(|i| closes(*i)).map_or(chars.len(), |i| i + 1 + hashes)
}

/// A character (`'a'`, `'\n'`), or only the tick of a lifetime.
fn end_of_char(chars: &[char], start: usize) -> usize {
    if chars.get(start + 1) == Some(&'\\') {
        let close = (start + 3..chars.len()).find(|i| chars[*i] == '\'');
        return close.map_or(chars.len(), |i| i + 1);
    }
    if chars.get(start + 2) == Some(&'\'') { start + 3 } else { start + 1 }
}

/// Every path into this crate, from its root, with its line: `use crate::{a::b, c}` is `a::b` and `c`; `super` is followed.
pub(super) fn paths(file: &str, source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut module: Vec<String> = file
        .trim_start_matches("src/")
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if ["mod", "lib", "main"].contains(&module[module.len() - 1].as_str()) {
        module.pop();
    }
    let mut braces = Vec::new();
    let mut found = Vec::new();
    for i in 0..source.code.len() {
        match source.word(i) {
            "{" => {
                let opens_module = i >= 2 && source.word(i - 2) == "mod";
                braces.push(opens_module);
                if opens_module {
                    module.push(source.word(i - 1).to_owned());
                }
            }
            "}" if braces.pop() == Some(true) => {
                module.pop();
            }
            "crate" | "foobar_lab" if source.word(i + 1) == "as" => {
                found.push((source.code[i].0, vec!["*".to_owned()]));
            }
            root @ ("crate" | "foobar_lab" | "super") if source.word(i + 1) == "::" => {
                if i > 0 && source.word(i - 1) == "::" {
                    continue;
                }
                let mut from = if root == "super" { module.clone() } else { Vec::new() };
                from.pop();
                expand(source, i + 2, &from, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// The paths of a tree of imports that begins here; where it ends.
fn expand(
    source: &Source,
    mut i: usize,
    from: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut path = from.to_vec();
    let line = source.code.get(i).map_or(0, |(line, _)| *line);
    loop {
        match source.word(i) {
            "{" => {
                i += 1;
                while !["}", ""].contains(&source.word(i)) {
                    i = if source.word(i) == "," { i + 1 } else { expand(source, i, &path, found) };
                }
                return i + 1;
            }
            "super" => {
                path.pop();
            }
            "self" => {}
            word => path.push(word.to_owned()),
        }
        let goes_on = source.word(i + 1) == "::" && source.word(i + 2) != "<";
        i += if goes_on { 2 } else { 1 };
        if !goes_on {
            break;
        }
    }
    found.push((line, path));
    if source.word(i) == "as" { i + 2 } else { i }
}
