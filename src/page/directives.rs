//! The directives of HAProxy that a reload changes while the run goes on, as the desk shows them: each as a field with its unit, its range, its
//! default and what it means. A field's `data-edit` and its value are the text of the reload; `data-held` is the value that holds already.

use super::knobs::{Knob, Section, after_default_server};
use super::log::with_code;
use crate::infra::{Balance, Directive, HashFunction, HashMethod, HashType, OnError, UriPart};
use crate::infra::{Infrastructure, Observe, Server};
use crate::sim::Action;
use crate::submission::escape_html;

/// What is told of a directive.
struct Told {
    /// As the configuration writes it.
    name: &'static str,
    /// What the text of its reload begins with, after the backend; the value follows.
    begun: &'static str,
    /// What it may be.
    kind: Kind,
    /// HAProxy's own default.
    default: &'static str,
    /// One line.
    line: &'static str,
}

/// What a directive may be.
enum Kind {
    /// One of some values: each with the words for it.
    Words(fn(&Section<'_>) -> Vec<(String, String)>),
    /// A time between these, and some that are usual.
    Time([&'static str; 2], &'static [&'static str]),
    /// A number between these, what it counts, and some that are usual.
    Count([u32; 2], &'static str, &'static [&'static str]),
}

/// The most that HAProxy's own figures of requests and errors may be here.
const MOST: u32 = 1_000_000;
/// `error-limit` where none is set (HAProxy 2.6 manual 5.2).
const ERROR_LIMIT: u32 = 10;

/// All of them: those of a backend, then those of the defaults section.
static TOLD: [Told; 14] = [
    Told {
        name: "balance",
        begun: "balance ",
        kind: Kind::Words(algorithms),
        default: "roundrobin",
        line: "Which server is next: in turn, the least loaded, by chance (the least loaded of so many that are drawn), by the client's address (source), by the path (uri). A plan \
               may have `url_param` and `hdr` too; but the lab's users send no parameter and no header that differ, so all would be taken in turn.",
    },
    Told {
        name: "hash-type",
        begun: "hash-type ",
        kind: Kind::Words(hash_types),
        default: "map-based",
        line: "For source and uri only: by a table, where a death moves nearly everyone, or on a ring, where it moves only its own; and the hash function, sdbm if none is named.",
    },
    Told {
        name: "inter",
        begun: "default-server inter ",
        kind: Kind::Time(["1ms", "1h"], &["500ms", "1s", "2s", "5s", "10s"]),
        default: "2s",
        line: "Time between two checks of a server.",
    },
    Told {
        name: "fall",
        begun: "default-server fall ",
        kind: Kind::Count([1, 100], "checks", &["1", "2", "3", "4", "5"]),
        default: "3",
        line: "Failed checks in a row until a server is DOWN.",
    },
    Told {
        name: "rise",
        begun: "default-server rise ",
        kind: Kind::Count([1, 100], "checks", &["1", "2", "3", "4", "5"]),
        default: "2",
        line: "Passed checks in a row until it is UP again.",
    },
    Told {
        name: "cookie",
        begun: "",
        kind: Kind::Words(|_| on_or_off(Directive::Cookie, "none", "SRV insert indirect nocache")),
        default: "none",
        line: "Whether a client is known again by a cookie that HAProxy sets, and stays with the server it had first.",
    },
    Told {
        name: "stick on",
        begun: "",
        kind: Kind::Words(|_| on_or_off(Directive::StickOnSource, "none", "src")),
        default: "none",
        line: "Whether a client is known again by its address, in a stick table (`type ip size 100k expire 30m`). Where there is a cookie, that comes first.",
    },
    Told {
        name: "slowstart",
        begun: "default-server slowstart ",
        kind: Kind::Time(["0s", "1h"], &["0s", "10s", "30s", "1m"]),
        default: "0s, none",
        line: "How long a server that returns takes to reach its full weight.",
    },
    Told {
        name: "maxconn",
        begun: "default-server maxconn ",
        kind: Kind::Count([0, MOST], "requests", &["0", "1", "2", "4", "8"]),
        default: "0, no limit",
        line: "Requests a server works on at once; more of them wait in the queue.",
    },
    Told {
        name: "observe",
        begun: "default-server ",
        kind: Kind::Words(observed),
        default: "off; on-error fail-check",
        line: "Whether errors in the traffic count (layer7), and what so many in a row do (`on-error`): only check sooner, count as a failed check, let the next failed check be enough, or \
               DOWN at once.",
    },
    Told {
        name: "error-limit",
        begun: "default-server on-error ",
        kind: Kind::Count([1, MOST], "errors", &["1", "3", "10", "50"]),
        default: "10",
        line: "With observe only: so many errors in a row do what `on-error` says.",
    },
    Told {
        name: "retries",
        begun: "retries ",
        kind: Kind::Count([0, 100], "attempts", &["0", "1", "2", "3"]),
        default: "3",
        line: "Further attempts when a connection to a server fails.",
    },
    Told {
        name: "option redispatch",
        begun: "",
        kind: Kind::Words(|_| on_or_off(Directive::Redispatch, "off", "on")),
        default: "off",
        line: "Whether the last attempt may go to another server.",
    },
    Told {
        name: "timeout queue",
        begun: "timeout queue ",
        kind: Kind::Time(["1ms", "24h"], &["500ms", "1s", "5s", "30s"]),
        default: "timeout connect",
        line: "How long a request waits for a free server.",
    },
];

fn algorithms(_: &Section<'_>) -> Vec<(String, String)> {
    let all = [
        Balance::Roundrobin,
        Balance::StaticRr,
        Balance::Leastconn,
        Balance::First,
        Balance::Random { draws: 1 },
        Balance::Random { draws: 2 },
        Balance::Random { draws: 3 },
        Balance::Source,
        Balance::Uri(UriPart::default()),
        Balance::Uri(UriPart { depth: 2, ..UriPart::default() }),
    ];
    all.iter().map(Balance::to_string).map(as_written).collect()
}

fn hash_types(_: &Section<'_>) -> Vec<(String, String)> {
    let functions = [
        None,
        Some(HashFunction::Sdbm),
        Some(HashFunction::Djb2),
        Some(HashFunction::Wt6),
        Some(HashFunction::Crc32),
    ];
    let mut all = Vec::new();
    for method in [HashMethod::MapBased, HashMethod::Consistent] {
        for function in functions {
            for avalanche in [false, true] {
                all.push(as_written(HashType { method, function, avalanche }.to_string()));
            }
        }
    }
    all
}

fn observed(section: &Section<'_>) -> Vec<(String, String)> {
    let server = section.first.1;
    let limit = if server.observe.is_some() { server.error_limit } else { ERROR_LIMIT };
    // What is turned here is layer7; a file can say the other.
    let now = |on_error| server.on_error == on_error && server.observe == Some(Observe::Layer4);
    let on = |on_error: OnError| {
        let line = after_default_server(&Directive::Observe(limit, on_error));
        let layer = if now(on_error) { "layer4" } else { "layer7" };
        (line, format!("{layer}, {}", on_error.word()))
    };
    let off = after_default_server(&Directive::Observe(0, OnError::default()));
    let errors =
        [OnError::Fastinter, OnError::FailCheck, OnError::SuddenDeath, OnError::MarkDown].map(on);
    std::iter::once((off, "off".to_owned())).chain(errors).collect()
}

fn on_or_off(line: fn(bool) -> Directive, off: &str, on: &str) -> Vec<(String, String)> {
    [(false, off), (true, on)]
        .map(|(is_on, words)| (line(is_on).to_string(), words.to_owned()))
        .into()
}

fn as_written(value: String) -> (String, String) {
    (value.clone(), value)
}

impl Told {
    fn of(knob: &Knob) -> Option<&'static Self> {
        TOLD.iter().find(|told| told.name == knob.name)
    }

    /// What the text of its reload begins with in this section.
    fn begun(&self, section: &Section<'_>) -> String {
        let of = section.backend.map_or_else(String::new, |own| format!("backend {}: ", own.name));
        // Of the two that belong together, the one that is not set here stays as it is.
        let Server { on_error, .. } = section.first.1;
        let more = match self.name {
            "error-limit" => format!("{} observe layer7 error-limit ", on_error.word()),
            _ => String::new(),
        };
        format!("{of}{}{more}", self.begun)
    }

    /// Its range with its unit; empty where words are chosen from.
    fn range(&self) -> String {
        match self.kind {
            Kind::Words(_) => String::new(),
            Kind::Time([least, most], _) => format!("{least} to {most}"),
            Kind::Count([least, most], unit, _) => format!("{least} to {most} {unit}"),
        }
    }
}

/// The directives of a section, each as a control: of a backend, or `defaults`. `stands`: what stands there now.
pub fn directives(stands: &Infrastructure, section: &str) -> String {
    let sections = Section::all(stands);
    let section = sections.iter().find(|own| own.name() == section);
    let knobs = section.into_iter().flat_map(|own| own.knobs().iter().map(move |knob| (own, knob)));
    let name = |own: &Section<'_>, index: usize| format!("{}-{index}", escape_html(own.name()));
    let controls = knobs.enumerate();
    controls.map(|(index, (own, knob))| control(own, knob, &name(own, index))).collect()
}

/// The control of one directive, for another place than the panel: of a backend, or of `defaults`. Its `id` is one that no other control has.
/// `None` if the panel has no such control.
pub(super) fn directive(
    stands: &Infrastructure,
    section: &str,
    name: &str,
    id: &str,
) -> Option<String> {
    let section = Section::all(stands).into_iter().find(|known| known.name() == section)?;
    let knob = section.knobs().iter().find(|knob| knob.name == name)?;
    Some(control(&section, knob, id))
}

fn control(section: &Section<'_>, knob: &Knob, id: &str) -> String {
    let Some(told) = Told::of(knob) else { return String::new() };
    let key = escape_html(&format!("{}/{}", section.name(), knob.name));
    let now = (knob.now)(section);
    let held = escape_html(&now);
    let idle = if section.is_idle(knob) { " disabled=\"\"" } else { "" };
    let bound = format!(
        " id=\"{id}\" aria-describedby=\"{id}-means {id}-refused\" data-edit=\"{}\" data-held=\"{held}\" \
         data-value-of=\"{key}\" data-disabled-of=\"{key}-idle\"{idle}",
        escape_html(&told.begun(section)),
    );
    let typed = |more: &str, usual: &[&str]| {
        let options: String =
            usual.iter().map(|value| format!("<option value=\"{value}\"></option>")).collect();
        format!(
            "<input{bound}{more} required=\"\" list=\"{id}-usual\" value=\"{held}\"/><datalist id=\"{id}-usual\">{options}</datalist>"
        )
    };
    let (field, unit, class) = match told.kind {
        Kind::Words(words) => {
            let options = options(words(section), &now);
            (format!("<select{bound}>{options}</select>"), "", "setting wide")
        }
        Kind::Time(_, usual) => {
            let more = " type=\"text\" autocomplete=\"off\" spellcheck=\"false\"";
            (typed(more, usual), "ms, s, m or h", "setting")
        }
        Kind::Count([least, most], unit, usual) => {
            let more = format!(" type=\"number\" min=\"{least}\" max=\"{most}\"");
            (typed(&more, usual), unit, "setting")
        }
    };
    let range = told.range();
    let range = if range.is_empty() { range } else { format!("{range}; ") };
    format!(
        "<div class=\"{class}\"><label for=\"{id}\"><code>{}</code><span class=\"visually-hidden\"> of {}</span> <span class=\"muted\">{unit}</span></label>{field}\
         <p class=\"muted\" id=\"{id}-means\">{} ({range}default {})</p>\
         <p class=\"error\" id=\"{id}-refused\" role=\"alert\"></p></div>",
        knob.name,
        escape_html(section.name()),
        with_code(told.line),
        told.default,
    )
}

fn options(mut all: Vec<(String, String)>, now: &str) -> String {
    // A plan from a file may have what is not offered.
    if !all.iter().any(|(value, _)| value == now) {
        all.push(as_written(now.to_owned()));
    }
    let option = |(value, words): &(String, String)| {
        let selected = if value == now { " selected=\"\"" } else { "" };
        format!(
            "<option value=\"{}\"{selected}>{}</option>",
            escape_html(value),
            escape_html(words)
        )
    };
    all.iter().map(option).collect()
}

/// What the panel "Balancers" turns, as a list: name, range and default.
pub(super) fn list() -> String {
    let item = |told: &Told| {
        let range = told.range();
        let range = if range.is_empty() { range } else { format!("{range}; ") };
        format!("<li><code>{}</code>: {range}default {}</li>", told.name, told.default)
    };
    TOLD.iter().map(item).collect()
}

/// Why a reload of this text cannot be, if it is one of these directives: the value that was given, empty if there is none, and what is allowed.
pub(super) fn refused(text: &str) -> Option<(String, String)> {
    let line = match text.strip_prefix("backend ").and_then(|rest| rest.split_once(": ")) {
        Some((_, line)) => line,
        None => text,
    };
    // `observe` begins as every line of `default-server` does.
    let is_its = |told: &&Told| !told.begun.is_empty() && line.starts_with(told.begun);
    let told = TOLD.iter().filter(is_its).max_by_key(|told| told.begun.len())?;
    let found = match told.name {
        "error-limit" => line.rsplit("error-limit").next().unwrap_or_default(),
        _ => line.strip_prefix(told.begun).unwrap_or_default(),
    };
    let deed = text.parse::<Action>();
    if matches!(deed, Ok(Action::Reload { directive, .. }) if directive.fault().is_none()) {
        return None;
    }
    let allowed = match told.kind {
        Kind::Words(_) => return None,
        Kind::Time(..) => format!("{}, such as 500ms or 2s", told.range()),
        Kind::Count(..) => told.range(),
    };
    Some((found.trim().to_owned(), allowed))
}

#[cfg(test)]
mod tests;
