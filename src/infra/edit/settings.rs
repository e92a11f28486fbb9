//! Directives of Nginx, the application and `MySQL` that can be given another value: their names, their ranges, and where they stand.
//! What each means is in `meaning.rs`. A few are figures of a program that no directive of its sets, such as how long it takes for a page.

use super::apply::{Refusal, known};
use crate::infra::{
    App, Host, Infrastructure, Mysql, NextUpstream, Nginx, ProxyCache, ProxyPass, Service,
    SessionStore,
};
use crate::kernel::SimDuration;

/// What can be set. Each has a row in the table below, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `worker_processes` of Nginx.
    WorkerProcesses,
    /// `worker_connections` of Nginx.
    WorkerConnections,
    /// `listen ... backlog` of Nginx.
    ListenBacklog,
    /// Mean time of Nginx for a file, in milliseconds.
    FileTime,
    /// `max_fails` of every server of an `upstream`.
    MaxFails,
    /// `fail_timeout` of every server of an `upstream`, in seconds.
    FailTimeout,
    /// `proxy_connect_timeout`, in milliseconds.
    ProxyConnectTimeout,
    /// `proxy_read_timeout`, in milliseconds.
    ProxyReadTimeout,
    /// `proxy_next_upstream`.
    NextUpstream,
    /// `proxy_next_upstream_tries`.
    NextUpstreamTries,
    /// `proxy_cache_valid 200`, in seconds; 0: no cache.
    CacheValid,
    /// `proxy_cache_use_stale`, where there is a cache.
    CacheUseStale,
    /// `workers` of the application.
    Workers,
    /// `backlog` of the application.
    Backlog,
    /// `timeout` of a worker, in seconds.
    Timeout,
    /// Memory of a worker, in MiB.
    WorkerMib,
    /// Mean time of the application's own work on a page, in milliseconds.
    PageTime,
    /// Where sessions are kept.
    Sessions,
    /// Whether workers keep their connections to the database.
    KeepsConnections,
    /// `connect_timeout` of the database driver, in seconds.
    DatabaseConnectTimeout,
    /// `read_timeout` of the database driver, in seconds.
    DatabaseReadTimeout,
    /// `max_connections` of `MySQL`.
    MaxConnections,
    /// `innodb_thread_concurrency`.
    ThreadConcurrency,
    /// `innodb_buffer_pool_size`, in MiB.
    BufferPool,
    /// Memory of a connection, in MiB.
    ConnectionMib,
    /// Mean time of a query, in milliseconds.
    QueryTime,
    /// Crash recovery, in seconds.
    RecoveryTime,
    /// How far a replica is behind, in milliseconds.
    Lag,
    /// When a replica is promoted by a watcher, in seconds; 0: never.
    PromoteAfter,
}

/// How a value is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// `4`.
    Count,
    /// `4096M`.
    Mib,
    /// `10s`, in whole seconds.
    Seconds,
    /// `500ms`, in whole milliseconds.
    Ms,
    /// One of these words; the value is its place.
    Words(&'static [&'static str]),
}

const OFF_ON: &[&str] = &["off", "on"];
const STORES: &[&str] = &["shared", "local"];
const STALE: &[&str] = &["off", "error timeout http_500 http_502 http_504"];
const NEXT: &[&str] = &[
    "off",
    "error timeout",
    "error timeout http_502 http_503 http_504",
    "error timeout http_500 http_502 http_503 http_504",
    "error timeout non_idempotent",
];

