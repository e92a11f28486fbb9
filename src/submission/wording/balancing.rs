//! The balancer's settings in sentences: cluster, algorithm, checks, retries, pools, TLS, persistence, statistics.

use super::super::block::Item;
use super::super::figures::{Death, capital, count, given_up_after, list, lower, of_many, time};
use super::super::reading::{
    Mode, applications, claims, encrypts_again, mode, mode_of_servers, names, servers,
};
use super::workflow::{character, manner};
use crate::infra::{App, Haproxy, Host, Infrastructure, Peer, SessionStore};

/// `HAProxy`, setting by setting.
pub(in super::super) fn haproxy(infrastructure: &Infrastructure, of: &Haproxy) -> Vec<Item> {
    vec![
        Item::new("Cluster", cluster(infrastructure)),
        Item::new("Algorithm", algorithm(of)),
        Item::new("Servers", pool_mode(infrastructure)),
        Item::new("Health checks", health(infrastructure, of)),
        Item::new("Failover, retries", retries(of)),
        Item::new("Dynamic server pools", pools(infrastructure, of)),
        Item::new("Statistics", statistics(infrastructure, of)),
    ]
}

/// How the balancers stand to each other.
pub(super) fn cluster(infrastructure: &Infrastructure) -> String {
    let all: Vec<&Host> = infrastructure.balancers().collect();
    let balancers = list(&names(&all));
    match mode(infrastructure) {
        Mode::ActiveActive => {
            let has_address = |host: &&Host| {
                infrastructure.vips.iter().any(|vip| {
                    let claims = claims(infrastructure, vip);
                    claims.first().is_some_and(|first| first.host.name == host.name)
                })
            };
            let (at_work, waiting): (Vec<&Host>, Vec<&Host>) =
                all.iter().copied().partition(has_address);
            let who_works = if waiting.is_empty() {
                " and all take traffic, each on an address of its own".to_owned()
            } else {
                let wait = of_many(waiting.len(), "waits", "wait");
                let (at_work, waiting) = (list(&names(&at_work)), list(&names(&waiting)));
                format!(
                    "; {at_work} take traffic, each on an address of its own, and {waiting} {wait}"
                )
            };
            format!(
                "Active-active: {balancers} carry the same configuration{who_works}. They share no state: each counts \
                 and checks for itself. Each must be able to carry everything."
            )
        }
        Mode::ActivePassive => {
            let (wait, idle) = match all.len() {
                0..=2 => ("another waits", "One balancer is"),
                _ => ("the others wait", "All balancers but one are"),
            };
            format!(
                "Active-passive: {balancers} carry the same configuration; one takes all traffic, {wait}. {idle} \
                 idle, and nothing shrinks when one dies."
            )
        }
        Mode::NoCluster => format!(
            "None: {balancers} {} without a partner that takes over every address.",
            of_many(all.len(), "stands", "stand")
        ),
    }
}

/// What the two words mean.
const MODES: &str = "Active-active means that all work at the same time, so that none is idle; active-passive means that \
                     one works while another waits to take over.";

/// How the servers of the pools stand to each other, and what the two words mean.
pub(super) fn pool_mode(infrastructure: &Infrastructure) -> String {
    let mut all = servers(infrastructure);
    all.retain(|(backend, _)| backend.servers.len() > 1);
    if all.is_empty() {
        return format!(
            "One server in a pool is neither active-active nor active-passive. {MODES}"
        );
    }
    let called = |waits: bool| {
        let those = all.iter().filter(|(_, server)| server.backup == waits);
        list(&those.map(|(_, server)| server.name.as_str()).collect::<Vec<_>>())
    };
    let here = match mode_of_servers(infrastructure) {
        Mode::ActiveActive => {
            format!("{} are configured active-active: each takes requests.", called(false))
        }
        Mode::ActivePassive => format!(
            "{} and {} are configured active-passive: the former waits until none of the latter is UP.",
            called(true),
            called(false)
        ),
        Mode::NoCluster => String::new(),
    };
    format!("{here} {MODES}")
}

