//! How a balancer, or an Nginx, chose a server for a request: the rule, the candidates as they stood just before, in the algorithm's own
//! figures, and what of the request itself decided.

use crate::infra::{Balance, Infrastructure};
use crate::sim::{ServerView, Simulation, Step, Turns};

/// How a server was chosen, or none could be.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The rule by which it was.
    pub rule: String,
    /// What of this request decided besides: who had failed it before and is avoided, where its hash belongs. Sentences without a full stop.
    pub notes: Vec<String>,
    /// The servers of the backend as they stood just before, in the order of the configuration; empty for an Nginx.
    pub candidates: Vec<ServerView>,
    /// The figures that the algorithm goes by, in the order of the configuration: a server's name, and how it stood just before.
    pub figures: Vec<(String, String)>,
    /// Their names in the order in which the algorithm would have given out the next requests; empty if the request itself or chance
    /// decides.
    pub turns: Vec<String>,
}

/// How everything stood just before an event.
#[derive(Debug, Default)]
pub(super) struct Before {
    servers: Vec<ServerView>,
    turns: Vec<Turns>,
}

impl Before {
    pub(super) fn of(world: &Simulation) -> Self {
        let at = world.next_event_at().unwrap_or_else(|| world.now());
        Self { servers: world.server_views(), turns: world.turns(at) }
    }

    /// Whose turn it was at a balancer's backend, or at an Nginx.
    fn turns_at(&self, place: &str, backend: Option<&str>) -> Option<&Turns> {
        let is_it = |turns: &&Turns| turns.at == place && turns.backend.as_deref() == backend;
        self.turns.iter().find(is_it)
    }
}

impl Choice {
    /// How the last of these steps of a request came about, if it is a choice.
    pub(super) fn of(
        world: &Simulation,
        request: u64,
        steps: &[Step],
        before: &Before,
    ) -> Option<Self> {
        match steps.last()? {
            Step::Picked { backend, persistent, redispatched, .. } => {
                let persistent = *persistent && !redispatched;
                Self::of_balancer(world, request, steps, before, (backend, persistent))
            }
            Step::NoServer { backend } => {
                Self::of_balancer(world, request, steps, before, (backend, false))
            }
            Step::PassedOn { web, .. } | Step::NoLiveUpstream { web } => {
                Some(Self::of_nginx(web, steps, before))
            }
            _ => None,
        }
    }

    fn of_balancer(
        world: &Simulation,
        request: u64,
        steps: &[Step],
        before: &Before,
        (backend, is_persistent): (&String, bool),
    ) -> Option<Self> {
        let balancer = steps.iter().rev().find_map(|step| match step {
            Step::Accepted { balancer } => Some(balancer),
            _ => None,
        })?;
        let is_candidate =
            |view: &&ServerView| view.balancer == *balancer && view.backend == *backend;
        let candidates = before.servers.iter().filter(is_candidate).cloned().collect();
        let balance = balance(&world.plan().infrastructure, balancer, backend)?;
        let rule = if is_persistent {
            "persistence: the cookie or the stick table names the server".to_owned()
        } else {
            format!("balance {balance}: {}", words(balance))
        };
        let mut notes = Vec::new();
        let avoided = avoided(steps);
        if let Some(avoided) = avoided {
            notes.push(format!(
                "{avoided} has just failed it, and is taken only if there is no other"
            ));
        }
        // Who came out of a queue was not chosen by the algorithm: a slot had become free.
        if matches!(steps, [.., Step::Queued { .. }, _]) {
            notes.push("a slot had become free, and it was next in the queue".to_owned());
        } else if !is_persistent {
            notes.extend(world.place_of(request, balancer, backend));
        }
        let of_backend = before.turns_at(balancer, Some(backend));
        let in_turn = of_backend.filter(|_| !is_persistent);
        let turns = in_turn.map_or_else(Vec::new, |own| without(&own.servers, avoided.as_slice()));
        let figures = of_backend.map_or_else(Vec::new, |own| own.figures.clone());
        Some(Self { rule, notes, candidates, figures, turns })
    }

    fn of_nginx(web: &str, steps: &[Step], before: &Before) -> Self {
        let rule = "upstream: smooth weighted round robin, those left out for max_fails apart";
        let tried = tried(steps, web);
        let mut notes = Vec::new();
        if !tried.is_empty() {
            notes
                .push(format!("it has been at {} already (proxy_next_upstream)", tried.join(", ")));
        }
        let own = before.turns_at(web, None);
        Self {
            rule: rule.to_owned(),
            notes,
            candidates: Vec::new(),
            figures: own.map_or_else(Vec::new, |own| own.figures.clone()),
            turns: own.map_or_else(Vec::new, |own| without(&own.servers, &tried)),
        }
    }
}

/// These names without some.
fn without(names: &[String], left_out: &[&str]) -> Vec<String> {
    names.iter().filter(|name| !left_out.contains(&name.as_str())).cloned().collect()
}

/// The server that a redispatched request was at before.
fn avoided(steps: &[Step]) -> Option<&str> {
    let (last, before) = steps.split_last()?;
    if !matches!(last, Step::Picked { redispatched: true, .. }) {
        return None;
    }
    before.iter().rev().find_map(|step| match step {
        Step::Picked { server, .. } => Some(server.as_str()),
        _ => None,
    })
}

/// The servers of its upstream at which an Nginx had a request before, since it came to it.
fn tried<'a>(steps: &'a [Step], web: &str) -> Vec<&'a str> {
    let last = steps.len().saturating_sub(1);
    let since = steps[..last].iter().rposition(|step| match step {
        Step::PassedOn { web: other, again, .. } => other == web && !again,
        _ => false,
    });
    let is_again = match steps.last() {
        Some(Step::PassedOn { again, .. }) => *again,
        _ => true,
    };
    let Some(since) = since.filter(|_| is_again) else { return Vec::new() };
    let own = steps[since..last].iter().filter_map(|step| match step {
        Step::PassedOn { server, .. } => Some(server.as_str()),
        _ => None,
    });
    own.collect()
}

fn balance<'a>(
    infrastructure: &'a Infrastructure,
    balancer: &str,
    backend: &str,
) -> Option<&'a Balance> {
    let haproxy = infrastructure.host(balancer)?.haproxy()?;
    let backend = haproxy.backends.iter().find(|of| of.name == backend)?;
    Some(&backend.balance)
}

const fn words(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => "of the servers that are UP, the one whose turn it is by weight",
        Balance::StaticRr => {
            "the next of a fixed table in which each server stands as often as it weighs"
        }
        Balance::Leastconn => {
            "of the servers that are UP, the one with the fewest requests for its weight"
        }
        Balance::First => "the first server that is UP and not full",
        Balance::Random { .. } => "the less loaded of some servers drawn by chance",
        Balance::Source => "the server that the hash of the client's address belongs to",
        Balance::Uri(_) => "the server that the hash of the URI belongs to",
        Balance::UrlParam { .. } => "the server that the hash of the parameter belongs to",
        Balance::Hdr { .. } => "the server that the hash of the header belongs to",
    }
}