/// Of every setting, in the order of [`Setting`]: the service, the name, how a value is written, the least and the most.
static ROWS: [(&str, &str, Kind, u32, u32); 29] = [
    ("nginx", "worker_processes", Kind::Count, 1, 64),
    ("nginx", "worker_connections", Kind::Count, 1, 65_535),
    ("nginx", "backlog", Kind::Count, 1, 65_535),
    ("nginx", "service_time", Kind::Ms, 1, 60_000),
    ("nginx", "max_fails", Kind::Count, 0, 100),
    ("nginx", "fail_timeout", Kind::Seconds, 1, 3600),
    ("nginx", "proxy_connect_timeout", Kind::Ms, 1, 75_000),
    ("nginx", "proxy_read_timeout", Kind::Ms, 1, 3_600_000),
    ("nginx", "proxy_next_upstream", Kind::Words(NEXT), 0, 4),
    ("nginx", "proxy_next_upstream_tries", Kind::Count, 0, 10),
    ("nginx", "proxy_cache_valid", Kind::Seconds, 0, 3600),
    ("nginx", "proxy_cache_use_stale", Kind::Words(STALE), 0, 1),
    ("app", "workers", Kind::Count, 1, 64),
    ("app", "backlog", Kind::Count, 1, 65_535),
    ("app", "timeout", Kind::Seconds, 1, 3600),
    ("app", "worker_mib", Kind::Count, 1, 65_536),
    ("app", "service_time", Kind::Ms, 1, 60_000),
    ("app", "sessions", Kind::Words(STORES), 0, 1),
    ("app", "keeps_connections", Kind::Words(OFF_ON), 0, 1),
    ("app", "connect_timeout", Kind::Seconds, 1, 3600),
    ("app", "read_timeout", Kind::Seconds, 1, 3600),
    ("mysql", "max_connections", Kind::Count, 1, 100_000),
    ("mysql", "innodb_thread_concurrency", Kind::Count, 1, 1000),
    ("mysql", "innodb_buffer_pool_size", Kind::Mib, 5, 1_048_576),
    ("mysql", "connection_mib", Kind::Count, 1, 1024),
    ("mysql", "service_time", Kind::Ms, 1, 60_000),
    ("mysql", "recovery_time", Kind::Seconds, 0, 3600),
    ("mysql", "lag", Kind::Ms, 0, 3_600_000),
    ("mysql", "promote_after", Kind::Seconds, 0, 3600),
];

