//! What each machine is, why it was added, what users lose without it, what it costs.

use super::super::ComponentExplanation;
use super::super::figures::{app_rate, count, list, number, of_many, time};
use super::super::reading::{Mode, Role, claims, database, ends_tls, mode, names, running, tier};
use super::{graded, losses};
use crate::infra::{App, Haproxy, Host, Infrastructure, Mysql, Nginx, Service};

/// A machine explained.
pub(in super::super) fn explain(
    infrastructure: &Infrastructure,
    host: &Host,
) -> ComponentExplanation {
    let services = host.services.iter().filter_map(|service| what(infrastructure, host, service));
    let what: Vec<String> = services.collect();
    let title = if host.title.is_empty() {
        format!("{}: {}", host.name, host.role)
    } else {
        format!("{} ({}): {}", host.name, host.title, host.role)
    };
    ComponentExplanation {
        name: host.name.clone(),
        title,
        what: if what.is_empty() {
            "A machine that works on no request.".to_owned()
        } else {
            what.join(" ")
        },
        why_added: format!("{}{}", called(infrastructure, host), why_added(infrastructure, host)),
        without_it: losses::without(infrastructure, host),
        cost: cost(infrastructure, host),
    }
}

fn web_server(nginx: &Nginx) -> String {
    let files = format!(
        "Nginx hands out static files (pictures, style sheets, scripts) on port {}, unchanged, in {} on average.",
        nginx.port,
        time(nginx.service_time)
    );
    let servers = nginx.upstream_servers().iter().map(|server| server.host.as_str());
    let servers: Vec<&str> = servers.collect();
    if servers.is_empty() {
        return files;
    }
    format!("{files} It passes everything else on to the application ({}).", list(&servers))
}

fn database_server(infrastructure: &Infrastructure, host: &Host, mysql: &Mysql) -> String {
    let clients = names(&running(infrastructure, |service| {
        let asks =
            |app: &App| app.database == host.name || app.reads_from.as_ref() == Some(&host.name);
        service.as_app().is_some_and(asks)
    }));
    if let Some(replica) = &mysql.replica {
        return format!(
            "MySQL copies the data of {}, {} behind, and answers reads on port {} from {}. It takes no writes until it \
                     is promoted.",
            replica.source,
            time(replica.lag),
            mysql.port,
            list(&clients)
        );
    }
    format!(
        "MySQL keeps all data and answers queries on port {} from {}.",
        mysql.port,
        list(&clients)
    )
}

fn balancer(haproxy: &Haproxy) -> String {
    let backends: Vec<String> = haproxy
        .backends
        .iter()
        .map(|backend| {
            let names: Vec<&str> =
                backend.servers.iter().map(|server| server.name.as_str()).collect();
            format!("{} ({})", backend.name, list(&names))
        })
        .collect();
    let mut servers = haproxy.backends.iter().flat_map(|backend| &backend.servers);
    let checks =
        if servers.any(|server| server.check) { "checks the servers' health and " } else { "" };
    let (scheme, ends) =
        if haproxy.tls_round_trips > 0 { ("HTTPS", "ends TLS, ") } else { ("HTTP", "") };
    format!(
        "HAProxy accepts {scheme} on port {}, {ends}{checks}spreads the requests over the {} {}.",
        haproxy.port,
        of_many(backends.len(), "backend", "backends"),
        list(&backends)
    )
}

fn what(infrastructure: &Infrastructure, host: &Host, service: &Service) -> Option<String> {
    let text = match service {
        Service::Haproxy(haproxy) => balancer(haproxy),
        Service::Keepalived(_) => {
            let part = |vip: &crate::infra::Vip| {
                let claims = claims(infrastructure, vip);
                let rank = claims.iter().position(|claim| claim.host.name == host.name)?;
                let state = if rank == 0 { "MASTER" } else { "BACKUP" };
                Some(format!("{state} of {} {}", vip.name, vip.address))
            };
            let parts: Vec<String> = infrastructure.vips.iter().filter_map(part).collect();
            format!("keepalived makes it {}.", list(&parts))
        }
        Service::Nginx(nginx) => web_server(nginx),
        Service::App(app) => format!(
            "The application runs its logic for every dynamic page on port {}, {} at once ({}), and asks MySQL on {} \
             for the data.{}",
            app.port,
            app.workers,
            count(app.workers as usize, "worker", "workers"),
            app.database,
            app.reads_from
                .as_ref()
                .map(|replica| format!(" What it only reads it asks {replica} for."))
                .unwrap_or_default()
        ),
        Service::Mysql(mysql) => database_server(infrastructure, host, mysql),
        Service::Agent => return None,
    };
    Some(text)
}

