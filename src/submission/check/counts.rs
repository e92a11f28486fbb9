//! Numbers and names in a text against the plan: how many of what, and which machines there are.

use super::super::reading::running;
use super::text::{Sentence, Text};
use super::words::{SUPPOSED, has};
use super::{Finding, Section};
use crate::infra::{Host, Infrastructure, Service};

/// What a sentence with a number may not hold if it is to tell how many there are: it may speak of a change, a part or a comparison.
const CHANGE: &str = "add|more|another|extra|second |new |at least|up to|minimum|maximum|than |per |every |need|or |without|task|grow|from |remain|left|surviv|still|half|reduc|remov|one of|two of|only the|compar";
/// What a sentence says that tells how much stands there.
const WHOLE: &str = "in total|in all|total of|altogether|consist|composed|made up|made of|comprise|there are|we have|we use|uses|contains|includes|in this design|in this infrastructure";

const NUMBERS: [(&str, usize); 12] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
];
/// No text speaks of more machines; a larger figure is a port or a rate.
const MOST: usize = 99;

/// Something that is counted: what it is called, and how often it stands there.
struct Counted {
    /// Each way of saying it, in plain words, in the plural.
    called: &'static [&'static str],
    there: usize,
}

/// Counts, then names.
pub(super) fn findings(infrastructure: &Infrastructure, text: &Text) -> Vec<Finding> {
    vec![counts(infrastructure, text), names(infrastructure, text)]
}

fn counts(infrastructure: &Infrastructure, text: &Text) -> Finding {
    let wrong = counted(infrastructure)
        .iter()
        .find_map(|counted| wrong_count(counted, text))
        .or_else(|| wrong_total(infrastructure, text));
    let holds = wrong.is_none();
    let found = wrong.unwrap_or_else(|| "no number in the text contradicts the plan".to_owned());
    Finding::judged(
        Section::Correctness,
        "C-all-2",
        holds,
        found,
        "a reader who counts in the diagram must come to the number in the text",
        "make the number in the text and the diagram the same",
    )
}

fn counted(infrastructure: &Infrastructure) -> [Counted; 4] {
    let on = |is: fn(&Service) -> bool| running(infrastructure, is).len();
    [
        Counted {
            called: &[
                "load balancers",
                "haproxy load balancers",
                "haproxy balancers",
                "balancers",
                "haproxies",
                "lbs",
            ],
            there: on(|service| service.as_haproxy().is_some()),
        },
        Counted {
            called: &["web servers", "nginx servers", "nginx web servers"],
            there: on(|service| service.as_nginx().is_some()),
        },
        Counted {
            called: &["application servers", "app servers"],
            there: on(|service| service.as_app().is_some()),
        },
        Counted {
            called: &[
                "databases",
                "database servers",
                "mysql servers",
                "mysql databases",
                "mysql database servers",
            ],
            there: on(|service| service.as_mysql().is_some()),
        },
    ]
}

/// A sentence that tells another number, if none tells the right one.
fn wrong_count(counted: &Counted, text: &Text) -> Option<String> {
    let mut wrong = None;
    for sentence in told(text) {
        for number in numbers_of(&sentence.words, counted.called) {
            if number == counted.there {
                return None;
            }
            wrong = wrong.or_else(|| {
                let (said, there) = (sentence.quoted(), counted.there);
                Some(format!("{said}: the plan has {there} of these"))
            });
        }
    }
    wrong
}

/// A sentence that tells a number of machines that is neither that of all nor that of any kind.
fn wrong_total(infrastructure: &Infrastructure, text: &Text) -> Option<String> {
    let all = infrastructure.hosts.len();
    let mut right: Vec<usize> = counted(infrastructure).iter().map(|one| one.there).collect();
    let behind = all - infrastructure.balancers().count();
    right.extend([all, behind]);
    let mut wrong = None;
    for sentence in told(text).filter(|sentence| has(&sentence.words, WHOLE)) {
        for number in numbers_of(&sentence.words, &["servers", "machines", "hosts"]) {
            if number == all || number == behind {
                return None;
            }
            if wrong.is_none() && !right.contains(&number) {
                let said = sentence.quoted();
                wrong = Some(format!(
                    "{said}: the plan has {all} machines, {behind} of them behind balancers or without one"
                ));
            }
        }
    }
    wrong
}

/// The sentences that tell how things are.
fn told(text: &Text) -> impl Iterator<Item = &Sentence> {
    text.prose().filter(|sentence| !has(&sentence.words, SUPPOSED) && !has(&sentence.words, CHANGE))
}

/// The numbers that stand right before one of these names. One thing alone is not said in the plural, so 1 is not among them.
fn numbers_of(words: &str, called: &[&str]) -> Vec<usize> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let is_called = |at: usize| {
        called.iter().any(|name| {
            let name: Vec<&str> = name.split(' ').collect();
            words.get(at..at + name.len()) == Some(&name[..])
        })
    };
    let numbers = words.iter().enumerate().filter(|(at, _)| is_called(at + 1));
    numbers
        .filter_map(|(_, word)| number(word))
        .filter(|number| (2..=MOST).contains(number))
        .collect()
}

fn number(word: &str) -> Option<usize> {
    let spelled = NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    spelled.or_else(|| word.parse().ok())
}

/// Machines that the text names and the plan does not have, where both name machines in the same way.
fn names(infrastructure: &Infrastructure, text: &Text) -> Finding {
    let there: Vec<(String, u32)> =
        infrastructure.hosts.iter().filter_map(|host: &Host| numbered(&host.name)).collect();
    let mut names_one = false;
    let mut unknown: Option<String> = None;
    for sentence in text.prose() {
        for word in sentence.said.split_whitespace() {
            let Some(named) = numbered(word) else { continue };
            if there.contains(&named) {
                names_one = true;
            } else if there.iter().any(|(kind, _)| *kind == named.0)
                && unknown.is_none()
                && !has(&sentence.words, SUPPOSED)
                && !has(&sentence.words, "add|another|new |more |extra")
            {
                unknown =
                    Some(format!("{}: the plan has no {}-{}", sentence.quoted(), named.0, named.1));
            }
        }
    }
    let wrong = unknown.filter(|_| names_one);
    let holds = wrong.is_none();
    let found =
        wrong.unwrap_or_else(|| "no machine is named that the plan does not have".to_owned());
    Finding::judged(
        Section::Correctness,
        "C-all-3",
        holds,
        found,
        "a name that the diagram does not have leads the reader nowhere",
        "use the diagram's names, and explain only what is drawn",
    )
}

/// `web-1` and `Web-01,` as kind and number.
fn numbered(word: &str) -> Option<(String, u32)> {
    let bare = word.trim_matches(|mark: char| !mark.is_ascii_alphanumeric());
    let (kind, number) = bare.split_once('-')?;
    let is_kind = !kind.is_empty() && kind.chars().all(|letter| letter.is_ascii_alphabetic());
    let number = number.strip_suffix("'s").unwrap_or(number).parse().ok()?;
    is_kind.then(|| (kind.to_ascii_lowercase(), number))
}