/// Gives a directive of the machine of this name another value.
pub(super) fn set(
    setting: Setting,
    name: &str,
    value: u32,
    infrastructure: &mut Infrastructure,
) -> Result<(), Refusal> {
    known(name, infrastructure)?;
    let (least, most) = setting.range();
    if !(least..=most).contains(&value) {
        return Err((setting.written(value), setting.allowed()));
    }
    let host = infrastructure.hosts.iter_mut().find(|host| host.name == name);
    let mut services = host.into_iter().flat_map(|host| &mut host.services);
    if services.any(|service| setting.put(service, value).is_some()) {
        return Ok(());
    }
    let found = format!("no service on {name} that has it");
    Err((found, format!("a machine with {} that has it", setting.service())))
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::WorkerProcesses,
        Self::WorkerConnections,
        Self::ListenBacklog,
        Self::FileTime,
        Self::MaxFails,
        Self::FailTimeout,
        Self::ProxyConnectTimeout,
        Self::ProxyReadTimeout,
        Self::NextUpstream,
        Self::NextUpstreamTries,
        Self::CacheValid,
        Self::CacheUseStale,
        Self::Workers,
        Self::Backlog,
        Self::Timeout,
        Self::WorkerMib,
        Self::PageTime,
        Self::Sessions,
        Self::KeepsConnections,
        Self::DatabaseConnectTimeout,
        Self::DatabaseReadTimeout,
        Self::MaxConnections,
        Self::ThreadConcurrency,
        Self::BufferPool,
        Self::ConnectionMib,
        Self::QueryTime,
        Self::RecoveryTime,
        Self::Lag,
        Self::PromoteAfter,
    ];

    /// The service that has it, such as `nginx`.
    pub fn service(self) -> &'static str {
        ROWS[self as usize].0
    }

    /// Its name, that of the directive or of the field.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].1
    }

    fn kind(self) -> Kind {
        ROWS[self as usize].2
    }

    /// The least and the most, in its own unit.
    pub fn range(self) -> (u32, u32) {
        (ROWS[self as usize].3, ROWS[self as usize].4)
    }

    /// The values to choose from, each by its place; empty for a figure.
    pub fn words(self) -> &'static [&'static str] {
        if let Kind::Words(words) = self.kind() { words } else { &[] }
    }

    /// A value as an edit writes it: `4`, `10s`, `500ms`, `4096M`, `shared`.
    pub fn written(self, value: u32) -> String {
        let long = u64::from(value);
        match self.kind() {
            Kind::Count => value.to_string(),
            Kind::Mib => format!("{value}M"),
            Kind::Seconds => SimDuration::from_secs(long).to_string(),
            Kind::Ms => SimDuration::from_ms(long).to_string(),
            Kind::Words(words) => {
                words.get(value as usize).map_or_else(|| value.to_string(), |word| (*word).into())
            }
        }
    }

    /// What may be set, in words.
    pub(super) fn allowed(self) -> String {
        if let Kind::Words(words) = self.kind() {
            return words.join(", ");
        }
        let (least, most) = self.range();
        format!("{} to {}", self.written(least), self.written(most))
    }

    /// Reads a value as it is written; a plain number is one in the setting's own unit.
    pub(super) fn read(self, text: &str) -> Option<u32> {
        let time = |unit: u64| {
            text.parse::<u32>().ok().or_else(|| {
                let ns = text.parse::<SimDuration>().ok()?.as_ns();
                let is_whole = ns.is_multiple_of(unit);
                is_whole.then(|| u32::try_from(ns / unit).ok()).flatten()
            })
        };
        match self.kind() {
            Kind::Count => text.parse().ok(),
            Kind::Mib => text.strip_suffix('M').unwrap_or(text).parse().ok(),
            Kind::Seconds => time(1_000_000_000),
            Kind::Ms => time(1_000_000),
            Kind::Words(words) => {
                words.iter().position(|word| *word == text).map(|place| place as u32)
            }
        }
    }

    /// Puts a value into a service; `None`: it has no such thing.
    fn put(self, service: &mut Service, value: u32) -> Option<()> {
        match service {
            Service::Nginx(nginx) => self.put_nginx(nginx, value),
            Service::App(app) => self.put_app(app, value),
            Service::Mysql(mysql) => self.put_mysql(mysql, value),
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => None,
        }
    }

    fn put_nginx(self, nginx: &mut Nginx, value: u32) -> Option<()> {
        match self {
            Self::WorkerProcesses => nginx.worker_processes = value,
            Self::WorkerConnections => nginx.worker_connections = value,
            Self::ListenBacklog => nginx.backlog = value,
            Self::FileTime => nginx.service_time = ms(value),
            _ => return self.put_proxy(nginx.proxy_pass.as_mut()?, value),
        }
        Some(())
    }

    fn put_proxy(self, proxy: &mut ProxyPass, value: u32) -> Option<()> {
        match self {
            Self::MaxFails => {
                for server in &mut proxy.upstream.servers {
                    server.max_fails = value;
                }
            }
            Self::FailTimeout => {
                for server in &mut proxy.upstream.servers {
                    server.fail_timeout = seconds(value);
                }
            }
            Self::ProxyConnectTimeout => proxy.connect_timeout = ms(value),
            Self::ProxyReadTimeout => proxy.read_timeout = ms(value),
            Self::NextUpstream => {
                proxy.upstream.next_upstream = conditions(NEXT.get(value as usize)?);
            }
            Self::NextUpstreamTries => proxy.upstream.next_upstream_tries = value,
            Self::CacheValid => {
                let use_stale = proxy.cache.is_some_and(|cache| cache.use_stale);
                let valid = seconds(value);
                proxy.cache = (value > 0).then_some(ProxyCache { valid, use_stale });
            }
            Self::CacheUseStale => proxy.cache.as_mut()?.use_stale = value == 1,
            _ => return None,
        }
        Some(())
    }

    fn put_app(self, app: &mut App, value: u32) -> Option<()> {
        match self {
            Self::Workers => app.workers = value,
            Self::Backlog => app.backlog = value,
            Self::Timeout => app.timeout = seconds(value),
            Self::WorkerMib => app.worker_mib = value,
            Self::PageTime => app.service_time = ms(value),
            Self::Sessions => {
                app.sessions = if value == 0 { SessionStore::Shared } else { SessionStore::Local };
            }
            Self::KeepsConnections => app.keeps_connections = value == 1,
            Self::DatabaseConnectTimeout => app.database_connect_timeout = seconds(value),
            Self::DatabaseReadTimeout => app.database_read_timeout = seconds(value),
            _ => return None,
        }
        Some(())
    }

    fn put_mysql(self, mysql: &mut Mysql, value: u32) -> Option<()> {
        match self {
            Self::MaxConnections => mysql.max_connections = value,
            Self::ThreadConcurrency => mysql.threads = value,
            Self::BufferPool => mysql.innodb_buffer_pool_mib = value,
            Self::ConnectionMib => mysql.connection_mib = value,
            Self::QueryTime => mysql.service_time = ms(value),
            Self::RecoveryTime => mysql.recovery_time = seconds(value),
            Self::Lag => mysql.replica.as_mut()?.lag = ms(value),
            Self::PromoteAfter => {
                mysql.replica.as_mut()?.promote_after = (value > 0).then(|| seconds(value));
            }
            _ => return None,
        }
        Some(())
    }

    /// What it is at this machine, if a service there has it. [`u32::MAX`]: none of the words that can be chosen.
    pub fn at(self, host: &Host) -> Option<u32> {
        host.services.iter().find_map(|service| match service {
            Service::Nginx(nginx) => self.of_nginx(nginx),
            Service::App(app) => self.of_app(app),
            Service::Mysql(mysql) => self.of_mysql(mysql),
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => None,
        })
    }

    fn of_nginx(self, nginx: &Nginx) -> Option<u32> {
        match self {
            Self::WorkerProcesses => Some(nginx.worker_processes),
            Self::WorkerConnections => Some(nginx.worker_connections),
            Self::ListenBacklog => Some(nginx.backlog),
            Self::FileTime => Some(as_ms(nginx.service_time)),
            _ => self.of_proxy(nginx.proxy_pass.as_ref()?),
        }
    }

    fn of_proxy(self, proxy: &ProxyPass) -> Option<u32> {
        let first = proxy.upstream.servers.first();
        match self {
            Self::MaxFails => first.map(|server| server.max_fails),
            Self::FailTimeout => first.map(|server| as_seconds(server.fail_timeout)),
            Self::ProxyConnectTimeout => Some(as_ms(proxy.connect_timeout)),
            Self::ProxyReadTimeout => Some(as_ms(proxy.read_timeout)),
            Self::NextUpstream => {
                let holds = |words: &&str| conditions(words) == proxy.upstream.next_upstream;
                Some(NEXT.iter().position(holds).map_or(u32::MAX, |place| place as u32))
            }
            Self::NextUpstreamTries => Some(proxy.upstream.next_upstream_tries),
            Self::CacheValid => Some(proxy.cache.map_or(0, |cache| as_seconds(cache.valid))),
            Self::CacheUseStale => proxy.cache.map(|cache| u32::from(cache.use_stale)),
            _ => None,
        }
    }

    fn of_app(self, app: &App) -> Option<u32> {
        match self {
            Self::Workers => Some(app.workers),
            Self::Backlog => Some(app.backlog),
            Self::Timeout => Some(as_seconds(app.timeout)),
            Self::WorkerMib => Some(app.worker_mib),
            Self::PageTime => Some(as_ms(app.service_time)),
            Self::Sessions => Some(u32::from(app.sessions == SessionStore::Local)),
            Self::KeepsConnections => Some(u32::from(app.keeps_connections)),
            Self::DatabaseConnectTimeout => Some(as_seconds(app.database_connect_timeout)),
            Self::DatabaseReadTimeout => Some(as_seconds(app.database_read_timeout)),
            _ => None,
        }
    }

    fn of_mysql(self, mysql: &Mysql) -> Option<u32> {
        let replica = mysql.replica.as_ref();
        match self {
            Self::MaxConnections => Some(mysql.max_connections),
            Self::ThreadConcurrency => Some(mysql.threads),
            Self::BufferPool => Some(mysql.innodb_buffer_pool_mib),
            Self::ConnectionMib => Some(mysql.connection_mib),
            Self::QueryTime => Some(as_ms(mysql.service_time)),
            Self::RecoveryTime => Some(as_seconds(mysql.recovery_time)),
            Self::Lag => replica.map(|own| as_ms(own.lag)),
            Self::PromoteAfter => replica.map(|own| own.promote_after.map_or(0, as_seconds)),
            _ => None,
        }
    }
}

fn ms(value: u32) -> SimDuration {
    SimDuration::from_ms(u64::from(value))
}

fn seconds(value: u32) -> SimDuration {
    SimDuration::from_secs(u64::from(value))
}

/// Whole units, rounded up.
fn whole(time: SimDuration, unit: u64) -> u32 {
    u32::try_from(time.as_ns().div_ceil(unit)).unwrap_or(u32::MAX)
}

fn as_ms(time: SimDuration) -> u32 {
    whole(time, 1_000_000)
}

fn as_seconds(time: SimDuration) -> u32 {
    whole(time, 1_000_000_000)
}

/// What the words of `proxy_next_upstream` mean.
fn conditions(words: &str) -> Vec<NextUpstream> {
    let condition = |word: &str| match word {
        "error" => Some(NextUpstream::Error),
        "timeout" => Some(NextUpstream::Timeout),
        "non_idempotent" => Some(NextUpstream::NonIdempotent),
        _ => Some(NextUpstream::Status(word.strip_prefix("http_")?.parse().ok()?)),
    };
    words.split(' ').filter_map(condition).collect()
}
