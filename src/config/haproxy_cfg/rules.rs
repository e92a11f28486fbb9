//! Conditions and what depends on them: `acl`, `use_backend`, `http-request` (HAProxy 2.6 manual 4.2 and 7).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::keywords::HTTP_RULE;
use super::proxy::{Kind, Proxy};
use super::table::Treatment;
use super::words::{Args, Refusal, refuse};
use crate::infra::PriorityClass;

/// `HAProxy`'s own conditions (HAProxy 2.6 manual 7.4).
const PREDEFINED: [&str; 21] = [
    "FALSE",
    "HTTP",
    "HTTP_1.0",
    "HTTP_1.1",
    "HTTP_2.0",
    "HTTP_CONTENT",
    "HTTP_URL_ABS",
    "HTTP_URL_SLASH",
    "HTTP_URL_STAR",
    "LOCALHOST",
    "METH_CONNECT",
    "METH_DELETE",
    "METH_GET",
    "METH_HEAD",
    "METH_OPTIONS",
    "METH_POST",
    "METH_PUT",
    "METH_TRACE",
    "RDP_COOKIE",
    "REQ_CONTENT",
    "WAIT_END",
];
/// The most beginnings of paths, and the most headers with a class, of one section.
const MOST_RULES: usize = 4096;
const MOST_CLASSES: usize = 64;
const CONDITION: &str = "`if` or `unless` with names of acl lines above, or { ... }";
const ONLY_PATH_BEG: &str = "of the conditions only path_beg chooses a backend";
const ONLY_PRIORITY: &str =
    "only set-priority-class int(<class>) if { req.hdr(<header>) -m found } is modelled";

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// `path_beg`, with whether `-i` stands there.
    PathBeg(String, bool),
    /// `req.hdr(<header>) -m found`.
    HeaderFound(String),
    /// Everybody.
    True,
    /// Something else.
    Other,
}

/// The named conditions of a section: each holds if one of its tests does.
pub(super) type Acls = BTreeMap<String, Vec<Test>>;

/// `use_backend`.
#[derive(Clone, Debug)]
pub(super) struct Switch {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) backend: String,
    /// The beginnings of paths that it is for; `None`: all.
    pub(super) paths: Option<Vec<String>>,
}

/// What holds together: terms, each possibly negated.
type Branch<'a> = Vec<(bool, Cow<'a, [Test]>)>;

/// `acl <name> <criterion> ...`
pub(super) fn acl(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let name = super::values::name(args, "acl")?;
    if args.peek().is_none() {
        return refuse(&args.text(), "a criterion after the name, such as path_beg /static/");
    }
    let tests = tests(args.rest());
    if tests.contains(&Test::Other) {
        proxy.notes.not_modelled(args.line, &args.text(), ONLY_PATH_BEG);
    }
    proxy.acls.entry(name).or_default().extend(tests);
    Ok(())
}

fn tests(words: &[String]) -> Vec<Test> {
    let criterion = words.first().map_or("", String::as_str);
    let mut matching = "";
    let mut no_case = false;
    let mut values = words.get(1..).unwrap_or_default().iter().map(String::as_str).peekable();
    while let Some(flag) = values.next_if(|word| word.starts_with('-')) {
        match flag {
            "-i" => no_case = true,
            "-m" => matching = values.next().unwrap_or(""),
            "--" => break,
            _ => return vec![Test::Other],
        }
    }
    let header =
        ["req.hdr(", "hdr(", "req.fhdr("].iter().find_map(|start| criterion.strip_prefix(start));
    match (criterion, matching, header.and_then(|rest| rest.strip_suffix(')'))) {
        ("path_beg", "" | "beg", _) | ("path", "beg", _) if values.peek().is_some() => {
            values.map(|path| Test::PathBeg(path.to_owned(), no_case)).collect()
        }
        (_, "found", Some(header)) if !header.is_empty() && !header.contains([',', '(']) => {
            vec![Test::HeaderFound(header.to_owned())]
        }
        ("always_true", "", _) => vec![Test::True],
        _ => vec![Test::Other],
    }
}

/// What follows a rule: `None` without a condition, else the branches of which one has to hold.
fn condition<'a>(args: &mut Args<'_>, acls: &'a Acls) -> Result<Option<Vec<Branch<'a>>>, Refusal> {
    let unless = match args.next() {
        None => return Ok(None),
        Some("if") => false,
        Some("unless") => true,
        Some(word) => return refuse(word, CONDITION),
    };
    let mut branches = vec![Branch::new()];
    while let Some(word) = args.next() {
        if word == "or" || word == "||" {
            branches.push(Branch::new());
            continue;
        }
        let name = word.trim_start_matches('!');
        let negated = (word.len() - name.len()) % 2 == 1;
        let tests = match name {
            "{" => Cow::Owned(anonymous(args)?),
            "" => Cow::Owned(continue_negation(args)?),
            "TRUE" => Cow::Owned(vec![Test::True]),
            name if PREDEFINED.contains(&name) => Cow::Owned(vec![Test::Other]),
            name => match acls.get(name) {
                Some(tests) => Cow::Borrowed(tests.as_slice()),
                None => return refuse(name, CONDITION),
            },
        };
        if let Some(branch) = branches.last_mut() {
            branch.push((negated, tests));
        }
    }
    if branches.iter().any(Branch::is_empty) {
        return refuse(&args.text(), CONDITION);
    }
    if unless {
        branches = vec![vec![(true, Cow::Owned(vec![Test::Other]))]];
    }
    Ok(Some(branches))
}

