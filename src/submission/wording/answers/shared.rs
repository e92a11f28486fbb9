//! What the answers to several tasks have in common: how requests are spread, the databases, what is still single.

use super::super::super::SectionId;
use super::super::super::block::Item;
use super::super::super::figures::{list, lower, of_many, time};
use super::super::super::reading::{Role, haproxy, names, primaries, replicas};
use super::super::losses::served;
use super::super::{balancing, rationale};
use super::Part;
use crate::infra::{Host, Infrastructure, Service};

/// How requests are spread over the servers.
pub(super) fn balancing(infrastructure: &Infrastructure) -> Part {
    let mut items = Vec::new();
    if let Some(of) = haproxy(infrastructure) {
        items.push(Item::new("Distribution algorithm", balancing::algorithm(of)));
        items.push(Item::new("Mode of the servers", balancing::pool_mode(infrastructure)));
    }
    Part::new(SectionId::Balancing, "How requests are spread", items)
}

/// Primary and replica, and what they are to the application.
pub(super) fn data(infrastructure: &Infrastructure) -> Part {
    let [primaries, replicas] = [primaries(infrastructure), replicas(infrastructure)];
    let mut items = Vec::new();
    if let Some(host) = replicas.first() {
        let mysql = host.services.iter().find_map(Service::as_mysql);
        let lag = mysql.and_then(|mysql| mysql.replica.as_ref()).map(|replica| time(replica.lag));
        items.push(Item::new(
            "Primary-replica cluster",
            format!(
                "MySQL on {} is the primary; the {} on {} {} every change from it, about {} behind (asynchronous \
                 replication).",
                list(&names(&primaries)),
                of_many(replicas.len(), "replica", "replicas"),
                list(&names(&replicas)),
                of_many(replicas.len(), "copies", "copy"),
                lag.unwrap_or_default()
            ),
        ));
        items.push(Item::new(
            "For the application",
            format!(
                "Every write goes to the primary, which it may also read from; {} read only, until somebody promotes {} \
                 because the primary is lost.",
                of_many(replicas.len(), "the replica is", "the replicas are"),
                of_many(replicas.len(), "it", "one")
            ),
        ));
    }
    Part::new(SectionId::Data, "The databases", items)
}

/// What a machine is called where it is told what users lose without it.
fn called(host: &Host, is_primary: bool) -> String {
    let what = match Role::of(host) {
        Role::Balancer => "the load balancer ",
        Role::Web => "the web server ",
        Role::App => "the application server ",
        Role::Database => "the database ",
        Role::Mixed if is_primary => "the server with the primary database, ",
        Role::Mixed | Role::Other => "",
    };
    format!("{what}{}", host.name)
}

/// What is still single, as it is computed.
pub(super) fn single(infrastructure: &Infrastructure) -> Vec<Item> {
    let whole = infrastructure.served_without(&[]);
    let points = infrastructure.single_points_of_failure();
    let has_replica = !replicas(infrastructure).is_empty();
    let primaries = names(&primaries(infrastructure));
    let told = points.iter().filter_map(|point| {
        let host = infrastructure.host(&point.host)?;
        let is_primary = has_replica && primaries.contains(&host.name.as_str());
        let lost = lower(&served(whole, point.served_without));
        Some(format!("Without {}: {lost}", called(host, is_primary)))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return vec![Item::new(
            "Single machines",
            "Whichever one machine dies here, users still get files and pages. Firewall, switches and the site itself \
             are not counted.",
        )];
    }
    vec![Item::new(
        of_many(told.len(), "Single point of failure", "Single points of failure"),
        format!("Nothing is redundant where one machine does a part alone. {}", told.join(" ")),
    )]
}

/// The step that would cure the first single point of failure.
pub(super) fn next(infrastructure: &Infrastructure) -> Option<Item> {
    let points = infrastructure.single_points_of_failure();
    let first = points.first()?;
    let step = rationale::next_step(infrastructure, first);
    Some(Item::new("Next step", format!("For {}: {step}", first.host)))
}
