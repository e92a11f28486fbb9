//! A file cut into its sections, each line given to the section it stands in.

use super::assemble::{Outside, assemble};
use super::directives::apply;
use super::keywords::{GLOBAL, NEGATABLE, OTHER_SECTIONS};
use super::proxy::{At, Kind, Notes, Proxy, Settings, with_lines};
use super::table::{Treatment, distance};
use super::values::{MOST, name, whole};
use super::words::{Line, Refusal, lacks, refuse};
use super::{ConfigError, MOST_BYTES, MOST_ERRORS, MOST_SECTIONS, MOST_SERVERS, Reading};
use crate::config::tls_figures;

/// Where the reader stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Before the first section, or in one whose header is wrong.
    Nowhere,
    Global,
    /// In the last of the proxies.
    Proxy,
    /// In the last of the other sections.
    Other,
}

/// A section that is no proxy.
struct Other {
    line: usize,
    header: String,
    reason: &'static str,
    lines: usize,
}

/// The file so far.
struct Reader<'a> {
    file: &'a str,
    place: Place,
    outside: Outside,
    proxies: Vec<Proxy>,
    others: Vec<Other>,
    notes: Notes,
    errors: Vec<ConfigError>,
    /// How many servers there are so far.
    servers: usize,
}

/// Reads a whole file.
pub(super) fn read(file: &str, text: &str) -> Result<Reading, Vec<ConfigError>> {
    let mut reader = Reader {
        file,
        place: Place::Nowhere,
        outside: Outside::default(),
        proxies: Vec::new(),
        others: Vec::new(),
        notes: Notes::default(),
        errors: Vec::new(),
        servers: 0,
    };
    if text.len() > MOST_BYTES {
        let found = format!("{} bytes", text.len());
        let allowed = format!("a file of at most {MOST_BYTES} bytes");
        reader.error(1, Refusal { found, allowed });
        return Err(reader.errors);
    }
    for (index, text) in text.lines().enumerate() {
        reader.comment(index + 1, text);
        let taken = Line::cut(index + 1, text).and_then(|line| reader.line(&line));
        let taken = taken.and_then(|()| reader.is_not_too_much());
        if let Err(refusal) = taken {
            reader.error(index + 1, refusal);
            if reader.is_not_too_much().is_err() || reader.errors.len() >= MOST_ERRORS {
                return Err(reader.errors);
            }
        }
    }
    reader.outside.last_line = text.lines().count().max(1);
    if !text.is_empty() && !text.ends_with('\n') {
        let found = "no end of the last line".to_owned();
        let allowed = "a newline there: without it HAProxy takes the file for cut off".to_owned();
        reader.error(reader.outside.last_line, Refusal { found, allowed });
    }
    reader.finish()
}

