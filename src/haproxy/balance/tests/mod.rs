//! The balance algorithms against what the real HAProxy 2.6.12 did, and against what must hold whatever is picked.

mod keys;
mod properties;
mod rules;
mod traces;
mod vectors;

use super::*;
use crate::infra::{Server, UriPart};

pub(super) const IDLE: Load = Load { served: 0, queued: 0, limit: 0, maxqueue: 0 };
pub(super) const ANY: Ask = Ask { hash: None, avoid: None, backend_served: 0 };

pub(super) const fn up(weight: u32) -> Standing {
    Standing { usable: true, weight, sixteenths: weight * 16 }
}

pub(super) const fn down(weight: u32) -> Standing {
    Standing { usable: false, ..up(weight) }
}

/// A backend of servers with these weights, `backups` of them, the last ones, being backups.
pub(super) fn backend(balance: Balance, weights: &[u32], backups: usize) -> Backend {
    let mut backend = Backend::new("be", balance);
    for (index, weight) in weights.iter().enumerate() {
        let mut server = Server::new(&format!("s{}", index + 1), "host", 80);
        server.weight = *weight;
        server.backup = index >= weights.len() - backups;
        backend.servers.push(server);
    }
    backend
}

/// All servers up.
pub(super) fn scheduler(backend: &Backend) -> Scheduler {
    Scheduler::new(backend, backend.servers.iter().map(|server| up(server.weight)))
}

/// So many picks with nothing in flight; `.`: none.
pub(super) fn letters(scheduler: &mut Scheduler, count: usize) -> String {
    (0..count).map(|_| letter(scheduler.pick(&ANY, |_| IDLE))).collect()
}

pub(super) fn letter(server: Option<usize>) -> char {
    server.map_or('.', |server| char::from(b'a' + server as u8))
}

/// Follows a history of single requests, as recorded: `abc` are picks, `-a` is maintenance, `+a` its end, `a=4` a weight,
/// `[ab` are picks that are held until `]`, `.` is none.
pub(super) fn follow(backend: &Backend, history: &str) {
    let mut scheduler = scheduler(backend);
    let mut standings: Vec<Standing> =
        backend.servers.iter().map(|server| up(server.weight)).collect();
    let mut served = vec![0; standings.len()];
    let mut held = Vec::new();
    for word in history.split_whitespace() {
        let bytes = word.as_bytes();
        let server = |index: usize| usize::from(bytes[index] - b'a');
        match (bytes[0], bytes.get(1)) {
            (_, Some(b'=')) => {
                let usable = standings[server(0)].usable;
                standings[server(0)] = Standing { usable, ..up(word[2..].parse().unwrap()) };
                scheduler.set_standing(server(0), standings[server(0)]);
            }
            (sign @ (b'-' | b'+'), Some(b'a'..)) => {
                standings[server(1)].usable = sign == b'+';
                scheduler.set_standing(server(1), standings[server(1)]);
            }
            (b']', _) => {
                for server in held.drain(..) {
                    served[server] -= 1;
                    scheduler.load_changed(server, served[server], 0);
                }
            }
            _ => {
                let picks = word.trim_start_matches('[');
                let mut made = String::new();
                for _ in picks.chars() {
                    let limit = |server: usize| backend.servers[server].maxconn;
                    let load = |server: usize| Load {
                        served: served[server],
                        limit: limit(server),
                        ..IDLE
                    };
                    let picked = scheduler.pick(&ANY, load);
                    made.push(letter(picked));
                    let Some(server) = picked else { continue };
                    scheduler.load_changed(server, served[server] + 1, 0);
                    if picks.len() < word.len() {
                        served[server] += 1;
                        held.push(server);
                    } else {
                        scheduler.load_changed(server, served[server], 0);
                    }
                }
                assert_eq!(made, picks, "{:?}: {history}", backend.balance);
            }
        }
    }
}
