//! Nginx's directives, in the words of its core, HTTP, proxy and upstream modules.

use serde::{Deserialize, Serialize};

use super::Distribution;
use crate::kernel::SimDuration;

/// Nginx serving static files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nginx {
    /// `listen` port.
    pub port: u16,
    /// `worker_processes`: requests worked on at once.
    pub worker_processes: u32,
    /// Connections the kernel holds for it (`listen ... backlog`).
    pub backlog: u32,
    /// Mean time to serve one file.
    pub service_time: SimDuration,
    /// How it spreads around that mean.
    #[serde(default)]
    pub service_distribution: Distribution,
}

/// `upstream` and `proxy_pass`: servers that requests are passed on to (ngx_http_upstream_module, ngx_http_proxy_module).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// `server` lines, in order.
    pub servers: Vec<UpstreamServer>,
    /// `proxy_next_upstream`: what sends a request on to another server.
    pub next_upstream: Vec<NextUpstream>,
    /// `proxy_next_upstream_tries`: the most servers that one request tries. 0: as many as there are.
    pub next_upstream_tries: u32,
}

/// A `server` line of an `upstream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `weight`, 1 to 65535.
    pub weight: u32,
    /// `max_fails`: so many failures within `fail_timeout` make it unavailable for as long. 0: never.
    pub max_fails: u32,
    /// `fail_timeout`, in whole seconds.
    pub fail_timeout: SimDuration,
    /// `backup`: used only if no other is available.
    pub backup: bool,
}

/// A condition of `proxy_next_upstream`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextUpstream {
    /// `error`: the server could not be connected to, or closed before it answered.
    Error,
    /// `timeout`: connecting or reading took too long.
    Timeout,
    /// `http_500`, `http_502`, `http_503`, `http_504`, `http_403`, `http_404`, `http_429`: it answered so.
    Status(u16),
    /// `non_idempotent`: even a POST that was sent already.
    NonIdempotent,
}

impl Upstream {
    /// These servers with Nginx's own defaults.
    pub fn new(servers: Vec<UpstreamServer>) -> Self {
        Self {
            servers,
            next_upstream: vec![NextUpstream::Error, NextUpstream::Timeout],
            next_upstream_tries: 0,
        }
    }
}

impl UpstreamServer {
    /// A server with Nginx's own defaults.
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
            weight: 1,
            max_fails: 1,
            fail_timeout: SimDuration::from_secs(10),
            backup: false,
        }
    }
}
