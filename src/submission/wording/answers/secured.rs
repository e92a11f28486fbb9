//! Task 2: firewalls, encryption, monitoring, and what is still wrong.

use super::super::super::SectionId;
use super::super::super::block::Item;
use super::super::super::figures::{count, list, number, of_many, time};
use super::super::super::reading::{
    Role, agents, encrypts_again, ends_tls, is_guarded, names, primaries, replicas, tier,
};
use super::super::design::limits;
use super::{Part, shared};
use crate::infra::{Host, Infrastructure};

pub(super) fn parts(infrastructure: &Infrastructure) -> Vec<Part> {
    vec![
        Part::new(SectionId::Components, "What was added, and why", added(infrastructure)),
        Part::new(SectionId::Monitoring, "How it is monitored", monitoring(infrastructure)),
        shared::balancing(infrastructure),
        Part::new(SectionId::Issues, "What is wrong with it", issues(infrastructure)),
    ]
}

fn added(infrastructure: &Infrastructure) -> Vec<Item> {
    let guarded: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| is_guarded(infrastructure, host)).collect();
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let agents = agents(infrastructure);
    let mut items = Vec::new();
    if !guarded.is_empty() {
        items.push(Item::new(
            "Firewalls",
            format!(
                "{} before {}. {} traffic by rules: who may open which port; the rest is dropped, so that whoever gets \
                 into one machine does not reach all.",
                count(guarded.len(), "firewall", "firewalls"),
                list(&names(&guarded)),
                of_many(guarded.len(), "It filters", "They filter")
            ),
        ));
    }
    if ends_tls(infrastructure) {
        items.push(Item::new(
            "Certificate (HTTPS)",
            format!(
                "{} {} the certificate of {}: HTTPS encrypts what users send, so that whoever intercepts it can neither \
                 read nor change it, and proves which site it is.",
                list(&names(&balancers)),
                of_many(balancers.len(), "holds", "hold"),
                infrastructure.domain
            ),
        ));
    }
    if !agents.is_empty() {
        items.push(Item::new(
            "Monitoring clients",
            format!(
                "{} ({}), because somebody has to learn that something is broken or slow before users tell.",
                count(agents.len(), "agent", "agents"),
                list(&names(&agents))
            ),
        ));
    }
    items
}

fn monitoring(infrastructure: &Infrastructure) -> Vec<Item> {
    let Some(of) = infrastructure.monitoring else { return Vec::new() };
    let mut items = vec![Item::new(
        "Collecting",
        format!(
            "The agent on each machine collects logs and figures and sends them to the collector, which asks every {}. \
             What stays wrong for {} raises an alert.",
            time(of.scrape_interval),
            time(of.alert_for)
        ),
    )];
    if let Some(first) = limits(infrastructure).first() {
        let threshold = number(libm::round(first.requests / 2.0));
        items.push(Item::new(
            "QPS of the web server",
            format!(
                "Nginx counts its requests (stub_status): the difference of two readings, divided by the time between \
                 them, is the queries per second. An alert goes off beyond a threshold, such as {threshold} in all, half of \
                 what the {} takes on paper.",
                first.tier
            ),
        ));
    }
    items
}

fn issues(infrastructure: &Infrastructure) -> Vec<Item> {
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let mut items = shared::single(infrastructure);
    if ends_tls(infrastructure) {
        let behind = if encrypts_again(infrastructure) {
            "it reads everything, and what goes on to the web servers would not be encrypted if it did not encrypt it again."
        } else {
            "what goes on to the web servers is plain HTTP, not encrypted, and whoever is inside the network can read it."
        };
        let at = list(&names(&balancers));
        items.push(Item::new(
            "Termination",
            format!("TLS ends at the load balancer ({at}): {behind}"),
        ));
    }
    let primaries = primaries(infrastructure);
    if primaries.len() == 1 {
        let until = if replicas(infrastructure).is_empty() {
            "until it is back"
        } else {
            "until the replica is promoted"
        };
        items.push(Item::new(
            "One writer",
            format!(
                "Only MySQL on {} takes writes: when it is down nothing can be stored {until}.",
                list(&names(&primaries))
            ),
        ));
    }
    let mixed = tier(infrastructure, Role::Mixed);
    if !mixed.is_empty() {
        items.push(Item::new(
            "All components on each server",
            format!(
                "On {} the components need resources that grow differently and compete for them, and maintenance of one \
                 affects the others.",
                list(&names(&mixed))
            ),
        ));
    }
    items.extend(shared::next(infrastructure));
    items
}
