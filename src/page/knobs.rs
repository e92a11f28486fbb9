//! The directives of HAProxy that a person may change: each with its real name, what it means, its choices, and which of
//! them holds now. A choice is the changed lines that a reload brings.

use crate::infra::{
    Backend, Balance, Directive, Haproxy, HashMethod, HashType, Infrastructure, OnError, Server,
    UriPart,
};
use crate::kernel::SimDuration;
use crate::sim::Action;

/// One directive.
pub(super) struct Knob {
    /// As the configuration writes it.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    choices: fn(&Haproxy, &Backend, &Server) -> Vec<Choice>,
}

/// One value of a directive.
pub(super) struct Choice {
    /// The value.
    pub(super) words: String,
    /// Whether it holds now.
    pub(super) holds: bool,
    lines: Vec<Directive>,
}

/// Those of a backend.
const OF_BACKEND: [Knob; 9] = [
    Knob {
        name: "balance",
        meaning: "Which server is next: in turn, the least loaded, by chance, by the client's address (source), by the path (uri).",
        choices: |_, backend, _| {
            let all = [
                Balance::Roundrobin,
                Balance::StaticRr,
                Balance::Leastconn,
                Balance::First,
                Balance::Random { draws: 2 },
                Balance::Source,
                Balance::Uri(UriPart::default()),
            ];
            let choice = |balance: Balance| Choice {
                words: balance.to_string(),
                holds: balance == backend.balance,
                lines: vec![Directive::Balance(balance)],
            };
            all.map(choice).into()
        },
    },
    Knob {
        name: "hash-type",
        meaning: "For source and uri only: by a table, where a death moves nearly everyone, or on a ring, where it moves only its own.",
        choices: |_, backend, _| {
            let choice = |method| {
                let hash_type = HashType { method, ..HashType::default() };
                Choice {
                    words: hash_type.to_string(),
                    holds: hash_type == backend.hash_type,
                    lines: vec![Directive::HashType(hash_type)],
                }
            };
            [HashMethod::MapBased, HashMethod::Consistent].map(choice).into()
        },
    },
    Knob {
        name: "inter",
        meaning: "Time between two checks of a server.",
        choices: |_, _, server| times(server.inter, &[500, 1000, 2000, 5000], Directive::Inter),
    },
    Knob {
        name: "fall",
        meaning: "Failed checks in a row until a server is DOWN.",
        choices: |_, _, server| counts(server.fall, &[1, 2, 3, 4, 5], Directive::Fall),
    },
    Knob {
        name: "rise",
        meaning: "Passed checks in a row until it is UP again.",
        choices: |_, _, server| counts(server.rise, &[1, 2, 3, 4, 5], Directive::Rise),
    },
    Knob {
        name: "cookie, stick on",
        meaning: "Whether a client stays with the server it had first, and by what it is known again.",
        choices: |_, backend, _| {
            let now = (backend.cookie.is_some(), backend.stick_table.is_some());
            let all = [
                ("none", (false, false)),
                ("cookie SRV insert indirect nocache", (true, false)),
                ("stick on src", (false, true)),
            ];
            let choice = |(words, (cookie, stick)): (&str, (bool, bool))| {
                let mut lines = Vec::new();
                if now.0 != cookie {
                    lines.push(Directive::Cookie(cookie));
                }
                if now.1 != stick {
                    lines.push(Directive::StickOnSource(stick));
                }
                Choice { words: words.to_owned(), holds: lines.is_empty(), lines }
            };
            all.map(choice).into()
        },
    },
    Knob {
        name: "slowstart",
        meaning: "How long a server that returns takes to reach its full weight.",
        choices: |_, _, server| {
            let now = server.slowstart.unwrap_or(SimDuration::ZERO);
            named("off", times(now, &[0, 10_000, 30_000], Directive::Slowstart))
        },
    },
    Knob {
        name: "maxconn",
        meaning: "Requests a server works on at once; more of them wait in the queue.",
        choices: |_, _, server| {
            named("no limit", counts(server.maxconn, &[0, 1, 2, 4, 8], Directive::Maxconn))
        },
    },
    Knob {
        name: "observe layer7",
        meaning: "Whether errors in the traffic count: as a failed check, or DOWN at once.",
        choices: |_, _, server| {
            let now = server.observe.map(|_| (server.error_limit, server.on_error));
            let choice = |to: Option<(u32, OnError)>| {
                let (limit, on_error) = to.unwrap_or_default();
                Choice {
                    words: to.map_or_else(
                        || "off".to_owned(),
                        |_| format!("error-limit {limit} {}", on_error.word()),
                    ),
                    holds: to == now,
                    lines: vec![Directive::Observe(limit, on_error)],
                }
            };
            [None, Some((3, OnError::FailCheck)), Some((3, OnError::MarkDown))].map(choice).into()
        },
    },
];

/// Those of the defaults section.
const OF_DEFAULTS: [Knob; 3] = [
    Knob {
        name: "retries",
        meaning: "Further attempts when a connection to a server fails.",
        choices: |haproxy, _, _| counts(haproxy.retries.retries, &[0, 1, 2, 3], Directive::Retries),
    },
    Knob {
        name: "option redispatch",
        meaning: "Whether the last attempt may go to another server.",
        choices: |haproxy, _, _| {
            let now = haproxy.retries.redispatch.is_some();
            let choice = |(words, is_on): (&str, bool)| Choice {
                words: words.to_owned(),
                holds: is_on == now,
                lines: vec![Directive::Redispatch(is_on)],
            };
            [("off", false), ("on", true)].map(choice).into()
        },
    },
    Knob {
        name: "timeout queue",
        meaning: "How long a request waits for a free server; as long as timeout connect if it is not set.",
        choices: |haproxy, _, _| {
            let now = haproxy.timeouts.queue.unwrap_or(haproxy.timeouts.connect);
            times(now, &[500, 1000, 5000, 30_000], Directive::TimeoutQueue)
        },
    },
];

