//! What each machine is, why it was added, what users lose without it, what it costs.

use super::super::ComponentExplanation;
use super::super::figures::{
    Death, app_rate, count, down, given_up_after, list, number, span, takeover, time,
    tracked_takeover,
};
use super::super::reading::{
    Mode, Role, claims, database, haproxy, mode, names, running, served_without, servers, share,
    tier,
};
use crate::infra::{App, Host, Infrastructure, Mysql, Nginx, Served, Service};

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
        why_added: why_added(infrastructure, host),
        without_it: without(infrastructure, host),
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

fn what(infrastructure: &Infrastructure, host: &Host, service: &Service) -> Option<String> {
    let text = match service {
        Service::Haproxy(haproxy) => {
            let backends: Vec<String> = haproxy
                .backends
                .iter()
                .map(|backend| {
                    let names: Vec<&str> =
                        backend.servers.iter().map(|server| server.name.as_str()).collect();
                    format!("{} ({})", backend.name, list(&names))
                })
                .collect();
            format!(
                "HAProxy accepts HTTPS on port {}, ends TLS, checks the servers' health and spreads the requests over \
                 the backends {}.",
                haproxy.port,
                list(&backends)
            )
        }
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
            "The application runs its logic for every dynamic page on port {}, {} at once ({} workers), and asks MySQL \
             on {} for the data.{}",
            app.port,
            app.workers,
            app.workers,
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
        Role::Web => "Files need many cheap connections and little else. On its own machine the web server keeps its \
                      pace while pages are being computed, and is tuned for files alone."
            .to_owned(),
        Role::App if peers.first().is_some_and(|first| first.name == host.name) => {
            "Computing pages takes processor time. On its own machine the application is sized, deployed and restarted \
             without touching files or data."
                .to_owned()
        }
        Role::App => format!(
            "The additional server. It runs the same code as {}: more pages a second (horizontal scaling), and dynamic \
             pages outlive the death of either (redundancy).",
            list(&others)
        ),
        Role::Database => "Data needs memory and fast disks of its own and the most protection. It stands alone in the \
                           innermost zone, apart from everything users touch."
            .to_owned(),
        Role::Mixed => "One machine is cheap and simple to begin with; its programs compete for processor, memory and \
                        disk, and share its fate."
            .to_owned(),
        Role::Other => "It serves the people who run the site, not its users.".to_owned(),
    }
}

fn without(infrastructure: &Infrastructure, host: &Host) -> String {
    let whole = infrastructure.served_without(&[]);
    let left = served_without(infrastructure, host);
    let mut text = served(whole, left);
    if whole != left {
        text.push_str(" A single point of failure.");
    }
    let more = match Role::of(host) {
        Role::Balancer => balancer_lost(infrastructure, host),
        Role::Web | Role::App if whole == left => server_lost(infrastructure, host),
        Role::Database => database_lost(infrastructure, host),
        Role::Web | Role::App | Role::Mixed | Role::Other => None,
    };
    if let Some(more) = more {
        text.push(' ');
        text.push_str(&more);
    }
    text
}

/// What users still get, given what they get when all is well.
pub(in super::super) fn served(whole: Served, left: Served) -> String {
    let state = |what: &str, whole: bool, left: bool| match (whole, left) {
        (true, true) => format!("{what} are still served"),
        (true, false) => format!("{what} fail"),
        (false, _) => format!("{what} are not served in this design at all"),
    };
    let loses_writes = whole.writes && whole.dynamic_pages && left.dynamic_pages && !left.writes;
    if loses_writes && left.static_files {
        return "Static files and dynamic pages are still served, but nothing that users write can be stored."
            .to_owned();
    }
    if whole == left && whole.static_files && whole.dynamic_pages {
        return "Static files and dynamic pages are both still served.".to_owned();
    }
    let files = state("Static files", whole.static_files, left.static_files);
    let pages = state("dynamic pages", whole.dynamic_pages, left.dynamic_pages);
    format!("{files}; {pages}.")
}

fn balancer_lost(infrastructure: &Infrastructure, host: &Host) -> Option<String> {
    let mut moves = Vec::new();
    for vip in &infrastructure.vips {
        let claims = claims(infrastructure, vip);
        let [master, backup, ..] = claims[..] else { continue };
        if master.host.name != host.name {
            continue;
        }
        let machine = span(takeover(backup.keepalived.advert_int, backup.priority));
        let program = master.keepalived.track_script.map(|script| {
            format!(" ({} if only HAProxy stops)", span(tracked_takeover(&script, backup.priority)))
        });
        moves.push(format!(
            "{} takes over {} after {machine}{}.",
            backup.host.name,
            vip.name,
            program.unwrap_or_default()
        ));
    }
    if moves.is_empty() {
        return None;
    }
    Some(format!("{} Requests under way through {} are lost.", moves.join(" "), host.name))
}

fn server_lost(infrastructure: &Infrastructure, host: &Host) -> Option<String> {
    let haproxy = haproxy(infrastructure)?;
    let on_it = |(_, server): &(_, &crate::infra::Server)| server.host == host.name;
    let (backend, server) = servers(infrastructure).into_iter().find(on_it)?;
    let refused = span(down(server, &haproxy.timeouts, Death::Refuses));
    let silent = span(down(server, &haproxy.timeouts, Death::Silent));
    let percent = number(share(backend, server) * 100.0);
    let meanwhile = if haproxy.retries.redispatch.is_some() {
        "are tried again on another server".to_owned()
    } else {
        format!(
            "fail with 503 ({} or {} later)",
            time(given_up_after(haproxy.retries.retries, &haproxy.timeouts, Death::Refuses)),
            time(given_up_after(haproxy.retries.retries, &haproxy.timeouts, Death::Silent)),
        )
    };
    Some(format!(
        "Until the checks take it out ({refused} if the program stops, {silent} if the machine is silent), about \
         {percent} % of the requests of backend {} still go to it and {meanwhile}.",
        backend.name
    ))
}

fn database_lost(infrastructure: &Infrastructure, host: &Host) -> Option<String> {
    let asks = |service: &Service| service.as_app().is_some_and(|app| app.database == host.name);
    let clients = running(infrastructure, asks);
    let app: &App = clients.first()?.services.iter().find_map(Service::as_app)?;
    Some(format!(
        "If MySQL stops, {} stay UP (their health check does not ask it) and answer 500. If the machine is silent, each \
         worker waits {}: under load all get stuck, checks fail and HAProxy answers 504, then 503.",
        list(&names(&clients)),
        time(app.database_connect_timeout)
    ))
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
            "{machine}; configuration and certificate kept the same on all balancers; spare capacity, since the \
             survivor must carry everything."
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
        Role::Mixed | Role::Other => format!("{machine}."),
    }
}
