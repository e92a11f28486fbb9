//! Lines and words, cut as HAProxy cuts them (HAProxy 2.6 manual 2.2): comments, quotes and backslashes.

/// A line longer than this is refused.
const LINE_BYTES: usize = 64 * 1024;
/// A line of more words than this is refused.
const LINE_WORDS: usize = 2048;
/// A word longer than this is refused.
const WORD_BYTES: usize = 8 * 1024;
/// As much of a line as a message shows.
const SHOWN: usize = 80;

/// The words of a line that has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// What stands there, without quotes.
    pub(super) words: Vec<String>,
    /// Whether an environment variable stands in double quotes.
    pub(super) variable: bool,
}

/// Why something cannot be read: what was found, and what may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What stands there, with its own quotes.
    pub(super) found: String,
    /// What may.
    pub(super) allowed: String,
}

/// Refuses what stands there.
pub(super) fn refuse<T>(found: &str, allowed: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { found: format!("`{}`", shown(found)), allowed: allowed.into() })
}

/// Refuses because something is not there.
pub(super) fn lacks<T>(what: &str, allowed: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { found: what.to_owned(), allowed: allowed.into() })
}

fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '?' } else { c };
    let mut cut: String = text.chars().take(SHOWN).map(clean).collect();
    if text.chars().nth(SHOWN).is_some() {
        cut.push_str("...");
    }
    cut
}

/// A walk over the words of a line.
#[derive(Clone, Debug)]
pub(super) struct Args<'a> {
    /// The line's number.
    pub(super) line: usize,
    words: &'a [String],
    next: usize,
}

impl<'a> Args<'a> {
    /// The word to come.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).map(String::as_str)
    }

    /// The words to come.
    pub(super) fn rest(&self) -> &'a [String] {
        self.words.get(self.next..).unwrap_or_default()
    }

    /// The value of the word before, or what is allowed there.
    pub(super) fn value(&mut self, allowed: &str) -> Result<&'a str, Refusal> {
        let before = self.words.get(self.next.saturating_sub(1)).map_or("", String::as_str);
        match self.next() {
            Some(word) if !word.is_empty() => Ok(word),
            _ => refuse(before, format!("{allowed}, after it")),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Refusal> {
        match self.next() {
            None => Ok(()),
            Some(word) => refuse(word, "nothing more on this line"),
        }
    }

    /// The line as a message shows it.
    pub(super) fn text(&self) -> String {
        shown_line(self.words)
    }
}

impl<'a> Iterator for Args<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.next += usize::from(word.is_some());
        word
    }
}

fn shown_line(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        if text.len() > SHOWN {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    shown(&text)
}

impl Line {
    /// A walk over its words.
    pub(super) fn args(&self) -> Args<'_> {
        Args { line: self.number, words: &self.words, next: 0 }
    }

    /// Cuts a line into words; none for an empty one and for a comment.
    pub(super) fn cut(number: usize, text: &str) -> Result<Self, Refusal> {
        if text.len() > LINE_BYTES {
            return refuse(text, format!("a line of at most {LINE_BYTES} bytes"));
        }
        if text.contains('\0') {
            return refuse(text, "a line without NUL characters");
        }
        let mut cutter =
            Cutter { text, chars: text.char_indices().peekable(), ..Cutter::default() };
        cutter.run()?;
        if cutter.words.len() > LINE_WORDS {
            return refuse(text, format!("a line of at most {LINE_WORDS} words"));
        }
        if cutter.words.iter().any(|word| word.len() > WORD_BYTES) {
            return refuse(text, format!("words of at most {WORD_BYTES} bytes"));
        }
        Ok(Self { number, words: cutter.words, variable: cutter.variable })
    }
}

/// Where the cutting stands.
struct Cutter<'a> {
    text: &'a str,
    chars: std::iter::Peekable<std::str::CharIndices<'a>>,
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
    variable: bool,
}