fn times(now: SimDuration, all: &[u64], line: fn(SimDuration) -> Directive) -> Vec<Choice> {
    let choice = |ms: &u64| {
        let time = SimDuration::from_ms(*ms);
        Choice { words: time.to_string(), holds: time == now, lines: vec![line(time)] }
    };
    all.iter().map(choice).collect()
}

fn counts(now: u32, all: &[u32], line: fn(u32) -> Directive) -> Vec<Choice> {
    let choice = |count: &u32| Choice {
        words: count.to_string(),
        holds: *count == now,
        lines: vec![line(*count)],
    };
    all.iter().map(choice).collect()
}

/// The choices with another word for the first.
fn named(word: &str, mut choices: Vec<Choice>) -> Vec<Choice> {
    word.clone_into(&mut choices[0].words);
    choices
}

/// A section of the configuration with its directives: a backend, or the defaults.
pub(super) struct Section<'a> {
    /// The backend; `None`: the defaults section.
    pub(super) backend: Option<&'a Backend>,
    haproxy: &'a Haproxy,
    first: (&'a Backend, &'a Server),
}

impl<'a> Section<'a> {
    /// The sections of the balancers' configuration, which is the same on all of them: every backend, then the defaults.
    pub(super) fn all(infrastructure: &'a Infrastructure) -> Vec<Self> {
        let Some(haproxy) = infrastructure.balancers().find_map(|host| host.haproxy()) else {
            return Vec::new();
        };
        let with_server =
            |backend: &'a Backend| backend.servers.first().map(|server| (backend, server));
        let firsts: Vec<_> = haproxy.backends.iter().filter_map(with_server).collect();
        let mut all = Vec::new();
        for first in &firsts {
            all.push(Self { backend: Some(first.0), haproxy, first: *first });
        }
        all.extend(firsts.first().map(|first| Self { backend: None, haproxy, first: *first }));
        all
    }

    /// The section's name.
    pub(super) fn name(&self) -> &'a str {
        self.backend.map_or("defaults", |backend| &backend.name)
    }

    /// Its directives.
    pub(super) fn knobs(&self) -> &'static [Knob] {
        if self.backend.is_some() { &OF_BACKEND } else { &OF_DEFAULTS }
    }

    /// The values of one of them.
    pub(super) fn choices(&self, knob: &Knob) -> Vec<Choice> {
        (knob.choices)(self.haproxy, self.first.0, self.first.1)
    }

    /// Whether a directive means nothing as the others stand.
    pub(super) fn is_idle(&self, knob: &Knob) -> bool {
        let balance = self.backend.map(|backend| &backend.balance);
        knob.name == "hash-type" && !balance.is_some_and(hashes)
    }
}

/// Whether the algorithm finds its server by a hash.
pub(super) const fn hashes(balance: &Balance) -> bool {
    matches!(
        balance,
        Balance::Source | Balance::Uri(_) | Balance::UrlParam { .. } | Balance::Hdr { .. }
    )
}

/// The place of the choice that holds, as a `select` has it; empty if none of them does.
pub(super) fn held(choices: &[Choice]) -> String {
    let place = choices.iter().position(|choice| choice.holds);
    place.map_or_else(String::new, |place| place.to_string())
}

/// The reloads that bring a choice: of the directive that `key` names (`app/balance`), the choice of this place.
pub fn reloads(infrastructure: &Infrastructure, key: &str, place: &str) -> Vec<Action> {
    let mut actions = Vec::new();
    for section in Section::all(infrastructure) {
        let is_named = |knob: &&Knob| {
            key.split_once('/').is_some_and(|named| named == (section.name(), knob.name))
        };
        let Some(knob) = section.knobs().iter().find(is_named) else { continue };
        let place: Option<usize> = place.parse().ok();
        let choice = place.and_then(|place| section.choices(knob).into_iter().nth(place));
        let backend = section.backend.map(|backend| backend.name.clone());
        for directive in choice.into_iter().flat_map(|choice| choice.lines) {
            actions.push(Action::Reload { backend: backend.clone(), directive });
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::run::Run;
    use crate::sim::{History, Plan};

    /// Whatever is chosen is accepted, holds afterwards, and can be chosen back.
    #[test]
    fn every_choice_holds_once_it_was_made() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Off).unwrap();
        let names: Vec<(String, usize)> = Section::all(&run.plan().infrastructure)
            .iter()
            .flat_map(|section| {
                let key = |knob: &Knob| {
                    let choices = section.choices(knob);
                    assert_ne!(held(&choices), "", "{}", knob.name);
                    (format!("{}/{}", section.name(), knob.name), choices.len())
                };
                section.knobs().iter().map(key).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(names.len(), 2 * OF_BACKEND.len() + OF_DEFAULTS.len());
        for (key, count) in names {
            for place in (0..count).chain((0..count).rev()).map(|place| place.to_string()) {
                for action in reloads(&run.simulation().plan().infrastructure, &key, &place) {
                    run.act(action).unwrap();
                }
                let sections = Section::all(&run.simulation().plan().infrastructure);
                let (name, knob) = key.split_once('/').unwrap();
                let section = sections.iter().find(|section| section.name() == name).unwrap();
                let knob = section.knobs().iter().find(|each| each.name == knob).unwrap();
                assert_eq!(held(&section.choices(knob)), place, "{key}");
            }
        }
    }
}
