//! The balancer's settings in sentences: cluster, algorithm, checks, retries, pools, TLS, persistence, statistics.

use super::super::block::Item;
use super::super::figures::{Death, count, given_up_after, list, time};
use super::super::reading::{Mode, mode, names};
use super::workflow::{character, manner};
use crate::infra::{Haproxy, Host, Infrastructure, Peer};

/// `HAProxy`, setting by setting.
pub(in super::super) fn haproxy(infrastructure: &Infrastructure, of: &Haproxy) -> Vec<Item> {
    vec![
        Item::new("Cluster", cluster(infrastructure)),
        Item::new("Algorithm", algorithm(of)),
        Item::new("Health checks", health(of)),
        Item::new("Failover, retries", retries(of)),
        Item::new("Dynamic server pools", pools(of)),
        Item::new("TLS (SSL) termination", tls(infrastructure, of)),
        Item::new(
            "Session persistence",
            "Off: no cookie, no stick table. Any application server answers any user, because sessions belong in the \
             shared database and not on one server. With persistence users would stick to a dead server until the \
             checks notice, and load would spread less evenly.",
        ),
        Item::new("Statistics", statistics(infrastructure, of)),
    ]
}

fn cluster(infrastructure: &Infrastructure) -> String {
    let balancers = list(&names(&infrastructure.balancers().collect::<Vec<_>>()));
    match mode(infrastructure) {
        Mode::ActiveActive => format!(
            "Active-active: {balancers} carry the same configuration and all take traffic, each on an address of its \
             own. They share no state: each counts and checks for itself. Each must be able to carry everything."
        ),
        Mode::ActivePassive => format!(
            "Active-passive: {balancers} carry the same configuration; one takes all traffic, another waits. Half the \
             machines are idle, and nothing shrinks when one dies."
        ),
        Mode::NoCluster => {
            format!("None: {balancers} stands without a partner that takes over every address.")
        }
    }
}

fn algorithm(of: &Haproxy) -> String {
    let each: Vec<String> = of
        .backends
        .iter()
        .map(|backend| match backend.servers.len() {
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

fn health(of: &Haproxy) -> String {
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
        "Each balancer checks each server every inter: fall failures in a row take it out, rise successes bring it back \
         (the table has the times). {}. A check proves what it asks for: the application's does not ask the database.",
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

fn pools(of: &Haproxy) -> String {
    let servers: usize = of.backends.iter().map(|backend| backend.servers.len()).sum();
    format!(
        "{} stand in the configuration; in rotation are those that are UP. A server leaves and rejoins by its checks. \
         To add one: a server line on each balancer and a reload. To take one out in peace: drain it first.",
        count(servers, "server", "servers")
    )
}

fn tls(infrastructure: &Infrastructure, of: &Haproxy) -> String {
    let balancers: Vec<_> = infrastructure.balancers().collect();
    format!(
        "Port {}, one certificate for {} on {}. Behind, plain HTTP within the firewalled VLANs; MySQL speaks its own \
         protocol. A new connection pays {}.",
        of.port,
        infrastructure.domain,
        list(&names(&balancers)),
        count(of.tls_round_trips as usize, "further round trip", "further round trips")
    )
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
        "Port {} on each balancer, open to: {}. It shows each server's state, requests, errors, retries and check \
         results.",
        of.stats_port,
        list(&readers)
    )
}

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