impl Default for Cutter<'_> {
    fn default() -> Self {
        let chars = "".char_indices().peekable();
        Self { text: "", chars, words: Vec::new(), word: None, quote: None, variable: false }
    }
}

impl Cutter<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        while let Some((_, c)) = self.chars.next() {
            match (self.quote, c) {
                (Some(quote), c) if quote == c => self.quote = None,
                (None, '"' | '\'') => {
                    self.quote = Some(c);
                    self.word.get_or_insert_default();
                }
                (None, '#') => break,
                (None, ' ' | '\t' | '\r' | '\n') => self.words.extend(self.word.take()),
                (None | Some('"'), '\\') => self.escaped()?,
                (Some('"'), '$') => self.variable()?,
                (_, c) => self.push(c),
            }
        }
        if self.quote.is_some() {
            return refuse(self.text.trim(), "a quote after each quote");
        }
        self.words.extend(self.word.take());
        Ok(())
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    /// What a backslash makes of the character after it; before others it stays.
    fn escaped(&mut self) -> Result<(), Refusal> {
        let plain = match self.chars.peek().map(|(_, c)| *c) {
            Some('r') => '\r',
            Some('n') => '\n',
            Some('t') => '\t',
            Some('x') => return self.hexadecimal(),
            Some('$') if self.quote.is_some() => '$',
            Some(c @ (' ' | '\\' | '#' | '"' | '\'')) => c,
            _ => {
                self.push('\\');
                return Ok(());
            }
        };
        self.chars.next();
        self.push(plain);
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<(), Refusal> {
        self.chars.next();
        let digits = [self.chars.next(), self.chars.next()];
        let value = |digit: Option<(usize, char)>| digit.and_then(|(_, c)| c.to_digit(16));
        match digits.map(value) {
            [Some(high), Some(low)] if high + low > 0 => {
                self.push(char::from_u32(high * 16 + low).unwrap_or('?'));
                Ok(())
            }
            _ => refuse(self.text.trim(), "two hexadecimal digits, not 00, after \\x"),
        }
    }

    /// `$NAME` or `${NAME}`: what it stands for is not known here.
    fn variable(&mut self) -> Result<(), Refusal> {
        self.push('$');
        let first = self.chars.next_if(|(_, c)| *c == '{');
        let start = self.chars.peek().map_or(' ', |(_, c)| *c);
        if !start.is_ascii_alphabetic() && start != '_' && start != '.' {
            return refuse(self.text.trim(), "a variable's name after $ in double quotes, or \\$");
        }
        self.variable = true;
        if first.is_some() {
            self.push('{');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_haproxy_cuts_them() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("   # nothing", &[]),
            ("\tbalance  roundrobin # in turn", &["balance", "roundrobin"]),
            (r"a\ b \#c d\\e", &["a b", "#c", r"d\e"]),
            (r#"'a "b" # \n' "c 'd' #""#, &[r#"a "b" # \n"#, "c 'd' #"]),
            (r#"a"b c"'d e'f """#, &["ab cd ef", ""]),
            (r#""\$x" \d '$y' $z"#, &["$x", r"\d", "$y", "$z"]),
            (r"\x41\t", &["A\t"]),
            ("q é\r", &["q", "é"]),
        ];
        for (text, words) in cases {
            let line = Line::cut(1, text).unwrap();
            assert_eq!((line.words.as_slice(), line.variable), (owned(words).as_slice(), false));
        }
        assert!(Line::cut(1, r#"bind "${ADDR}:80""#).unwrap().variable);
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        let long = "x".repeat(LINE_BYTES + 1);
        let many = "x ".repeat(LINE_WORDS + 1);
        for text in ["'open", "\"open", r"\x4", r"\x00", r#""$ ""#, "a\0b", &long, &many] {
            assert!(Line::cut(1, text).is_err(), "{}", shown(text));
        }
    }
}
