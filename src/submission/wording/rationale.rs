//! Why the design is scaled this way, what it gains, what it does not, and what would come next.

use super::super::Explanation;
use super::super::figures::{
    Death, app_rate, count, down, list, mysql_rate, nginx_rate, number, of_many, span, time,
};
use super::super::reading::{
    Mode, Role, database, ends_tls, haproxy, has_borders, is_chain, mode, names, replicas, servers,
    tier,
};
use super::losses::served;
use crate::infra::{Host, Infrastructure, Peer, Service, SinglePoint};

/// The whole rationale, in the order it is read.
pub(in super::super) fn all(infrastructure: &Infrastructure) -> Vec<Explanation> {
    let mut all = reasons(infrastructure);
    all.push(single_points(infrastructure));
    all
}

/// Why it is scaled as it is, without what is still single.
pub(in super::super) fn reasons(infrastructure: &Infrastructure) -> Vec<Explanation> {
    vec![
        one("Component separation", separation(infrastructure)),
        one("Horizontal and vertical scaling", scaling(infrastructure)),
        one("High availability", availability(infrastructure)),
        one("Performance", performance(infrastructure)),
        one("Security", security(infrastructure)),
    ]
}

fn one(heading: &str, paragraph: String) -> Explanation {
    Explanation { heading: heading.to_owned(), paragraphs: vec![paragraph] }
}

fn separation(infrastructure: &Infrastructure) -> String {
    let mixed = tier(infrastructure, Role::Mixed);
    if !mixed.is_empty() {
        return format!(
            "Several components still share {}: they compete for {} resources, and upgrading one stops all on the \
             machine.",
            list(&names(&mixed)),
            of_many(mixed.len(), "its", "their")
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
    let whole = tier(infrastructure, Role::Mixed).len();
    let horizontal = match apps.len() {
        0 if whole == 0 => String::new(),
        0 => format!(
            " Here {} everything: whatever part is short of resources, a whole machine has to be added.",
            count(whole, "machine holds", "machines hold")
        ),
        1 => format!(
            " The application tier is a single {}; a second would be the first step out.",
            apps[0].name
        ),
        n => format!(
            " The application tier has {n} servers, so {n} times the pages of one; another takes one more server line \
             on each {}.",
            if is_chain(infrastructure) { "web server" } else { "balancer" }
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
    let all: Vec<&Host> = infrastructure.balancers().collect();
    let balancers = list(&names(&all));
    let entrance = match (mode(infrastructure), all.len()) {
        (_, 0) => "Nothing here takes over from anything else.".to_owned(),
        (Mode::ActiveActive | Mode::ActivePassive, _) => {
            format!(
                "The balancers ({balancers}) take over addresses from each other by themselves."
            )
        }
        (Mode::NoCluster, 1) => format!("The balancer ({balancers}) has nobody to take its place."),
        (Mode::NoCluster, _) => "No balancer takes over another's address.".to_owned(),
    };
    let pool = pool_availability(infrastructure);
    let rarer = if pool.is_some() || mode(infrastructure) != Mode::NoCluster {
        " Downtime becomes rarer and shorter, not impossible: requests inside these windows fail."
    } else {
        ""
    };
    format!("{}{entrance}{rarer}", pool.unwrap_or_default())
}

/// How long a dead server of a pool goes on getting requests: of the applications' pool, else of the first with several.
fn pool_availability(infrastructure: &Infrastructure) -> Option<String> {
    let apps = tier(infrastructure, Role::App);
    let timeouts = &haproxy(infrastructure)?.timeouts;
    let all = servers(infrastructure);
    let of_app = all.iter().find(|(_, server)| apps.iter().any(|app| app.name == server.host));
    let of_pool = all.iter().find(|(backend, _)| backend.servers.len() > 1);
    let (backend, server) = of_app.or(of_pool).filter(|(_, server)| server.check)?;
    let stopped = span(down(server, timeouts, Death::Refuses));
    let silent = span(down(server, timeouts, Death::Silent));
    let kind = if of_app.is_some() { "application server" } else { "server" };
    let then =
        if backend.servers.len() > 1 { "the others carry on" } else { "nothing replaces it" };
    Some(format!(
        "A dead {kind} is out of rotation after {stopped} (program stopped) or {silent} (machine silent); {then}. "
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
    let borders = if has_borders(infrastructure) {
        format!(
            "{} with a policy each: what is not allowed is dropped.",
            count(infrastructure.zones.len(), "zone", "zones")
        )
    } else if infrastructure.hosts.len() == 1 {
        "One machine: its programs reach every port of each other.".to_owned()
    } else {
        "One network without borders inside: machines in it reach every port of each other."
            .to_owned()
    };
    let hidden = match inside.len() {
        0 => String::new(),
        n => format!(
            "; {} no port to the internet, so there is less to attack",
            count(n, "other machine shows", "other machines show")
        ),
    };
    let way = if ends_tls(infrastructure) {
        "TLS protects the way through the internet."
    } else {
        "Nothing is encrypted on the way through the internet."
    };
    format!(
        "{borders} From outside only {} can be reached, the controlled access {}{hidden}. {way}",
        list(&names(&outside)),
        of_many(outside.len(), "point", "points"),
    )
}

/// Exactly the computed single points of failure, one paragraph each, and the step that would cure it.
pub(in super::super) fn single_points(infrastructure: &Infrastructure) -> Explanation {
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
        let lost = served(whole, point.served_without);
        let step = next_step(infrastructure, point);
        paragraphs.push(format!("{}: {lost} Next step: {step}", point.host));
    }
    Explanation { heading: "Single points of failure and the next step".to_owned(), paragraphs }
}

/// What would cure a single point of failure.
pub(super) fn next_step(infrastructure: &Infrastructure, point: &SinglePoint) -> &'static str {
    let role = infrastructure.host(&point.host).map_or(Role::Other, Role::of);
    let has_replica = !replicas(infrastructure).is_empty();
    match role {
        Role::Balancer => {
            "a second balancer and VRRP between the two, so that the address can move."
        }
        Role::Web => "a second web server with the same files in the same backend.",
        Role::App => "a second application server with the same code beside it.",
        Role::Database | Role::Mixed if point.served_without.dynamic_pages && has_replica => {
            "let a watcher, a program such as orchestrator or MHA, promote the replica when the primary has been silent \
             for some seconds, instead of a person; and rehearse it."
        }
        Role::Database => {
            "a replica that copies the data, and a rehearsed promotion. A replica takes no writes until it is promoted, \
             and may lack the last ones."
        }
        Role::Mixed if infrastructure.balancers().next().is_none() => {
            "a second machine with the same components, and a load balancer before the two."
        }
        Role::Mixed | Role::Other => {
            "give each component a machine of its own, then a second of each."
        }
    }
}
