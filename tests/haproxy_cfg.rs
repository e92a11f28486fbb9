//! `haproxy.cfg` as it is read: against the recorded configurations, against HAProxy's own parser where it is installed,
//! against a whole realistic file, and against everything else that a file can hold.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_types,
    reason = "a test stops where something is not as expected, and measures how long it takes"
)]

#[path = "haproxy_cfg/golden.rs"]
mod golden;
#[path = "haproxy_cfg/meaning.rs"]
mod meaning;
#[path = "haproxy_cfg/nonsense.rs"]
mod nonsense;
#[path = "haproxy_cfg/original.rs"]
mod original;
#[path = "haproxy_cfg/realistic.rs"]
mod realistic;

use foobar_lab::config::haproxy_cfg::{Reading, read};

/// The beginning of most samples.
const HEAD: &str = "defaults\n mode http\n timeout connect 1s\n timeout client 2s\n timeout server 3s\n\
    frontend fe\n bind :80\n default_backend be\n";

fn reading(text: &str) -> Reading {
    read("haproxy.cfg", text).unwrap_or_else(|errors| panic!("{errors:#?}\nin:\n{text}"))
}

/// The errors, as they are printed.
fn refused(text: &str) -> Vec<String> {
    match read("haproxy.cfg", text) {
        Ok(_) => panic!("this was read:\n{text}"),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}
