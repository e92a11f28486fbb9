//! What is in flight at a balancer (`show sess`), and the commands of the socket that the model does not do, each with what it is that is missing.

use crate::haproxy::Proxy;
use crate::sim::Simulation;

use super::clock;
use super::haproxy::{find, nth};

/// The frontend of users, as the exported configuration has it.
const FRONTEND: &str = "www";
/// So many lines of `show sess` at most.
const MOST: usize = 200;

/// `show sess`: a line for each connection of a user, as far as the model has what stands in it.
pub(super) fn list(world: &Simulation, host: &str) -> String {
    let sessions = world.sessions(host);
    let mut text = String::new();
    for of in sessions.iter().take(MOST) {
        let backend = of.backend.as_deref().unwrap_or("<NONE>");
        let server = of.server.as_deref().unwrap_or("<none>");
        text.push_str(&format!(
            "0x{:x}: proto=tcpv4 src={} fe={FRONTEND} be={backend} srv={server} # request {}: {}\n",
            of.request, of.source, of.request, of.doing
        ));
    }
    if sessions.len() > MOST {
        text.push_str(&format!("# and {} more\n", sessions.len() - MOST));
    }
    if sessions.is_empty() {
        text.push_str("# nothing is in flight here at this instant\n");
    }
    text
}

/// `show errors`: nobody here sends what is no HTTP.
pub(super) fn errors(world: &Simulation, proxy: &Proxy, of: Option<&str>) -> String {
    let is_known = |name: &str| {
        name == FRONTEND || proxy.config().backends.iter().any(|backend| backend.name == name)
    };
    if !of.is_none_or(is_known) {
        return "No such proxy.".to_owned();
    }
    format!("Total events captured on [{}] : 0\n{}", clock::haproxy(world.now()), clock::SINCE)
}

/// What is said of a command that the model does not do, once HAProxy would have taken it; `None`: nothing is known of it.
pub(super) fn left_out(proxy: &Proxy, words: &[&str]) -> Option<String> {
    let of_server = |name: usize, said: &str| match find(proxy, nth(words, name)) {
        Ok(_) => format!("# not modelled here: {said}"),
        Err(refusal) => refusal.to_owned(),
    };
    Some(match words {
        ["set", "maxconn", "server", _] if find(proxy, words[3]).is_ok() => {
            "Require <maxconn>.".to_owned()
        }
        ["set", "maxconn", "server", ..] => of_server(
            3,
            "the limit of one server while HAProxy runs; a reload with another `maxconn` of the backend's servers does it (the balancers' panel)",
        ),
        ["set", "maxconn", "frontend"] | ["shutdown", "frontend"] => {
            "A frontend name is expected.".to_owned()
        }
        ["set", "maxconn", "frontend", name, ..] | ["shutdown", "frontend", name]
            if *name != FRONTEND =>
        {
            "No such frontend.".to_owned()
        }
        ["set", "maxconn", ..] => {
            "# not modelled here: the frontend's limit while HAProxy runs; a reload with another `maxconn` does it".to_owned()
        }
        ["disable" | "enable", "health", ..] => {
            of_server(2, "a server without its checks; `set server ... health` sets what they have found")
        }
        ["enable", "agent", server] if find(proxy, server).is_ok() => {
            "Agent was not configured on this server, cannot enable.".to_owned()
        }
        ["disable" | "enable", "agent", ..] => of_server(2, "agents: nobody runs one"),
        ["shutdown", "sessions", "server", ..] => of_server(
            3,
            "sessions that an operator cuts; `on-marked-down shutdown-sessions` cuts them when a server goes DOWN",
        ),
        ["shutdown", "session"] => "Session pointer expected (use 'show sess').".to_owned(),
        ["shutdown", "session", ..] => {
            "# not modelled here: sessions that an operator cuts".to_owned()
        }
        ["shutdown", ..] => {
            "# not modelled here: a frontend that an operator shuts down".to_owned()
        }
        ["clear", "counters", ..] => {
            "# not modelled here: counters that begin anew while HAProxy runs; they do after a reload or a restart".to_owned()
        }
        ["clear", "table", ..] => {
            "# not modelled here: entries that an operator takes from a stick table; they expire, or go with the process".to_owned()
        }
        _ => return None,
    })
}
