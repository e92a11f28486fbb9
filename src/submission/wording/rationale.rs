//! Why the design is scaled this way, what it gains, what it does not, and what would come next.

use super::super::Explanation;
use super::super::block::Item;
use super::super::figures::{
    Death, app_rate, count, down, list, mysql_rate, nginx_rate, number, span, time,
};
use super::super::reading::{Mode, Role, claims, database, haproxy, mode, names, servers, tier};
use super::hosts::served;
use crate::infra::{Host, Infrastructure, Peer, Service};

/// The whole rationale, in the order it is read.
pub(in super::super) fn all(infrastructure: &Infrastructure) -> Vec<Explanation> {
    vec![
        one("Component separation", separation(infrastructure)),
        one("Horizontal and vertical scaling", scaling(infrastructure)),
        one("High availability", availability(infrastructure)),
        one("Performance", performance(infrastructure)),
        one("Security", security(infrastructure)),
        single_points(infrastructure),
    ]
}

fn one(heading: &str, paragraph: String) -> Explanation {
    Explanation { heading: heading.to_owned(), paragraphs: vec![paragraph] }
}

fn separation(infrastructure: &Infrastructure) -> String {
    let mixed = tier(infrastructure, Role::Mixed);
    if !mixed.is_empty() {
        return format!(
            "Several components still share {}: they compete for its resources, and upgrading one stops all.",
            list(&names(&mixed))
        );
    }
    format!(
        "Web, application and database stand on machines of their own ({} in all, balancers included). One cannot \
         starve another, each is sized, tuned, upgraded and restarted alone, and a break-in stays on one machine. The \
         price is money and a hop of {} each way between them.",
        count(infrastructure.hosts.len(), "machine", "machines"),
        time(infrastructure.network.lan_latency)
    )
}

fn scaling(infrastructure: &Infrastructure) -> String {
    let apps = tier(infrastructure, Role::App);
    let horizontal = match apps.len() {
        0 => String::new(),
        1 => format!(
            " The application tier is a single {}; a second would be the first step out.",
            apps[0].name
        ),
        n => format!(
            " The application tier has {n} servers, so {n} times the pages of one; another takes one more server line \
             on each balancer.",
        ),
    };
    let databases = tier(infrastructure, Role::Database);
    let vertical = databases.first().map(|host| {
        format!(
            " {} takes every write alone, so it grows up: it has {} and {} GiB already.",
            host.name,
            count(host.cores as usize, "core", "cores"),
            host.memory_gib
        )
    });
    format!(
        "Vertical scaling (up) is a bigger machine: simple, limited, still one machine. Horizontal scaling (out) is more \
         machines.{horizontal}{}",
        vertical.unwrap_or_default()
    )
}

fn availability(infrastructure: &Infrastructure) -> String {
    let balancers = list(&names(&infrastructure.balancers().collect::<Vec<_>>()));
    let entrance = match mode(infrastructure) {
        Mode::ActiveActive | Mode::ActivePassive => {
            format!(
                "The balancers ({balancers}) take over addresses from each other by themselves."
            )
        }
        Mode::NoCluster => "No balancer takes over another's address.".to_owned(),
    };
    format!(
        "{}{entrance} Downtime becomes rarer and shorter, not impossible: requests inside these windows fail.",
        pool_availability(infrastructure).unwrap_or_default()
    )
}

fn pool_availability(infrastructure: &Infrastructure) -> Option<String> {
    let apps = tier(infrastructure, Role::App);
    let timeouts = &haproxy(infrastructure)?.timeouts;
    let (_, server) = servers(infrastructure)
        .into_iter()
        .find(|(_, server)| apps.iter().any(|app| app.name == server.host))?;
    let stopped = span(down(server, timeouts, Death::Refuses));
    let silent = span(down(server, timeouts, Death::Silent));
    let then = if apps.len() > 1 { "the others carry on" } else { "nothing replaces it" };
    Some(format!(
        "A dead application server is out of rotation after {stopped} (program stopped) or {silent} (machine silent); \
         {then}. "
    ))
}

/// What one machine does on paper, in its own unit.
fn rate(infrastructure: &Infrastructure, host: &Host) -> Option<f64> {
    host.services.iter().find_map(|service| match service {
        Service::Nginx(nginx) => Some(nginx_rate(nginx)),
        Service::App(app) => Some(app_rate(app, database(infrastructure, host))),
        Service::Mysql(mysql) => Some(mysql_rate(mysql)),
        Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => None,
    })
}

