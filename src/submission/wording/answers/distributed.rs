//! Task 1: what was added to one server and why, how requests and data are shared, and what is still missing.

use super::super::super::SectionId;
use super::super::super::block::Item;
use super::super::super::figures::{count, list, of_many};
use super::super::super::reading::{
    Role, agents, applications, ends_tls, has_borders, names, running, tier, webs,
};
use super::{Part, shared};
use crate::infra::{Host, Infrastructure};

pub(super) fn parts(infrastructure: &Infrastructure) -> Vec<Part> {
    vec![
        Part::new(SectionId::Components, "What was added, and why", components(infrastructure)),
        shared::balancing(infrastructure),
        shared::data(infrastructure),
        Part::new(SectionId::Issues, "What is wrong with it", issues(infrastructure)),
    ]
}

fn components(infrastructure: &Infrastructure) -> Vec<Item> {
    let servers = tier(infrastructure, Role::Mixed);
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let on = |hosts: &[&Host]| list(&names(hosts));
    let mut items = vec![
        Item::new(
            "Servers",
            format!(
                "{} the same components ({}), so that users still get pages when one dies, and {} share the work.",
                count(servers.len(), "server holds", "servers hold"),
                on(&servers),
                if servers.len() > 2 { "all" } else { "both" }
            ),
        ),
        Item::new(
            "Load balancer (HAProxy)",
            format!(
                "{} {} users one address and {} their requests over the servers, so that a dead one gets none.",
                on(&balancers),
                of_many(balancers.len(), "gives", "give"),
                of_many(balancers.len(), "spreads", "spread")
            ),
        ),
    ];
    let web = webs(infrastructure);
    if !web.is_empty() {
        items.push(Item::new(
            "Web servers (Nginx)",
            format!("On {}: static files need no code, so Nginx serves them itself.", on(&web)),
        ));
    }
    let apps = applications(infrastructure);
    if !apps.is_empty() {
        items.push(Item::new(
            "Application servers",
            format!(
                "On {}: each computes dynamic pages, because one alone is soon busy.",
                on(&apps)
            ),
        ));
        items.push(Item::new(
            "Application files (code base)",
            "The same code lies on each server, because any of them may get any request.",
        ));
    }
    let data = if databases.len() > 1 {
        "the data is stored more than once, so that reads are shared and a copy is left when one disk dies."
    } else {
        "it stores the data, because requests end and data stays."
    };
    items.push(Item::new(
        of_many(databases.len(), "Database (MySQL)", "Databases (MySQL)"),
        format!("On {}: {data}", on(&databases)),
    ));
    items
}

fn issues(infrastructure: &Infrastructure) -> Vec<Item> {
    let mut items = shared::single(infrastructure);
    let missing = match (has_borders(infrastructure), ends_tls(infrastructure)) {
        (false, false) => {
            "No firewall stands between the machines, and traffic is not encrypted (no HTTPS): whoever is on the way \
             reads passwords, and whoever gets in reaches every port."
        }
        (true, false) => {
            "A firewall stands, but traffic is not encrypted (no HTTPS): whoever is on the way reads passwords."
        }
        (_, true) => "No firewall stands between the machines: whoever gets in reaches every port.",
    };
    items.push(Item::new("Security", missing));
    if agents(infrastructure).is_empty() {
        items.push(Item::new(
            "No monitoring",
            "Nobody is told that something is broken or slow before users are.",
        ));
    }
    items.extend(shared::next(infrastructure));
    items
}
