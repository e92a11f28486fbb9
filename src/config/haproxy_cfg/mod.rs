//! `haproxy.cfg`, read as HAProxy 2.6 reads it. What the model covers becomes [`Haproxy`]; every other directive is
//! named with its line: those that the model does not have, and those that change nothing that is modelled. What HAProxy
//! itself would refuse is an error that says what is allowed there.

mod assemble;
mod balancing;
mod checks;
mod clocks;
mod deploy;
mod directives;
mod keywords;
mod proxy;
mod rules;
mod sections;
mod servers;
mod table;
mod tls;
mod values;
mod words;

pub use deploy::site;

use crate::infra::Haproxy;

/// The longest file that is read.
pub const MOST_BYTES: usize = 1 << 20;
/// The most servers of all backends together.
pub const MOST_SERVERS: usize = 4096;
/// The most backends.
pub const MOST_BACKENDS: usize = 256;
/// The most sections of any kind with proxies.
const MOST_SECTIONS: usize = 1024;
/// After so many errors reading stops.
const MOST_ERRORS: usize = 100;

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What the model covers. The servers' hosts are the addresses of the file: [`site`] gives them machines.
    pub haproxy: Haproxy,
    /// Where the servers are, in the order of the file.
    pub addresses: Vec<ServerAddress>,
    /// What the model does not have, by line.
    pub not_modelled: Vec<NotModelled>,
    /// Lines and directives that change nothing that is modelled, by line.
    pub without_effect: Vec<(usize, String)>,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// The backend.
    pub backend: String,
    /// The server's name in it.
    pub server: String,
    /// Its address or host name, as it stands there.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// Whether it is one of several of a `server-template`, which share their address.
    pub template: bool,
}

/// A directive that the model does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotModelled {
    /// Its line, from 1.
    pub line: usize,
    /// The directive, or the part of it.
    pub directive: String,
    /// Why, or what holds instead.
    pub reason: String,
}

/// A line that cannot be read, or a file that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: found {found}; allowed: {allowed}")]
pub struct ConfigError {
    /// The file, as it was called.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub allowed: String,
}

/// Reads a file's text. `file` is what messages call it.
///
/// # Errors
///
/// Every line that HAProxy would refuse or that cannot be run, with what is allowed there.
pub fn read(file: &str, text: &str) -> Result<Reading, Vec<ConfigError>> {
    sections::read(file, text)
}
