//! Task 3: the five points, the reason of every part, and what is still single.

use super::super::super::SectionId;
use super::super::super::block::Item;
use super::super::super::figures::{count, list, of_many, time};
use super::super::super::reading::{Mode, Role, haproxy, mode, names, tier};
use super::super::{balancing, components, graded};
use super::{Part, shared};
use crate::infra::{Host, Infrastructure};

pub(super) fn parts(infrastructure: &Infrastructure) -> Vec<Part> {
    let mut spread = Vec::new();
    if let Some(of) = haproxy(infrastructure) {
        spread.push(Item::new("Algorithm", balancing::algorithm(of)));
        spread.push(Item::new("Mode of the balancers", balancing::cluster(infrastructure)));
    }
    let mut issues = shared::single(infrastructure);
    issues.extend(shared::next(infrastructure));
    issues.push(Item::new("Cost", cost(infrastructure)));
    vec![
        Part::new(
            SectionId::Graded,
            "The five points that are graded",
            graded::points(infrastructure),
        ),
        Part::new(SectionId::Components, "Why each part was added", reasons(infrastructure)),
        Part::new(SectionId::Balancing, "How requests are spread", spread),
        Part::new(SectionId::Issues, "What is still wrong, and what it costs", issues),
    ]
}

fn reasons(infrastructure: &Infrastructure) -> Vec<Item> {
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let [webs, apps, databases] =
        [Role::Web, Role::App, Role::Database].map(|role| tier(infrastructure, role));
    let on = |hosts: &[&Host]| list(&names(hosts));
    let mut items = Vec::new();
    let additional = graded::additional(infrastructure);
    if let Some(first) = additional.first() {
        let role = Role::of(first);
        let why = match (&tier(infrastructure, role)[..], additional.len()) {
            ([_], _) => "added so that each component has a machine of its own".to_owned(),
            ([app, _], 1) if role == Role::App => format!(
                "it runs the same code as {}, so that pages outlive the death of either",
                app.name
            ),
            _ => {
                "a second of a kind, so that users are still served when the first dies".to_owned()
            }
        };
        let lead = of_many(additional.len(), "Additional server", "Additional servers");
        items.push(Item::new(lead, format!("{}: {why}.", on(&additional))));
    }
    if balancers.len() > 1 {
        let cluster = match mode(infrastructure) {
            Mode::ActiveActive | Mode::ActivePassive => {
                " In the cluster keepalived moves the address of the one that dies to the other, which takes over."
            }
            Mode::NoCluster => "",
        };
        items.push(Item::new(
            "Additional load balancer",
            format!(
                "With one HAProxy the site goes down with it; {} share one pool of servers.{cluster}",
                on(&balancers)
            ),
        ));
    }
    if !webs.is_empty() {
        items.push(Item::new(
            "Web server apart",
            format!("{}: files need many cheap connections, and keep their pace while pages are computed.", on(&webs)),
        ));
    }
    if !apps.is_empty() {
        items.push(Item::new(
            "Application server apart",
            format!(
                "{}: code needs processor time, and is deployed without touching files or data.",
                on(&apps)
            ),
        ));
    }
    if !databases.is_empty() {
        items.push(Item::new(
            "Database apart",
            format!("{}: data needs memory, fast disks and the most protection.", on(&databases)),
        ));
    }
    let difference = components::web_and_application(infrastructure);
    items.push(Item::new(difference.heading, difference.paragraphs.join(" ")));
    items
}

fn cost(infrastructure: &Infrastructure) -> String {
    let balancers = infrastructure.balancers().count();
    format!(
        "{} to pay and to patch; a hop of {} each way between tiers; {}.",
        count(infrastructure.hosts.len(), "machine", "machines"),
        time(infrastructure.network.lan_latency),
        of_many(
            balancers,
            "one configuration of HAProxy",
            "configurations of HAProxy to keep the same"
        )
    )
}