/// `! name`: what is negated comes as the next word; such a term is never modelled.
fn continue_negation(args: &mut Args<'_>) -> Result<Vec<Test>, Refusal> {
    match args.next() {
        Some("{") => anonymous(args).map(|_| vec![Test::Other]),
        Some(_) => Ok(vec![Test::Other]),
        None => refuse("!", CONDITION),
    }
}

fn anonymous(args: &mut Args<'_>) -> Result<Vec<Test>, Refusal> {
    let words = args.rest();
    let Some(end) = words.iter().position(|word| word == "}") else {
        return refuse("{", "a condition and } after it");
    };
    args.by_ref().take(end + 1).for_each(drop);
    Ok(tests(&words[..end]))
}

/// `use_backend <backend> [if ...]`
pub(super) fn use_backend(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let backend = args.value("a backend's name")?.to_owned();
    let (line, text) = (args.line, args.text());
    let branches = condition(args, &proxy.acls)?;
    if backend.contains("%[") {
        proxy.notes.not_modelled(line, &text, "the backend's name is made for each request");
        return Ok(());
    }
    let Some(branches) = branches else {
        proxy.switches.push(Switch { line, text, backend, paths: None });
        return Ok(());
    };
    let mut paths = Some(Vec::new());
    for branch in branches {
        let [(false, tests)] = branch.as_slice() else {
            proxy.notes.not_modelled(line, &text, ONLY_PATH_BEG);
            return Ok(());
        };
        for test in tests.iter() {
            match test {
                Test::PathBeg(path, no_case) => {
                    if *no_case {
                        proxy.notes.not_modelled(line, "-i", "capital and small letters differ");
                    }
                    if let Some(paths) = &mut paths {
                        paths.push(path.clone());
                    }
                }
                Test::True => paths = None,
                Test::HeaderFound(_) | Test::Other => {
                    proxy.notes.not_modelled(line, &text, ONLY_PATH_BEG);
                    return Ok(());
                }
            }
        }
    }
    proxy.prefixes += paths.as_ref().map_or(0, Vec::len);
    if proxy.prefixes > MOST_RULES {
        return refuse(&text, format!("at most {MOST_RULES} paths in use_backend"));
    }
    proxy.switches.push(Switch { line, text, backend, paths });
    Ok(())
}

/// `http-request` and its sisters.
pub(super) fn http_rule(proxy: &mut Proxy, args: &mut Args<'_>) -> Result<(), Refusal> {
    let (line, text) = (args.line, args.text());
    let action = args.value("an action")?;
    let bare = action.split('(').next().unwrap_or(action);
    match HTTP_RULE.find(bare).map(|(treatment, _)| treatment) {
        None => return refuse(action, HTTP_RULE.instead_of(bare, "an action")),
        Some(Treatment::WithoutEffect) => proxy.notes.without_effect(line, &text),
        Some(Treatment::NotModelled(reason)) => proxy.notes.not_modelled(line, &text, reason),
        Some(Treatment::Modelled) => {
            let value = args.value("a class such as int(-10)")?;
            let class = value.strip_prefix("int(").and_then(|rest| rest.strip_suffix(')'));
            let class = class.and_then(|class| class.parse::<i32>().ok());
            let branches = condition(args, &proxy.acls)?;
            let headers = branches.as_deref().and_then(headers);
            match (class, headers) {
                (Some(class), Some(headers)) if proxy.kind != Kind::Defaults => {
                    let class = class.clamp(-2047, 2047);
                    let made = headers.into_iter().map(|header| PriorityClass { header, class });
                    proxy.priority_classes.extend(made);
                    if proxy.priority_classes.len() > MOST_CLASSES {
                        return refuse(&text, format!("at most {MOST_CLASSES} priority classes"));
                    }
                }
                _ => proxy.notes.not_modelled(line, &text, ONLY_PRIORITY),
            }
        }
    }
    Ok(())
}

/// The headers of which one has to be there; `None` if the condition is about something else.
fn headers(branches: &[Branch<'_>]) -> Option<Vec<String>> {
    let mut headers = Vec::new();
    for branch in branches {
        let [(false, tests)] = branch.as_slice() else { return None };
        for test in tests.iter() {
            let Test::HeaderFound(header) = test else { return None };
            headers.push(header.clone());
        }
    }
    Some(headers)
}