impl Reader<'_> {
    fn error(&mut self, line: usize, refusal: Refusal) {
        let Refusal { found, allowed } = refusal;
        self.errors.push(ConfigError { file: self.file.to_owned(), line, found, allowed });
    }

    /// A comment of the lab itself, if this line is one.
    fn comment(&mut self, line: usize, text: &str) {
        match tls_figures::read(text) {
            None => {}
            Some(Ok(figures)) => self.outside.tls_figures = Some(figures),
            Some(Err(allowed)) => {
                let shown: String = text.trim().chars().take(80).collect();
                self.notes.not_modelled(line, &shown, allowed);
            }
        }
    }

    /// More than a plan can hold is not even collected.
    fn is_not_too_much(&self) -> Result<(), Refusal> {
        if self.servers > MOST_SERVERS {
            return lacks("too many servers", format!("at most {MOST_SERVERS} servers in all"));
        }
        if self.proxies.len() > MOST_SECTIONS {
            return lacks("too many sections", format!("at most {MOST_SECTIONS} sections"));
        }
        Ok(())
    }

    fn line(&mut self, line: &Line) -> Result<(), Refusal> {
        let Some(first) = line.words.first() else { return Ok(()) };
        if first.starts_with('.') {
            return self.preprocessed(line, first);
        }
        if let Some((_, kind)) = Kind::ALL.iter().find(|(name, _)| name == first) {
            self.place = Place::Nowhere;
            return self.proxy(line, *kind);
        }
        if let Some((_, reason)) = OTHER_SECTIONS.iter().find(|(name, _)| name == first) {
            let header = line.args().text();
            if first == "peers" {
                let name = line.words.get(1).cloned().unwrap_or_default();
                self.outside.peers.push(name);
            }
            self.others.push(Other { line: line.number, header, reason, lines: 0 });
            self.place = Place::Other;
            return Ok(());
        }
        if first == "global" {
            self.place = Place::Global;
            let mut args = line.args();
            args.next();
            return args.end();
        }
        match self.place {
            Place::Nowhere => self.nowhere(line, first),
            Place::Global => self.global(line),
            Place::Other => {
                if let Some(other) = self.others.last_mut() {
                    other.lines += 1;
                }
                Ok(())
            }
            Place::Proxy => match self.proxies.last_mut() {
                Some(proxy) => {
                    proxy.lines += 1;
                    let before = proxy.servers.len();
                    apply(proxy, line)?;
                    self.servers += proxy.servers.len() - before;
                    Ok(())
                }
                None => Ok(()),
            },
        }
    }

    /// `.if` and its like: what they choose is not known here.
    fn preprocessed(&mut self, line: &Line, word: &str) -> Result<(), Refusal> {
        if [".notice", ".warning", ".diag"].contains(&word) {
            self.notes.without_effect(line.number, &line.args().text());
            return Ok(());
        }
        refuse(&line.args().text(), "the lines that hold, without conditions around them")
    }

    fn nowhere(&self, line: &Line, first: &str) -> Result<(), Refusal> {
        // One wrong header is told once, not again for each of its lines.
        if !self.errors.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> =
            ["global"].into_iter().chain(Kind::ALL.map(|(name, _)| name)).collect();
        let nearest = names.iter().min_by_key(|name| distance(first, name)).unwrap_or(&"frontend");
        let text = line.args().text();
        refuse(&text, format!("a section first: {}; did you mean `{nearest}`?", names.join(", ")))
    }

    fn proxy(&mut self, line: &Line, kind: Kind) -> Result<(), Refusal> {
        let mut args = line.args();
        args.next();
        let is_named = args.peek().is_some_and(|word| word != "from" || kind != Kind::Defaults);
        let name = if is_named { name(&mut args, kind.name())? } else { String::new() };
        if name.is_empty() && kind != Kind::Defaults {
            return refuse(kind.name(), "a name after it");
        }
        let mut all = self.proxies.iter();
        let settings = match args.next() {
            None if kind == Kind::Defaults => Settings::default(),
            None => {
                let last = all.rfind(|proxy| proxy.kind == Kind::Defaults);
                last.map(|proxy| proxy.settings.clone()).unwrap_or_default()
            }
            Some("from") => {
                let from = args.value("the name of a defaults section above")?;
                match all.rfind(|proxy| proxy.kind == Kind::Defaults && proxy.name == from) {
                    Some(proxy) => proxy.settings.clone(),
                    None => {
                        return refuse(
                            &format!("from {from}"),
                            "the name of a defaults section above",
                        );
                    }
                }
            }
            Some(word) => return refuse(word, "nothing, or from <defaults>"),
        };
        args.end()?;
        let overlaps = |proxy: &Proxy| {
            let both = |side: fn(Kind) -> bool| side(kind) && side(proxy.kind);
            proxy.name == name && (both(Kind::is_front) || both(Kind::is_back))
        };
        let is_proxy = |proxy: &&Proxy| kind != Kind::Defaults && proxy.kind != Kind::Defaults;
        if let Some(first) = self.proxies.iter().filter(is_proxy).find(|proxy| overlaps(proxy)) {
            let allowed = format!("a name of its own (line {} has this one)", first.line);
            return refuse(&line.args().text(), allowed);
        }
        self.proxies.push(Proxy::new(kind, name, line, settings));
        self.place = Place::Proxy;
        Ok(())
    }

    fn global(&mut self, line: &Line) -> Result<(), Refusal> {
        let mut args = line.args();
        let text = args.text();
        let first = args.next().unwrap_or("");
        let is_off = first == "no" || first == "default";
        let keyword = if is_off { args.value("a keyword")? } else { first };
        if is_off && !NEGATABLE.contains(&keyword) {
            return refuse(&text, format!("no before {} alone", NEGATABLE.join(", ")));
        }
        match GLOBAL.find(keyword).map(|(treatment, _)| treatment) {
            None => {
                return refuse(
                    keyword,
                    GLOBAL.instead_of(keyword, "a keyword of the `global` section"),
                );
            }
            Some(Treatment::Modelled) if line.variable => {
                return refuse(&text, "the value itself: environment variables are not read");
            }
            Some(Treatment::Modelled) => match keyword {
                "maxconn" => {
                    let (line, value) = (line.number, whole(&mut args, keyword, 0, MOST)?);
                    self.outside.maxconn = Some(At { line, text, value });
                }
                // The order of servers is shared by all threads: recordings with two pick as those with one.
                "nbthread" => {
                    whole(&mut args, keyword, 1, 64)?;
                    self.notes.without_effect(line.number, &text);
                }
                "tune.ssl.cachesize" => {
                    let size = whole(&mut args, keyword, 0, MOST)?;
                    self.outside.no_cache = (size == 0).then_some(line.number);
                    self.notes.without_effect(line.number, &text);
                }
                "spread-checks" => match whole(&mut args, keyword, 0, 50)? {
                    0 => self.notes.without_effect(line.number, &text),
                    _ => self.notes.not_modelled(line.number, &text, "checks keep their interval"),
                },
                _ => {
                    let old = ["no-tlsv13", "force-tlsv12", "force-tlsv11", "force-tlsv10"];
                    let words = args.rest();
                    let max = words
                        .windows(2)
                        .any(|pair| pair[0] == "ssl-max-ver" && pair[1] != "TLSv1.3");
                    self.outside.oldest =
                        max || words.iter().any(|word| old.contains(&word.as_str()));
                    if words.iter().any(|word| word == "no-tls-tickets") {
                        self.outside.no_tickets = Some(line.number);
                    }
                    if !self.outside.oldest {
                        self.notes.without_effect(line.number, &text);
                    }
                }
            },
            Some(Treatment::WithoutEffect) => self.notes.without_effect(line.number, &text),
            Some(Treatment::NotModelled(reason)) => {
                self.notes.not_modelled(line.number, &text, reason);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Reading, Vec<ConfigError>> {
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        for other in &self.others {
            let with = with_lines(other.lines);
            if other.reason.is_empty() {
                self.notes.without_effect(other.line, &format!("{}, {with}", other.header));
            } else {
                self.notes.not_modelled(
                    other.line,
                    &other.header,
                    format!("{}; {with}", other.reason),
                );
            }
        }
        let proxies = std::mem::take(&mut self.proxies);
        match assemble(&proxies, &self.outside, &mut self.notes) {
            Ok((haproxy, addresses)) => {
                let Notes { mut not_modelled, mut without_effect } = self.notes;
                not_modelled.sort();
                not_modelled.dedup();
                without_effect.sort();
                without_effect.dedup();
                Ok(Reading { haproxy, addresses, not_modelled, without_effect })
            }
            Err((line, refusal)) => {
                self.error(line, refusal);
                Err(self.errors)
            }
        }
    }
}
