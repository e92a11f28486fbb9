//! The way of a request in six steps, and the diagram in words.

use super::super::figures::{list, of_many};
use super::super::reading::{
    Mode, Role, applications, claims, haproxy, is_chain, mode, names, replicas, running, tier, webs,
};
use crate::infra::{Balance, Haproxy, Host, Infrastructure, Service};

/// How a `balance` algorithm chooses, to follow "a request goes".
pub(in super::super) const fn manner(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => "in turn, by weight (roundrobin)",
        Balance::StaticRr => "in turn, by a table of weights (static-rr)",
        Balance::Leastconn => {
            "to the server with the fewest connections for its weight (leastconn)"
        }
        Balance::First => "to the first server that is not full (first)",
        Balance::Random { .. } => "to the least loaded of some servers drawn by weight (random)",
        Balance::Source => "by the client's address (source)",
        Balance::Uri(_) => "by its path (uri)",
        Balance::UrlParam { .. } => "by a parameter of its query (url_param)",
        Balance::Hdr { .. } => "by one of its headers (hdr)",
    }
}

/// What a `balance` algorithm is good and bad at.
pub(in super::super) const fn character(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin => {
            "Round robin is fair when requests cost about the same; it does not see how busy a server is."
        }
        Balance::StaticRr => {
            "The table costs nothing to walk and knows no limit of servers, but weights cannot be changed at run time."
        }
        Balance::Leastconn => {
            "Counting connections suits requests of very different length; with short ones it comes down to taking turns."
        }
        Balance::First => {
            "Filling one server after the other lets the rest be switched off; it needs a maxconn on each server."
        }
        Balance::Random { .. } => {
            "Drawing by chance and comparing the load suits many balancers that know nothing of each other."
        }
        Balance::Source => {
            "The same client meets the same server, without a cookie; clients behind one address all meet the same one."
        }
        Balance::Uri(_) => {
            "The same page is always made by the same server, which suits its cache; a popular page loads one server."
        }
        Balance::UrlParam { .. } | Balance::Hdr { .. } => {
            "What the request itself says decides, so one user's requests can meet at one server; others go in turn."
        }
    }
}

/// The picture for whoever does not see it.
pub(in super::super) fn alt_text(infrastructure: &Infrastructure) -> String {
    let listed = |hosts: &[&Host]| list(&names(hosts));
    let domain = &infrastructure.domain;
    let balancers: Vec<&Host> = infrastructure.balancers().collect();
    let entrance = match (mode(infrastructure), balancers.len()) {
        (_, 0) => "users reach",
        (Mode::ActiveActive | Mode::ActivePassive, _) => "users reach the load balancer cluster",
        (Mode::NoCluster, 1) => "users reach the load balancer",
        (Mode::NoCluster, _) => "users reach the load balancers",
    };
    let mixed = tier(infrastructure, Role::Mixed);
    if !mixed.is_empty() {
        let hold = of_many(mixed.len(), "holds", "each hold");
        let lacks = |host: &&Host| {
            ["nginx", "app", "mysql"].iter().any(|name| host.service(name).is_none())
        };
        let some = if mixed.iter().any(lacks) { "several of " } else { "" };
        let mixed = listed(&mixed);
        let way = if balancers.is_empty() {
            format!("{entrance} {mixed}, which")
        } else {
            format!("{entrance} ({}), which sends requests to {mixed}; these", listed(&balancers))
        };
        let own = if infrastructure.guards_each_host() {
            " Each machine has a firewall of its own."
        } else {
            ""
        };
        return format!(
            "Diagram of {domain}: {way} {hold} {some}web server, application and database.{own}"
        );
    }
    let [webs, apps] = [webs(infrastructure), applications(infrastructure)];
    let databases = running(infrastructure, |service| service.as_mysql().is_some());
    let web = format!("the web {} ({})", of_many(webs.len(), "server", "servers"), listed(&webs));
    let app =
        format!("the application {} ({})", of_many(apps.len(), "server", "servers"), listed(&apps));
    let way = if is_chain(infrastructure) {
        let pass = of_many(webs.len(), "passes", "pass");
        format!("sends requests to {web}, which {pass} dynamic ones on to {app}")
    } else {
        format!("sends static requests to {web} and dynamic ones to {app}")
    };
    let query = of_many(apps.len(), "it queries", "these query");
    let database = of_many(databases.len(), "database", "databases");
    format!(
        "Diagram of {domain}: {entrance} ({}), which {way}; {query} the {database} ({}).",
        listed(&balancers),
        listed(&databases)
    )
}

/// The six steps of the exercise.
pub(in super::super) fn steps(infrastructure: &Infrastructure) -> Vec<String> {
    let apps = applications(infrastructure);
    let straight = || {
        "No balancer stands in this design: every request goes straight to the web server."
            .to_owned()
    };
    vec![
        entry(infrastructure),
        haproxy(infrastructure).map_or_else(straight, distribution),
        static_step(infrastructure),
        dynamic_step(infrastructure, &apps),
        database_step(infrastructure, &apps),
        way_back(infrastructure),
    ]
}

