//! Whether a plan is sound engineering for its task, beyond what is graded. Reads the plan alone.

use super::super::figures::list;
use super::super::reading::{names, running};
use super::{Finding, Section, Task};
use crate::infra::{Haproxy, Host, Infrastructure, Peer, Policy, Protocol, Rule, Service};

/// What is looked at in a plan for this task, in order.
pub(super) fn findings(task: Task, infrastructure: &Infrastructure) -> Vec<Finding> {
    match task {
        Task::Simple => {
            vec![inner_order(infrastructure), database_clients("C-all-4", infrastructure, false)]
        }
        Task::Distributed => vec![
            one_writer("C1-1", infrastructure),
            record(infrastructure),
            database_clients("C-all-4", infrastructure, false),
        ],
        Task::Secured => vec![
            one_writer("C1-1", infrastructure),
            record(infrastructure),
            certificates("C2-1", infrastructure),
            database_clients("C-all-4", infrastructure, true),
        ],
        Task::ScaleUp => vec![
            shared_pool(infrastructure),
            addresses(infrastructure),
            one_writer("C3-6", infrastructure),
            database_clients("C3-8", infrastructure, true),
            certificates("C3-9", infrastructure),
            agents(infrastructure),
            open_rules(infrastructure),
        ],
    }
}

fn correct(
    id: &'static str,
    (holds, found): (bool, String),
    why: &'static str,
    todo: &str,
) -> Finding {
    Finding::judged(Section::Correctness, id, holds, found, why, todo)
}

fn inner_order(infrastructure: &Infrastructure) -> Finding {
    // Whether users get in at all is told by itself.
    let mut inside = infrastructure.clone();
    let everybody = Rule {
        name: "everybody".to_owned(),
        from: Peer::Internet,
        to: Peer::Any,
        protocol: Protocol::Any,
        policy: Policy::Allow,
        reason: String::new(),
        disabled: false,
    };
    inside.rules.insert(0, everybody);
    let holds = inside.served_without(&[]).dynamic_pages;
    let found = if holds {
        "a request for a page goes from Nginx to the application and from there to MySQL"
    } else {
        "a request for a page does not get from Nginx through the application to MySQL"
    };
    correct(
        "C0-1",
        (holds, found.to_owned()),
        "the web server takes the request, the application makes the page, the database has the data",
        "let Nginx pass requests on to the application, and the application ask MySQL",
    )
}

/// The hosts whose database is a primary.
fn primaries(infrastructure: &Infrastructure) -> Vec<&Host> {
    let is_primary =
        |service: &Service| service.as_mysql().is_some_and(|mysql| mysql.replica.is_none());
    running(infrastructure, is_primary)
}

fn one_writer(id: &'static str, infrastructure: &Infrastructure) -> Finding {
    let primaries = names(&primaries(infrastructure));
    let writes_wrong = |host: &&Host| {
        let app = host.services.iter().find_map(Service::as_app);
        app.is_some_and(|app| !primaries.contains(&app.database.as_str()))
    };
    let wrong: Vec<&Host> = infrastructure.hosts.iter().filter(writes_wrong).collect();
    let found = if wrong.is_empty() {
        format!("writes go to {}", list(&primaries))
    } else {
        format!(
            "{} would write to what is no primary; primary: {}",
            list(&names(&wrong)),
            list(&primaries)
        )
    };
    correct(
        id,
        (wrong.is_empty() && primaries.len() == 1, found),
        "two databases that both take writes drift apart, and a replica takes none",
        "one primary that every application writes to; the others its replicas",
    )
}

fn record(infrastructure: &Infrastructure) -> Finding {
    let is_balancer =
        |name: &str| infrastructure.host(name).is_some_and(|host| host.haproxy().is_some());
    let at = infrastructure.vips.iter().map(|vip| match vip.host.as_deref() {
        Some(host) => (is_balancer(host), format!("{} on {host}", vip.address)),
        None => (true, format!("{}, which keepalived moves", vip.address)),
    });
    let (right, told): (Vec<bool>, Vec<String>) = at.unzip();
    correct(
        "C1-2",
        (
            !right.is_empty() && right.iter().all(|right| *right),
            format!("{} leads to {}", infrastructure.domain, list(&told)),
        ),
        "users who go straight to a server pass the balancer by",
        "let the A record of www lead to the load balancer",
    )
}

/// Who could open the database's port without being an application or a database; inside only where firewalls are asked for.
fn database_clients(id: &'static str, infrastructure: &Infrastructure, inside: bool) -> Finding {
    let mut intruders = Vec::new();
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let has_business = |host: &Host| {
        host.services
            .iter()
            .any(|service| service.as_app().is_some() || service.as_mysql().is_some())
    };
    let strangers = infrastructure.hosts.iter().filter(|host| inside && !has_business(host));
    let strangers = strangers.map(|host| Peer::Host(host.name.clone()));
    for from in std::iter::once(Peer::Internet).chain(strangers) {
        for database in &databases {
            let port = infrastructure.database_port(&database.name);
            let reach = infrastructure.reach(&from, &database.name, port);
            let way = format!("{from} to {}", database.name);
            if reach.is_some_and(|reach| reach.is_open()) && !intruders.contains(&way) {
                intruders.push(way);
            }
        }
    }
    let found = if intruders.is_empty() {
        "nobody without a need for it can open the database's port".to_owned()
    } else {
        format!("the database's port is open from {}", list(&intruders))
    };
    correct(
        id,
        (intruders.is_empty(), found),
        "the data needs the most protection: users reach it only through the application",
        "let a firewall rule open the database's port to the applications alone",
    )
}

