//! Nginx's directives, in the words of its core, HTTP, proxy and upstream modules.

use serde::{Deserialize, Serialize};

use super::Distribution;
use crate::kernel::SimDuration;

/// Nginx: it serves static files itself and may pass everything else on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nginx {
    /// `listen` port.
    pub port: u16,
    /// `worker_processes`: requests worked on at once.
    pub worker_processes: u32,
    /// Connections the kernel holds for it (`listen ... backlog`); Linux holds one more.
    pub backlog: u32,
    /// Mean time to serve one file.
    pub service_time: SimDuration,
    /// How it spreads around that mean.
    #[serde(default)]
    pub service_distribution: Distribution,
    /// `worker_connections`: connections that one worker process holds at once, those to the upstream included.
    #[serde(default = "default_worker_connections")]
    pub worker_connections: u32,
    /// `proxy_pass`: where everything but static files is passed on to. `None`: Nginx answers everything itself.
    #[serde(default)]
    pub proxy_pass: Option<ProxyPass>,
}

const fn default_worker_connections() -> u32 {
    Nginx::WORKER_CONNECTIONS
}

/// `proxy_pass` with its timeouts (ngx_http_proxy_module).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyPass {
    /// The servers.
    pub upstream: Upstream,
    /// `proxy_connect_timeout`.
    pub connect_timeout: SimDuration,
    /// `proxy_read_timeout`.
    pub read_timeout: SimDuration,
    /// `proxy_cache` for pages, if there is one.
    #[serde(default)]
    pub cache: Option<ProxyCache>,
}

/// `proxy_cache`: a page that was answered well is kept, and given to others as it is. Writes are always passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyCache {
    /// `proxy_cache_valid 200`: for so long.
    pub valid: SimDuration,
    /// `proxy_cache_use_stale error timeout http_500 http_502 http_504`: an old page is better than an error.
    pub use_stale: bool,
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

impl Nginx {
    /// Nginx's own default of `worker_connections` (ngx_core_module).
    pub const WORKER_CONNECTIONS: u32 = 512;

    /// Where `proxy_pass` may send a request.
    pub fn upstream_servers(&self) -> &[UpstreamServer] {
        self.proxy_pass.as_ref().map_or(&[], |proxy| &proxy.upstream.servers)
    }
}

impl ProxyPass {
    /// To these servers, with Nginx's own defaults.
    pub fn new(servers: Vec<UpstreamServer>) -> Self {
        let minute = SimDuration::from_secs(60);
        let upstream = Upstream::new(servers);
        Self { upstream, connect_timeout: minute, read_timeout: minute, cache: None }
    }
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