fn way_back(infrastructure: &Infrastructure) -> String {
    let balancer = haproxy(infrastructure).is_some();
    match (is_chain(infrastructure), balancer) {
        (true, true) => {
            "The response returns by the same path: database, application, Nginx, the balancer that accepted the request, \
             user. A static file returns from Nginx through the balancer."
        }
        (true, false) => {
            "The response returns by the same path: database, application, Nginx, user. A static file returns from Nginx."
        }
        (false, _) => {
            "The response returns by the same path: database, application server, the balancer that accepted the request, \
             user. A static file returns from the web server through the balancer."
        }
    }
    .to_owned()
}

fn entry(infrastructure: &Infrastructure) -> String {
    let vips: Vec<String> = infrastructure
        .vips
        .iter()
        .map(|vip| {
            let owner =
                claims(infrastructure, vip).first().map(|claim| format!(" on {}", claim.host.name));
            format!("{} {}{}", vip.name, vip.address, owner.unwrap_or_default())
        })
        .collect();
    let services = infrastructure.hosts.iter().flat_map(|host| &host.services);
    let nginx = services.filter_map(Service::as_nginx).map(|nginx| nginx.port).next();
    let (port, protocol) = match haproxy(infrastructure) {
        Some(haproxy) if haproxy.tls_round_trips > 0 => (haproxy.port, "HTTPS"),
        Some(haproxy) => (haproxy.port, "HTTP"),
        None => (nginx.unwrap_or(0), "HTTP"),
    };
    let moves = infrastructure.vips.iter().any(|vip| vip.host.is_none());
    let records = match (moves, vips.len()) {
        (true, 1) => "the cluster's A record",
        (true, _) => "the cluster's A records",
        (false, 1) => "the A record",
        (false, _) => "the A records",
    };
    let domain = &infrastructure.domain;
    let vips = list(&vips);
    let to = if infrastructure.vips.len() > 1 { "one of them" } else { "it" };
    format!(
        "A user's browser asks DNS for {domain}, gets {records} ({vips}) and opens {protocol}, TCP {port}, to {to}."
    )
}

fn distribution(haproxy: &Haproxy) -> String {
    let servers = |name: &str| {
        let backend = haproxy.backends.iter().find(|backend| backend.name == name);
        backend.map_or_else(
            || format!("backend {name}"),
            |backend| {
                let names: Vec<&str> =
                    backend.servers.iter().map(|server| server.name.as_str()).collect();
                let manner = if names.len() > 1 {
                    format!(" {}", manner(&backend.balance))
                } else {
                    String::new()
                };
                format!("backend {name} ({}){manner}", list(&names))
            },
        )
    };
    let by_path: Vec<String> = haproxy
        .path_rules
        .iter()
        .map(|rule| format!("{} goes to {}", rule.path_beg, servers(&rule.backend)))
        .collect();
    let rest = if by_path.is_empty() { "everything" } else { "everything else" };
    let mut ways = by_path;
    ways.push(format!("{rest} goes to {}", servers(&haproxy.default_backend)));
    let manner = if haproxy.path_rules.is_empty() { "distributes" } else { "distributes by path" };
    let tls = if haproxy.tls_round_trips > 0 { "ends TLS and " } else { "" };
    format!("HAProxy {tls}{manner}: {}.", ways.join("; "))
}

fn static_step(infrastructure: &Infrastructure) -> String {
    let is_web = |service: &Service| matches!(service, Service::Nginx(_));
    let hosts = running(infrastructure, is_web);
    if hosts.is_empty() {
        return "No web server stands apart for static content in this design.".to_owned();
    }
    format!("Static content: Nginx on {} answers from its disk.", sockets(&hosts, is_web))
}

fn dynamic_step(infrastructure: &Infrastructure, apps: &[&Host]) -> String {
    if apps.is_empty() {
        return "No application server stands in this design.".to_owned();
    }
    let apps = sockets(apps, |service| service.as_app().is_some());
    if is_chain(infrastructure) {
        return format!(
            "Dynamic requests: Nginx passes them on (proxy_pass) to the application on {apps}, which computes the page."
        );
    }
    format!("Dynamic requests: the application on {apps} computes the page.")
}

fn database_step(infrastructure: &Infrastructure, apps: &[&Host]) -> String {
    let asked = |host: &&Host| {
        let asks = |app: &crate::infra::App| app.database == host.name;
        apps.iter().flat_map(|host| &host.services).filter_map(Service::as_app).any(asks)
    };
    let databases: Vec<&Host> = running(infrastructure, |service| service.as_mysql().is_some())
        .into_iter()
        .filter(asked)
        .collect();
    if databases.is_empty() {
        return "No database stands in this design.".to_owned();
    }
    let primary = sockets(&databases, |service| service.as_mysql().is_some());
    let reads = replicas(infrastructure);
    if reads.is_empty() {
        return format!(
            "Data: the application asks MySQL on {primary}, which reads and writes all data."
        );
    }
    let replica = sockets(&reads, |service| service.as_mysql().is_some());
    format!(
        "Data: the application writes to the primary, MySQL on {primary}, and may read from its replica, MySQL on {replica}."
    )
}

/// `web-1 (10.0.20.11:80)`: where the service of this kind listens.
fn sockets(hosts: &[&Host], is: impl Fn(&Service) -> bool) -> String {
    let socket = |host: &&Host| {
        let serving = host.services.iter().filter(|service| is(service));
        let port = serving.flat_map(Service::ports).next().unwrap_or(0);
        format!("{} ({}:{port})", host.name, host.address)
    };
    list(&hosts.iter().map(socket).collect::<Vec<_>>())
}
