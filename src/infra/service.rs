//! The programs and their directives, named as their own manuals name them (law 5): keepalived.conf(5), gunicorn
//! settings, MySQL server variables. HAProxy's are in `haproxy.rs`, Nginx's in `nginx.rs`.

use serde::{Deserialize, Serialize};

use super::{Distribution, Haproxy, Nginx};
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

/// keepalived: one VRRP instance for each virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalived {
    /// `vrrp_version`: 2 or 3.
    pub vrrp_version: u8,
    /// `advert_int`: whole seconds in version 2, hundredths of a second in version 3.
    pub advert_int: SimDuration,
    /// `vrrp_higher_prio_send_advert`: a MASTER that hears a higher priority sends one more advert before it steps down, so
    /// that the higher one hears of the clash and sends its gratuitous ARP again.
    pub higher_prio_send_advert: bool,
    /// `vrrp_script` that watches `HAProxy`, if tracked.
    pub track_script: Option<TrackScript>,
    /// `vrrp_instance` blocks.
    pub instances: Vec<VrrpInstance>,
}

/// `vrrp_script` that watches `HAProxy`, tracked by every instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackScript {
    /// `interval` between runs.
    pub interval: SimDuration,
    /// `fall`: failures in a row that count.
    pub fall: u32,
    /// `rise`: successes in a row that count.
    pub rise: u32,
    /// `weight`, -253 to 253. 0: while it fails the instances are in FAULT and give their addresses up. Below 0: added to
    /// their priorities while it fails. Above 0: added while it succeeds.
    pub weight: i32,
}

/// A `vrrp_instance`: this balancer's claim to one virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpInstance {
    /// The virtual address, by name.
    pub vip: String,
    /// `priority`, 1 to 254: the highest alive is MASTER.
    pub priority: u8,
    /// `nopreempt`: a returning higher priority leaves the address with a lower one that lives.
    pub nopreempt: bool,
    /// `preempt_delay`: how long it hears lower adverts before it begins to outwait them.
    pub preempt_delay: SimDuration,
}

/// An application server with a pool of synchronous workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// `bind` port.
    pub port: u16,
    /// `workers`: requests worked on at once.
    pub workers: u32,
    /// `backlog`: connections the kernel holds for it; Linux holds one more.
    pub backlog: u32,
    /// Memory that a worker has taken once it has worked on its first request, in MiB.
    #[serde(default = "worker_memory")]
    pub worker_mib: u32,
    /// Mean time of the application's own work on a request.
    pub service_time: SimDuration,
    /// How it spreads around that mean.
    #[serde(default)]
    pub service_distribution: Distribution,
    /// Time of answering the health check.
    pub health_time: SimDuration,
    /// `timeout`: a worker that has not answered for so long is killed by the arbiter.
    #[serde(default = "worker_timeout")]
    pub timeout: SimDuration,
    /// Where it keeps what it knows of users who have logged in.
    #[serde(default)]
    pub sessions: SessionStore,
    /// The host of its database: writes always go there, and reads unless `reads_from` names another.
    pub database: String,
    /// The host of the database that reads go to; when that one fails them they turn to `database`.
    #[serde(default)]
    pub reads_from: Option<String>,
    /// Whether each worker keeps its connection to the database open for its next query (a pool as large as `workers`). It saves a round
    /// trip, and counts against `max_connections` while it is idle, too.
    #[serde(default)]
    pub keeps_connections: bool,
    /// `connect_timeout` of the database driver.
    pub database_connect_timeout: SimDuration,
    /// `read_timeout` of the database driver.
    pub database_read_timeout: SimDuration,
}

/// Where an application keeps its users' sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStore {
    /// In a store that all servers share.
    #[default]
    Shared,
    /// On the server itself: another does not know the user, and they die with it.
    Local,
}

const fn worker_memory() -> u32 {
    App::WORKER_MIB
}

const fn buffer_pool() -> u32 {
    Mysql::BUFFER_POOL_MIB
}

const fn connection() -> u32 {
    Mysql::CONNECTION_MIB
}

impl App {
    /// A middling web framework.
    pub const WORKER_MIB: u32 = 150;
}

impl Mysql {
    /// MySQL's own default.
    pub const BUFFER_POOL_MIB: u32 = 128;
    /// About what its default buffers come to.
    pub const CONNECTION_MIB: u32 = 1;
}

/// gunicorn's own default.
const fn worker_timeout() -> SimDuration {
    SimDuration::from_secs(30)
}

/// `MySQL`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mysql {
    /// `port`.
    pub port: u16,
    /// `max_connections`: one more is refused with error 1040.
    pub max_connections: u32,
    /// Queries worked on at once.
    pub threads: u32,
    /// Mean time of one query.
    pub service_time: SimDuration,
    /// How it spreads around that mean.
    #[serde(default)]
    pub service_distribution: Distribution,
    /// `innodb_buffer_pool_size`, in MiB: memory that it fills with its data and keeps.
    #[serde(default = "buffer_pool")]
    pub innodb_buffer_pool_mib: u32,
    /// Memory of one connection, in MiB: its thread and its buffers (`sort_buffer_size`, `join_buffer_size` and the like).
    #[serde(default = "connection")]
    pub connection_mib: u32,
    /// How long it repairs itself after a crash before it takes connections (InnoDB crash recovery: the redo log is replayed).
    #[serde(default)]
    pub recovery_time: SimDuration,
    /// Whose replica it is. `None`: it is a primary.
    #[serde(default)]
    pub replica: Option<Replica>,
}

/// Asynchronous replication as the replica has it (MySQL manual, "Replication": the source does not wait for its replicas).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// The host of the primary.
    pub source: String,
    /// How far it is behind: what the primary committed within this time before it died is lost when this one is promoted.
    pub lag: SimDuration,
    /// A watcher promotes it when the primary has not answered for so long. `None`: somebody has to do it.
    #[serde(default)]
    pub promote_after: Option<SimDuration>,
}

impl Keepalived {
    /// These instances with keepalived's own defaults, and no script.
    pub const fn new(instances: Vec<VrrpInstance>) -> Self {
        Self {
            vrrp_version: 2,
            advert_int: SimDuration::from_secs(1),
            higher_prio_send_advert: false,
            track_script: None,
            instances,
        }
    }
}

impl TrackScript {
    /// A script as it is usual: one result is no result.
    pub const USUAL: Self =
        Self { interval: SimDuration::from_secs(1), fall: 2, rise: 2, weight: 0 };
}

impl Default for TrackScript {
    /// keepalived's own defaults.
    fn default() -> Self {
        Self { interval: SimDuration::from_secs(1), fall: 1, rise: 1, weight: 0 }
    }
}

impl VrrpInstance {
    /// A claim of this priority to the address of this name, with keepalived's own defaults.
    pub fn new(vip: &str, priority: u8) -> Self {
        Self { vip: vip.to_owned(), priority, nopreempt: false, preempt_delay: SimDuration::ZERO }
    }
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

    /// Its directives if it is Nginx.
    pub const fn as_nginx(&self) -> Option<&Nginx> {
        if let Self::Nginx(nginx) = self { Some(nginx) } else { None }
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