/// Whether the exercise's additional server is this one.
fn called(infrastructure: &Infrastructure, host: &Host) -> &'static str {
    let additional = graded::additional(infrastructure);
    match additional.len() {
        _ if additional.iter().all(|other| other.name != host.name) => "",
        1 => "The additional server. ",
        _ => "An additional server. ",
    }
}

fn why_added(infrastructure: &Infrastructure, host: &Host) -> String {
    let peers = tier(infrastructure, Role::of(host));
    let others: Vec<&str> = names(&peers).into_iter().filter(|name| *name != host.name).collect();
    match Role::of(host) {
        Role::Balancer if others.is_empty() => {
            "It gives users one entrance and spreads their requests, so that servers can be added or lost behind it."
                .to_owned()
        }
        Role::Balancer => {
            let cluster = match mode(infrastructure) {
                Mode::ActiveActive | Mode::ActivePassive => {
                    "form a cluster: if one fails, another takes over"
                }
                Mode::NoCluster => "share the work, but some address has nobody to take it over",
            };
            format!(
                "With a single balancer the site would go down with it, however healthy the servers behind. {} \
                 {cluster}.",
                list(&names(&peers))
            )
        }
        Role::Web if peers.first().is_some_and(|first| first.name != host.name) => format!(
            "It does the same as {}, so that files, and the way to the application, outlive the death of either.",
            list(&others)
        ),
        Role::Web => "Files need many cheap connections and little else. On its own machine the web server keeps its \
                      pace while pages are being computed, and is tuned for files alone."
            .to_owned(),
        Role::App if peers.first().is_some_and(|first| first.name == host.name) => {
            "Computing pages takes processor time. On its own machine the application is sized, deployed and restarted \
             without touching files or data."
                .to_owned()
        }
        Role::App => format!(
            "It runs the same code as {}: more pages a second (horizontal scaling), and dynamic \
             pages outlive the death of either (redundancy).",
            list(&others)
        ),
        Role::Database if is_replica(host) => "It holds a copy of the data, so that reads are shared and the data outlives \
                                               the primary's machine."
            .to_owned(),
        Role::Database => "Data needs memory and fast disks of its own and the most protection, so it stands apart from \
                           everything users touch."
            .to_owned(),
        Role::Mixed if peers.first().is_some_and(|first| first.name != host.name) => format!(
            "It holds the same components as {}, so that users are served by one while {} is dead or busy.",
            list(&others),
            of_many(others.len(), "the other", "another")
        ),
        Role::Mixed if !others.is_empty() => format!(
            "It holds all components, which is cheap and simple, and {} {} the same: one serves users while {} is dead or \
             busy.",
            list(&others),
            of_many(others.len(), "holds", "hold"),
            of_many(others.len(), "the other", "another")
        ),
        Role::Mixed => "One machine is cheap and simple to begin with; its programs compete for processor, memory and \
                        disk, and share its fate."
            .to_owned(),
        Role::Other => "It serves the people who run the site, not its users.".to_owned(),
    }
}

fn is_replica(host: &Host) -> bool {
    let mut databases = host.services.iter().filter_map(Service::as_mysql);
    databases.any(|mysql| mysql.replica.is_some())
}

fn cost(infrastructure: &Infrastructure, host: &Host) -> String {
    let machine = format!(
        "A machine ({}, {} GiB memory, disk: {}) to pay, patch and watch",
        count(host.cores as usize, "core", "cores"),
        host.memory_gib,
        host.disk
    );
    let hop = time(infrastructure.network.lan_latency);
    match Role::of(host) {
        Role::Balancer if tier(infrastructure, Role::Balancer).len() > 1 => format!(
            "{machine}; configuration{} kept the same on all balancers; spare capacity, since the survivor must carry \
             everything.",
            if ends_tls(infrastructure) { " and certificate" } else { "" }
        ),
        Role::Web | Role::Balancer => format!("{machine}; one more hop, {hop} each way."),
        Role::App => {
            let app = host.services.iter().find_map(Service::as_app);
            let rate = app.map_or(0.0, |app| app_rate(app, database(infrastructure, host)));
            format!(
                "{machine}, for about {} pages a second on paper. It may keep no session or upload on its own disk.",
                number(libm::round(rate))
            )
        }
        Role::Database => format!(
            "{machine}; a hop of {hop} each way for every query; backups and tested restores."
        ),
        Role::Mixed => format!("{machine}; its components are outgrown and restarted together."),
        Role::Other => format!("{machine}."),
    }
}