fn performance(infrastructure: &Infrastructure) -> String {
    let sum = |role: Role, unit: &str| {
        let hosts = tier(infrastructure, role);
        let total: f64 = hosts.iter().filter_map(|host| rate(infrastructure, host)).sum();
        (!hosts.is_empty()).then(|| {
            format!("{} {unit} a second ({})", number(libm::round(total)), list(&names(&hosts)))
        })
    };
    let tiers: Vec<String> =
        [sum(Role::Web, "files"), sum(Role::App, "pages"), sum(Role::Database, "queries")]
            .into_iter()
            .flatten()
            .collect();
    let apps = tier(infrastructure, Role::App);
    let plan = match apps.first().and_then(|app| rate(infrastructure, app)) {
        Some(each) if apps.len() > 1 => format!(
            " Plan for {} pages, what is left when one application server is dead, and stay well below: waiting grows \
             steeply near the limit.",
            number(libm::round(each * (apps.len() - 1) as f64))
        ),
        _ => " Stay well below: waiting grows steeply near the limit.".to_owned(),
    };
    if tiers.is_empty() {
        return "Components that share a machine slow each other down when one of them is busy."
            .to_owned();
    }
    format!(
        "With resources of their own the tiers do not contend. All workers busy, they do at most about {}.{plan}",
        list(&tiers)
    )
}

fn security(infrastructure: &Infrastructure) -> String {
    let answers = |host: &&Host| {
        let reach = |port| infrastructure.reach(&Peer::Internet, &host.name, port);
        host.services.iter().flat_map(Service::ports).filter_map(reach).any(|reach| reach.is_open())
    };
    let (outside, inside): (Vec<&Host>, Vec<&Host>) =
        infrastructure.hosts.iter().partition(answers);
    format!(
        "{} with a policy each: what is not allowed is dropped. From outside only {} can be reached, the controlled \
         access points; {} no port to the internet, so there is less to attack. TLS protects the way through the \
         internet.",
        count(infrastructure.zones.len(), "zone", "zones"),
        list(&names(&outside)),
        count(inside.len(), "other machine shows", "other machines show"),
    )
}

/// Exactly the computed single points of failure, one paragraph each, and the step that would cure it.
fn single_points(infrastructure: &Infrastructure) -> Explanation {
    let whole = infrastructure.served_without(&[]);
    let points = infrastructure.single_points_of_failure();
    let mut paragraphs = vec![if points.is_empty() {
        "Whichever one machine dies here, users still get static files and dynamic pages. What this count leaves out \
         can still fail alone: firewall, switches, power, the site, a bad release."
            .to_owned()
    } else {
        format!(
            "Redundancy ends where a tier has one machine. Computed from this design, {}: {}.",
            count(
                points.len(),
                "machine takes something away from users when it dies",
                "machines take something away \
                   from users when they die"
            ),
            list(&points.iter().map(|point| point.host.as_str()).collect::<Vec<_>>())
        )
    }];
    for point in &points {
        let role = infrastructure.host(&point.host).map_or(Role::Other, Role::of);
        let step = if point.served_without.dynamic_pages && role == Role::Database {
            "promote the replica by a watcher (promote_after) instead of by hand, and rehearse it."
        } else {
            next_step(role)
        };
        let lost = served(whole, point.served_without);
        paragraphs.push(format!("{}: {lost} Next step: {step}", point.host));
    }
    Explanation { heading: "Single points of failure and the next step".to_owned(), paragraphs }
}

fn next_step(role: Role) -> &'static str {
    match role {
        Role::Balancer => {
            "a second balancer and VRRP between the two, so that the address can move."
        }
        Role::Web => "a second web server with the same files in the same backend.",
        Role::App => "a second application server with the same code in the same backend.",
        Role::Database => {
            "a replica that copies the data, and a rehearsed promotion. A replica takes no writes until it is promoted, \
             and may lack the last ones."
        }
        Role::Mixed | Role::Other => {
            "give each component a machine of its own, then a second of each."
        }
    }
}

/// What the exercise wants learned, and where it is shown here.
pub(in super::super) fn objectives(infrastructure: &Infrastructure) -> Vec<Item> {
    let owners: Vec<String> = infrastructure
        .vips
        .iter()
        .filter_map(|vip| {
            claims(infrastructure, vip)
                .first()
                .map(|claim| format!("{} on {}", vip.name, claim.host.name))
        })
        .collect();
    let points: Vec<String> =
        infrastructure.single_points_of_failure().into_iter().map(|point| point.host).collect();
    let single = if points.is_empty() { "see above".to_owned() } else { list(&points) };
    let moving = if owners.is_empty() { "none here".to_owned() } else { list(&owners) };
    vec![
        Item::new(
            "Understand scalable architecture",
            "Which tier grows, in which direction and why: horizontal and vertical scaling, performance.",
        ),
        Item::new(
            "Master load-balancing concepts",
            "Algorithm, health checks, retries, persistence and pools: the load balancer's section.",
        ),
        Item::new(
            "Learn component separation",
            format!(
                "{}, each explained with its reason and its cost.",
                count(infrastructure.hosts.len(), "machine", "machines")
            ),
        ),
        Item::new(
            "Implement high availability",
            format!("Addresses that can move ({moving}); what is still single: {single}."),
        ),
    ]
}
