//! The programs and their directives, named as their own manuals name them (law 5): HAProxy 2.6 configuration manual,
//! keepalived.conf(5), nginx core and HTTP modules, gunicorn settings, MySQL server variables.

use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;

/// A program on a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// The load balancer.
    Haproxy(Haproxy),
    /// The VRRP daemon that moves the virtual addresses.
    Keepalived(Keepalived),
    /// The web server.
    Nginx(Nginx),
    /// The application server.
    App(App),
    /// The database server.
    Mysql(Mysql),
    /// The monitoring agent.
    Agent,
}

/// `HAProxy`: one frontend that ends TLS, and its backends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Haproxy {
    /// `bind` port of the frontend.
    pub port: u16,
    /// Round trips that TLS adds before the first request (1 for a full TLS 1.3 handshake, RFC 8446 2).
    pub tls_round_trips: u32,
    /// Time the process works on one request.
    pub processing_time: SimDuration,
    /// `use_backend ... if { path_beg ... }`, the first match deciding.
    pub path_rules: Vec<PathRule>,
    /// `default_backend`.
    pub default_backend: String,
    /// The backends, in configuration order (which the spread of the checks follows).
    pub backends: Vec<Backend>,
    /// `timeout ...` of the defaults section.
    pub timeouts: Timeouts,
    /// `retries` and `option redispatch`.
    pub retries: Retries,
    /// Port of the statistics page.
    pub stats_port: u16,
}

/// `use_backend <backend> if { path_beg <prefix> }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRule {
    /// The path's beginning.
    pub path_beg: String,
    /// Where it leads.
    pub backend: String,
}

/// A group of servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// `balance`.
    pub balance: Balance,
    /// `option httpchk`; without it a check only connects.
    pub httpchk: Option<HttpCheck>,
    /// Its servers, in configuration order.
    pub servers: Vec<Server>,
}

/// The `balance` algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Balance {
    /// In turn, by weight.
    Roundrobin,
}

/// `option httpchk GET <path>`: any 2xx or 3xx is a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// The path that is asked for.
    pub path: String,
}

/// A `server` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name in the backend.
    pub name: String,
    /// The host it is on.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `weight`, 0 to 256.
    pub weight: u32,
    /// `inter`: from the end of one check to the next when fully up.
    pub inter: SimDuration,
    /// `fastinter`: the same while in transition; unset, `inter`.
    pub fastinter: Option<SimDuration>,
    /// `downinter`: the same when down; unset, `inter`.
    pub downinter: Option<SimDuration>,
    /// `rise`: good checks in a row to come up, 1 or more.
    pub rise: u32,
    /// `fall`: failed checks in a row to go down, 1 or more.
    pub fall: u32,
}

/// The clocks of the defaults section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// `timeout connect`: one connection attempt to a server.
    pub connect: SimDuration,
    /// `timeout server`: waiting for a server's answer.
    pub server: SimDuration,
    /// `timeout check`: a check's answer once connected; set, it also lets `connect` bound a check's connection.
    pub check: Option<SimDuration>,
}

/// What is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// `retries`: further connection attempts after the first.
    pub retries: u32,
    /// `option redispatch`: a further attempt may go to another server.
    pub redispatch: bool,
}

/// keepalived: one VRRP instance for each virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalived {
    /// `advert_int`.
    pub advert_int: SimDuration,
    /// `vrrp_script` that watches `HAProxy`, if tracked.
    pub track_script: Option<TrackScript>,
    /// `vrrp_instance` blocks.
    pub instances: Vec<VrrpInstance>,
}

/// `vrrp_script` with weight 0: while it fails the instance is in FAULT and gives its address up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackScript {
    /// `interval` between runs.
    pub interval: SimDuration,
    /// `fall`: failures in a row that count.
    pub fall: u32,
    /// `rise`: successes in a row that count.
    pub rise: u32,
}

/// A `vrrp_instance`: this balancer's claim to one virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpInstance {
    /// The virtual address, by name.
    pub vip: String,
    /// `priority`, 1 to 254: the highest alive is MASTER.
    pub priority: u8,
}

/// Nginx serving static files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nginx {
    /// `listen` port.
    pub port: u16,
    /// `worker_processes`: requests worked on at once.
    pub worker_processes: u32,
    /// Connections the kernel holds for it (`listen ... backlog`).
    pub backlog: u32,
    /// Mean time to serve one file (exponential).
    pub service_time: SimDuration,
}

/// An application server with a pool of synchronous workers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// `bind` port.
    pub port: u16,
    /// `workers`: requests worked on at once.
    pub workers: u32,
    /// `backlog`: connections the kernel holds for it.
    pub backlog: u32,
    /// Mean time of the application's own work on a request (exponential).
    pub service_time: SimDuration,
    /// Time of answering the health check.
    pub health_time: SimDuration,
    /// The host of its database.
    pub database: String,
    /// `connect_timeout` of the database driver.
    pub database_connect_timeout: SimDuration,
    /// `read_timeout` of the database driver.
    pub database_read_timeout: SimDuration,
}

/// `MySQL`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mysql {
    /// `port`.
    pub port: u16,
    /// `max_connections`: one more is refused with error 1040.
    pub max_connections: u32,
    /// Queries worked on at once.
    pub threads: u32,
    /// Mean time of one query (exponential).
    pub service_time: SimDuration,
}

impl Service {
    /// The program's short name, as in `app-1/app`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Haproxy(_) => "haproxy",
            Self::Keepalived(_) => "keepalived",
            Self::Nginx(_) => "nginx",
            Self::App(_) => "app",
            Self::Mysql(_) => "mysql",
            Self::Agent => "agent",
        }
    }

    /// The program's name for people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Haproxy(_) => "HAProxy",
            Self::Keepalived(_) => "keepalived",
            Self::Nginx(_) => "Nginx",
            Self::App(_) => "application",
            Self::Mysql(_) => "MySQL",
            Self::Agent => "monitoring agent",
        }
    }

    /// The TCP ports it listens on.
    pub fn ports(&self) -> Vec<u16> {
        match self {
            Self::Haproxy(haproxy) => vec![haproxy.port, haproxy.stats_port],
            Self::Nginx(nginx) => vec![nginx.port],
            Self::App(app) => vec![app.port],
            Self::Mysql(mysql) => vec![mysql.port],
            Self::Keepalived(_) | Self::Agent => Vec::new(),
        }
    }

    /// Its directives if it is `HAProxy`.
    pub const fn as_haproxy(&self) -> Option<&Haproxy> {
        if let Self::Haproxy(haproxy) = self { Some(haproxy) } else { None }
    }

    /// Its directives if it is keepalived.
    pub const fn as_keepalived(&self) -> Option<&Keepalived> {
        if let Self::Keepalived(keepalived) = self { Some(keepalived) } else { None }
    }

    /// Its directives if it is an application server.
    pub const fn as_app(&self) -> Option<&App> {
        if let Self::App(app) = self { Some(app) } else { None }
    }

    /// Its directives if it is `MySQL`.
    pub const fn as_mysql(&self) -> Option<&Mysql> {
        if let Self::Mysql(mysql) = self { Some(mysql) } else { None }
    }
}

impl Server {
    /// `fastinter`, or `inter` where it is unset (HAProxy 2.6 manual 5.2).
    pub fn fastinter(&self) -> SimDuration {
        self.fastinter.unwrap_or(self.inter)
    }

    /// `downinter`, or `inter` where it is unset (HAProxy 2.6 manual 5.2).
    pub fn downinter(&self) -> SimDuration {
        self.downinter.unwrap_or(self.inter)
    }
}