fn certificates(id: &'static str, infrastructure: &Infrastructure) -> Finding {
    let lacks = |host: &&Host| {
        let without = |haproxy: &Haproxy| {
            haproxy.tls_round_trips == 0 || haproxy.tls.is_some_and(|tls| !tls.certificate)
        };
        host.haproxy().is_some_and(without)
    };
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let lacking: Vec<&Host> = infrastructure.balancers().filter(lacks).collect();
    let again = infrastructure
        .balancers()
        .filter_map(Host::haproxy)
        .any(|haproxy| haproxy.tls.is_some_and(|tls| tls.to_servers));
    let behind = if again { "encrypted again behind" } else { "plain HTTP behind" };
    let found = if balancers.is_empty() {
        "there is no load balancer for TLS to end at".to_owned()
    } else if lacking.is_empty() {
        format!("TLS ends at {}, {behind}", list(&names(&balancers)))
    } else {
        format!(
            "{} cannot speak HTTPS: no certificate of this site that is in date",
            list(&names(&lacking))
        )
    };
    correct(
        id,
        (!balancers.is_empty() && lacking.is_empty(), found),
        "whichever balancer users meet has to prove the site's name",
        "give every balancer the certificate, and say where TLS ends",
    )
}

fn shared_pool(infrastructure: &Infrastructure) -> Finding {
    let pool = |host: &Host| {
        let backends = host.haproxy().into_iter().flat_map(|haproxy| &haproxy.backends);
        let mut servers: Vec<String> = backends
            .flat_map(|backend| &backend.servers)
            .map(|server| server.host.clone())
            .collect();
        servers.sort();
        servers.dedup();
        servers
    };
    let pools: Vec<Vec<String>> = infrastructure.balancers().map(pool).collect();
    let same = pools.windows(2).all(|pair| pair[0] == pair[1]);
    let first = pools.first().cloned().unwrap_or_default();
    let webs = running(infrastructure, |service| service.as_nginx().is_some());
    let missed: Vec<&str> = names(&webs)
        .into_iter()
        .filter(|web| pools.iter().any(|pool| !pool.iter().any(|server| server == web)))
        .collect();
    let found = match (same, missed.is_empty()) {
        (_, false) => format!("not every balancer has {} among its servers", list(&missed)),
        (false, true) => "the balancers do not send requests to the same servers".to_owned(),
        (true, true) => format!("every balancer has the same servers, on {}", list(&first)),
    };
    correct(
        "C3-1",
        (same && missed.is_empty() && !pools.is_empty(), found),
        "a balancer with a stack of its own is a second site, not a cluster",
        "name every web server in the backends of every balancer",
    )
}

fn addresses(infrastructure: &Infrastructure) -> Finding {
    let outside: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| !host.address.is_private()).collect();
    let fixed: Vec<&str> = infrastructure
        .vips
        .iter()
        .filter(|vip| vip.host.is_some())
        .map(|vip| vip.name.as_str())
        .collect();
    let found = match (&outside[..], &fixed[..]) {
        ([], []) => {
            let vips: Vec<String> =
                infrastructure.vips.iter().map(|vip| vip.address.to_string()).collect();
            let domain = &infrastructure.domain;
            format!("{domain} leads to {}; the machines have private addresses", list(&vips))
        }
        ([], fixed) => format!("{} cannot move: it belongs to one machine", list(fixed)),
        (outside, _) => format!("a public address of its own: {}", list(&names(outside))),
    };
    correct(
        "C3-3",
        (outside.is_empty() && fixed.is_empty() && !infrastructure.vips.is_empty(), found),
        "users should meet the address that can move, and nothing else",
        "let www lead to virtual addresses, and give the machines private ones",
    )
}

fn agents(infrastructure: &Infrastructure) -> Finding {
    let blind: Vec<&Host> =
        infrastructure.hosts.iter().filter(|host| host.service("agent").is_none()).collect();
    let is_heard = infrastructure.monitoring.is_some();
    let found = match (blind.is_empty(), is_heard) {
        (true, true) => "a monitoring agent on every machine, the balancers included".to_owned(),
        (true, false) => "nobody collects what the monitoring agents know".to_owned(),
        (false, _) => format!("no monitoring agent on {}", list(&names(&blind))),
    };
    correct(
        "C3-10",
        (blind.is_empty() && is_heard, found),
        "a dead spare that nobody notices makes the next failure the outage",
        "a monitoring agent on every machine, the balancers too, and a collector that asks them",
    )
}

fn open_rules(infrastructure: &Infrastructure) -> Finding {
    let open: Vec<&str> = infrastructure
        .rules
        .iter()
        .filter(|rule| rule.policy == Policy::Allow && !rule.disabled)
        .filter(|rule| rule.protocol == Protocol::Any)
        .filter(|rule| matches!(rule.from, Peer::Any | Peer::Internet))
        .map(|rule| rule.name.as_str())
        .collect();
    let found = if open.is_empty() {
        "between zones only what a rule names may pass".to_owned()
    } else {
        format!("{} lets everything through", list(&open))
    };
    correct(
        "C3-11",
        (open.is_empty(), found),
        "zones without a policy between them protect nothing",
        "say in each rule who may open which port where",
    )
}