/// Which server gets a request, and what that is good for.
pub(super) fn algorithm(of: &Haproxy) -> String {
    let each: Vec<String> = of
        .backends
        .iter()
        .map(|backend| match backend.servers.len() {
            0 => format!("backend {} has no server", backend.name),
            1 => format!("backend {} has one server, so there is nothing to choose", backend.name),
            n => format!(
                "backend {} gives requests to its {n} servers {}",
                backend.name,
                manner(&backend.balance)
            ),
        })
        .collect();
    let mut sentences = vec![format!("{}.", capital(&each.join("; ")))];
    for backend in of.backends.iter().filter(|backend| backend.servers.len() > 1) {
        let sentence = character(&backend.balance).to_owned();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences.join(" ")
}

fn health(infrastructure: &Infrastructure, of: &Haproxy) -> String {
    let mut checked = of.backends.iter().flat_map(|backend| &backend.servers);
    if !checked.any(|server| server.check) {
        return "None: a dead server goes on getting requests.".to_owned();
    }
    let paths: Vec<String> = of
        .backends
        .iter()
        .map(|backend| match &backend.httpchk {
            Some(check) => {
                format!("backend {} asks for {} (option httpchk)", backend.name, check.path)
            }
            None => format!("backend {} only connects", backend.name),
        })
        .collect();
    format!(
        "{} checks each server every inter: fall failures in a row take it out, rise successes bring it back (the table \
         has the times). {}. A check proves what it asks for and nothing behind it.",
        each_balancer(infrastructure),
        capital(&paths.join("; "))
    )
}

fn retries(of: &Haproxy) -> String {
    let attempts = count(of.retries.retries as usize + 1, "attempt", "attempts");
    if of.retries.redispatch.is_some() {
        return format!(
            "Up to {attempts} to connect (retries {}), and option redispatch is on: a further one may go to another \
             server, which hides a refused connection from users.",
            of.retries.retries
        );
    }
    format!(
        "Up to {attempts} to connect (retries {}), all to the same server: option redispatch is off, so a request \
         given to a dead server ends with 503 after {} if it refuses, {} if it is silent. Switched on, \
         it would save those that another server can answer.",
        of.retries.retries,
        time(given_up_after(of.retries.retries, &of.timeouts, Death::Refuses)),
        time(given_up_after(of.retries.retries, &of.timeouts, Death::Silent)),
    )
}

fn pools(infrastructure: &Infrastructure, of: &Haproxy) -> String {
    let servers: usize = of.backends.iter().map(|backend| backend.servers.len()).sum();
    format!(
        "{} in the configuration; in rotation are those that are UP. A server leaves and rejoins by its checks. To add \
         one: a server line on {} and a reload. To take one out in peace: drain it first.",
        count(servers, "server stands", "servers stand"),
        lower(each_balancer(infrastructure))
    )
}

/// Encryption between users and balancers, and behind.
pub(in super::super) fn tls(infrastructure: &Infrastructure, of: &Haproxy) -> Vec<Item> {
    let balancers: Vec<_> = infrastructure.balancers().collect();
    let behind = if encrypts_again(infrastructure) {
        "HAProxy encrypts again what it passes on to the servers."
    } else {
        "What the load balancer passes on is plain HTTP, not encrypted: whoever is inside the network can read it. \
         Encrypting it again (ssl on the server lines) costs a round trip more for each connection."
    };
    vec![
        Item::new(
            "Termination",
            format!(
                "TLS ends at the load balancer: {}, port {}, with the certificate of {}. A new connection pays {}.",
                list(&names(&balancers)),
                of.port,
                infrastructure.domain,
                count(of.tls_round_trips as usize, "further round trip", "further round trips")
            ),
        ),
        Item::new("Behind", behind),
        Item::new(
            "Renewal",
            format!(
                "Certificate and key lie on {}{}.",
                count(balancers.len(), "machine", "machines"),
                of_many(balancers.len(), "", ", the same on each: whoever renews one renews all")
            ),
        ),
    ]
}

/// What ties a user to a server, and where sessions are kept.
pub(in super::super) fn sessions(infrastructure: &Infrastructure) -> Vec<Item> {
    let ties = infrastructure.backends().filter_map(|backend| {
        match (&backend.cookie, &backend.stick_table) {
            (Some(cookie), _) => {
                Some(format!("backend {} by cookie {}", backend.name, cookie.name))
            }
            (None, Some(_)) => {
                Some(format!("backend {} by a stick table of client addresses", backend.name))
            }
            (None, None) => None,
        }
    });
    let ties: Vec<String> = ties.collect();
    let persistence = if ties.is_empty() {
        "Off: no cookie, no stick table. With persistence users would stick to a dead server until the checks notice, \
         and load would spread less evenly."
            .to_owned()
    } else {
        format!("{}. Users stick to a server while it is UP.", capital(&list(&ties)))
    };
    let mut apps = infrastructure.hosts.iter().flat_map(|host| &host.services);
    let is_local = |app: &App| app.sessions == SessionStore::Local;
    let store = if apps.any(|service| service.as_app().is_some_and(is_local)) {
        "On the application server itself: another does not know the user, and the sessions die with it."
    } else if applications(infrastructure).len() == 1 {
        "In a store outside the application, so that a second server could answer any user as well."
    } else {
        "In a store that all application servers share, so that any of them answers any user."
    };
    let mut items = vec![Item::new("Where sessions are kept", store)];
    if infrastructure.balancers().next().is_some() {
        items.insert(0, Item::new("Session persistence", persistence));
    }
    items
}

fn statistics(infrastructure: &Infrastructure, of: &Haproxy) -> String {
    let balancers: Vec<_> = infrastructure.balancers().collect();
    let zones = infrastructure.zones.iter().map(|zone| Peer::Zone(zone.name.clone()));
    let reaches = |from: &Peer| {
        let reach = |host: &&Host| infrastructure.reach(from, &host.name, of.stats_port);
        balancers.iter().filter_map(reach).any(|reach| reach.is_open())
    };
    let readers: Vec<String> = std::iter::once(Peer::Internet)
        .chain(zones)
        .filter(reaches)
        .map(|peer| peer.to_string())
        .collect();
    format!(
        "Port {} on {}, open to: {}. It shows each server's state, requests, errors, retries and check results.",
        of.stats_port,
        lower(each_balancer(infrastructure)),
        list(&readers)
    )
}

fn each_balancer(infrastructure: &Infrastructure) -> &'static str {
    of_many(infrastructure.balancers().count(), "The balancer", "Each balancer")
}
