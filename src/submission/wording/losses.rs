//! What users lose when a machine dies: what still answers, for how long requests fail, who takes over.

use super::super::figures::{
    Death, down, given_up_after, list, number, of_many, span, takeover, time, tracked_takeover,
};
use super::super::reading::{
    Role, claims, haproxy, names, running, served_without, servers, share,
};
use crate::infra::{Host, Infrastructure, Served, Service};

/// What users lose without a machine, and for how long.
pub(super) fn without(infrastructure: &Infrastructure, host: &Host) -> String {
    let whole = infrastructure.served_without(&[]);
    let left = served_without(infrastructure, host);
    let mut text = served(whole, left);
    if whole != left {
        text.push_str(" A single point of failure.");
    }
    let more = match Role::of(host) {
        Role::Balancer => balancer_lost(infrastructure, host),
        Role::Web | Role::App if whole == left => server_lost(infrastructure, host),
        Role::Mixed if left.dynamic_pages => server_lost(infrastructure, host),
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
    if !left.static_files && !left.dynamic_pages && whole.static_files && whole.dynamic_pages {
        return "Static files and dynamic pages fail.".to_owned();
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
    let percent = number(libm::round(share(backend, server) * 100.0));
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
    let Some(app) = clients.first().and_then(|host| host.services.iter().find_map(Service::as_app))
    else {
        let replica = host.services.iter().find_map(Service::as_mysql)?.replica.as_ref()?;
        return Some(format!(
            "Reads turn to {}. If the machine is silent, each waits for it first, and under load all workers do.",
            replica.source
        ));
    };
    if app.reads_from.is_some() {
        return Some(
            "Reads go on from the replica, which may lack the last changes; writes end with an error until it is \
             promoted."
                .to_owned(),
        );
    }
    let n = clients.len();
    let waits = time(app.database_connect_timeout);
    let is_checked = servers(infrastructure)
        .iter()
        .any(|(_, server)| server.check && clients.iter().any(|client| client.name == server.host));
    let answers = if is_checked {
        format!(
            "{} UP ({} health check does not ask it) and {} 500",
            of_many(n, "stays", "stay"),
            of_many(n, "its", "their"),
            of_many(n, "answers", "answer")
        )
    } else {
        format!("{} 500", of_many(n, "answers", "answer"))
    };
    let then = if is_checked {
        "checks fail and HAProxy answers 504, then 503"
    } else {
        "and whoever passed the request on answers 504"
    };
    Some(format!(
        "If MySQL stops, {} {answers}. If the machine is silent, each worker waits {waits}: under load all get stuck, \
         {then}.",
        list(&names(&clients)),
    ))
}
