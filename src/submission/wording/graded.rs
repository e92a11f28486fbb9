//! The five points the exercise grades, each answered yes or no from the data in one line.

use super::super::block::Item;
use super::super::figures::{count, list, of_many, span, takeover};
use super::super::reading::{Claim, Mode, Role, claims, mode, names, tier};
use crate::infra::{Host, Infrastructure};

/// How many servers stand behind the balancer in the exercise before this one.
const SERVERS_BEFORE: usize = 2;

/// Whether a point is met, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Answer {
    pub(in super::super) holds: bool,
    pub(in super::super) text: String,
}

/// The five lines.
pub(super) fn points(infrastructure: &Infrastructure) -> Vec<Item> {
    vec![
        Item::new("An additional server is drawn", server(infrastructure).line()),
        Item::new("An additional load balancer is drawn", balancer(infrastructure).line()),
        Item::new(
            "The balancers form a cluster, so that if one fails the other takes over",
            cluster(infrastructure).line(),
        ),
        Item::new("Each server holds a single component", single(infrastructure).line()),
        Item::new("The diagram is linked", "Yes: it is the picture of this document."),
    ]
}

impl Answer {
    fn line(&self) -> String {
        format!("{}: {}.", if self.holds { "Yes" } else { "No" }, self.text)
    }
}

fn answer(holds: bool, text: String) -> Answer {
    Answer { holds, text }
}

/// The servers behind the balancers, in order.
fn behind(infrastructure: &Infrastructure) -> Vec<&Host> {
    let is_server = |host: &&Host| !matches!(Role::of(host), Role::Balancer | Role::Other);
    infrastructure.hosts.iter().filter(is_server).collect()
}

/// The servers that are called additional: those beyond one of each kind; where there is one of each, those beyond the two of the tasks
/// before.
pub(super) fn additional(infrastructure: &Infrastructure) -> Vec<&Host> {
    let tiers = [Role::Web, Role::App, Role::Database];
    let seconds = tiers.into_iter().flat_map(|role| tier(infrastructure, role).into_iter().skip(1));
    let seconds: Vec<&Host> = seconds.collect();
    if seconds.is_empty() {
        behind(infrastructure).into_iter().skip(SERVERS_BEFORE).collect()
    } else {
        seconds
    }
}

/// Whether there are more servers than before.
pub(in super::super) fn server(infrastructure: &Infrastructure) -> Answer {
    let behind = behind(infrastructure);
    let additional = additional(infrastructure);
    let number = count(behind.len(), "server stands", "servers stand");
    let more = if additional.is_empty() {
        String::new()
    } else {
        let ones = of_many(additional.len(), "the additional one", "the additional ones");
        let beyond = if behind.len() == SERVERS_BEFORE + additional.len() {
            format!("the {SERVERS_BEFORE} there were before")
        } else {
            "one of each kind".to_owned()
        };
        format!("; {ones}, beyond {beyond}: {}", list(&names(&additional)))
    };
    answer(
        behind.len() > SERVERS_BEFORE,
        format!("{number} behind the balancers ({}){more}", list(&names(&behind))),
    )
}

/// Whether there is more than one balancer.
pub(in super::super) fn balancer(infrastructure: &Infrastructure) -> Answer {
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let number = count(balancers.len(), "HAProxy", "HAProxy balancers");
    answer(balancers.len() > 1, format!("{number}, {}", list(&names(&balancers))))
}

/// Whether every address has somebody to take it over.
pub(in super::super) fn cluster(infrastructure: &Infrastructure) -> Answer {
    let takeovers: Vec<String> = infrastructure
        .vips
        .iter()
        .filter_map(|vip| match claims(infrastructure, vip)[..] {
            [master, backup, ..] => Some(takeover_of(&vip.name, master, backup)),
            _ => None,
        })
        .collect();
    match mode(infrastructure) {
        Mode::ActiveActive => answer(true, format!("active-active; {}", takeovers.join("; "))),
        Mode::ActivePassive => answer(true, format!("active-passive; {}", takeovers.join("; "))),
        Mode::NoCluster => answer(false, "some address has nobody to take it over".to_owned()),
    }
}

fn takeover_of(vip: &str, master: Claim<'_>, backup: Claim<'_>) -> String {
    format!(
        "if {} dies, {} takes over {vip} after {}",
        master.host.name,
        backup.host.name,
        span(takeover(backup.keepalived.advert_int, backup.priority))
    )
}

/// Whether each server holds one component.
pub(in super::super) fn single(infrastructure: &Infrastructure) -> Answer {
    let mixed: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| Role::of(host) == Role::Mixed).collect();
    if !mixed.is_empty() {
        return answer(false, format!("several components share {}", list(&names(&mixed))));
    }
    let kinds = [
        (Role::Web, "web server"),
        (Role::App, "application server"),
        (Role::Database, "database"),
    ];
    let tiers: Vec<String> = kinds
        .into_iter()
        .map(|(role, what)| (tier(infrastructure, role), what))
        .filter(|(hosts, _)| !hosts.is_empty())
        .map(|(hosts, what)| format!("{what} on {}", list(&names(&hosts))))
        .collect();
    answer(tiers.len() == kinds.len(), tiers.join("; "))
}
