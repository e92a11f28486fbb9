//! One changed line of HAProxy's configuration: what a reload brings.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Backend, Balance, Cookie, CookieMode, Haproxy, HashFunction, HashMethod, HashType, HttpCheck,
    Observe, OnError, RetryOn, StickTable,
};
use crate::kernel::SimDuration;

/// A line of the configuration, for all backends or one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Directive {
    /// `balance`.
    Balance(Balance),
    /// `hash-type`.
    HashType(HashType),
    /// `default-server inter`.
    Inter(SimDuration),
    /// `default-server fastinter`.
    Fastinter(SimDuration),
    /// `default-server downinter`.
    Downinter(SimDuration),
    /// `default-server rise`.
    Rise(u32),
    /// `default-server fall`.
    Fall(u32),
    /// `default-server slowstart`; 0: none.
    Slowstart(SimDuration),
    /// `default-server maxconn`; 0: no limit.
    Maxconn(u32),
    /// `default-server observe layer7 error-limit <n> on-error <what>`; 0: not observed.
    Observe(u32, OnError),
    /// `default-server on-marked-down shutdown-sessions`.
    ShutdownSessions(bool),
    /// `cookie SRV insert indirect nocache`, each server's name its value.
    Cookie(bool),
    /// `stick-table type ip size 100k expire 30m` with `stick on src`.
    StickOnSource(bool),
    /// `retries`.
    Retries(u32),
    /// `option redispatch`.
    Redispatch(bool),
    /// `timeout queue`.
    TimeoutQueue(SimDuration),
    /// `timeout server`.
    TimeoutServer(SimDuration),
    /// `timeout connect`.
    TimeoutConnect(SimDuration),
    /// `timeout check`.
    TimeoutCheck(SimDuration),
    /// `maxconn` of the frontend; 0: no limit.
    FrontendMaxconn(u32),
    /// `retry-on all-retryable-errors`; off: `retry-on conn-failure`.
    RetryOnAll(bool),
    /// A `peers` section that the stick tables are shared by.
    Peers(bool),
    /// `option httpchk GET <path>`; unset, a check only connects.
    Httpchk(Option<String>),
    /// `option allbackups`.
    Allbackups(bool),
    /// `fullconn`.
    Fullconn(u32),
    /// `default-server minconn`; 0: always `maxconn`.
    Minconn(u32),
    /// `default-server maxqueue`; 0: no limit.
    Maxqueue(u32),
    /// `server <name> ... backup`, and no other server with it.
    Backup(String),
}

/// What `retry-on all-retryable-errors` means, the default first (HAProxy 2.6 manual 4.2 `retry-on`).
pub(super) const RETRYABLE: [RetryOn; 8] = [
    RetryOn::ConnFailure,
    RetryOn::EmptyResponse,
    RetryOn::JunkResponse,
    RetryOn::ResponseTimeout,
    RetryOn::Status(500),
    RetryOn::Status(502),
    RetryOn::Status(503),
    RetryOn::Status(504),
];

/// The name of the cookie that [`Directive::Cookie`] sets.
const COOKIE: &str = "SRV";

impl Directive {
    /// Whether it stands in the defaults section, not in a backend.
    pub const fn is_global(&self) -> bool {
        matches!(
            self,
            Self::Retries(_)
                | Self::Redispatch(_)
                | Self::TimeoutQueue(_)
                | Self::TimeoutServer(_)
                | Self::TimeoutConnect(_)
                | Self::TimeoutCheck(_)
                | Self::FrontendMaxconn(_)
                | Self::RetryOnAll(_)
                | Self::Peers(_)
        )
    }

    /// What is wrong with its figure: what was found, and what is allowed.
    pub fn fault(&self) -> Option<(String, &'static str)> {
        let time_within = |time: &SimDuration, low: u64, high: u64, allowed| {
            let is_within = (low..=high).contains(&(time.as_ns() / 1_000_000));
            (!is_within).then(|| (time.to_string(), allowed))
        };
        let within = |found: u64, low: u64, high: u64, allowed| {
            (found < low || found > high).then(|| (found.to_string(), allowed))
        };
        match self {
            Self::Inter(time) | Self::Fastinter(time) | Self::Downinter(time) => {
                time_within(time, 1, 3_600_000, "1ms to 1h")
            }
            Self::TimeoutQueue(time)
            | Self::TimeoutServer(time)
            | Self::TimeoutConnect(time)
            | Self::TimeoutCheck(time) => time_within(time, 1, 86_400_000, "1ms to 24h"),
            Self::Slowstart(time) => time_within(time, 0, 3_600_000, "0 to 1h"),
            Self::Rise(count) | Self::Fall(count) => within(u64::from(*count), 1, 100, "1 to 100"),
            Self::Fullconn(count) => within(u64::from(*count), 1, 1_000_000, "1 to 1000000"),
            Self::Maxconn(count)
            | Self::Observe(count, _)
            | Self::Minconn(count)
            | Self::Maxqueue(count)
            | Self::FrontendMaxconn(count) => {
                within(u64::from(*count), 0, 1_000_000, "0 to 1000000")
            }
            Self::Retries(count) => within(u64::from(*count), 0, 100, "0 to 100"),
            Self::Balance(Balance::Random { draws }) => {
                within(u64::from(*draws), 1, 100, "1 to 100 draws")
            }
            Self::Balance(_)
            | Self::HashType(_)
            | Self::ShutdownSessions(_)
            | Self::Cookie(_)
            | Self::StickOnSource(_)
            | Self::Redispatch(_)
            | Self::RetryOnAll(_)
            | Self::Peers(_)
            | Self::Httpchk(_)
            | Self::Allbackups(_)
            | Self::Backup(_) => None,
        }
    }

    /// Writes it into a configuration: into this backend, or into all.
    pub fn apply(&self, haproxy: &mut Haproxy, backend: Option<&str>) {
        match self {
            Self::Retries(retries) => haproxy.retries.retries = *retries,
            Self::Redispatch(is_on) => haproxy.retries.redispatch = is_on.then_some(-1),
            Self::TimeoutQueue(time) => haproxy.timeouts.queue = Some(*time),
            Self::TimeoutServer(time) => haproxy.timeouts.server = *time,
            Self::TimeoutConnect(time) => haproxy.timeouts.connect = *time,
            Self::TimeoutCheck(time) => haproxy.timeouts.check = Some(*time),
            Self::FrontendMaxconn(count) => haproxy.maxconn = *count,
            Self::Peers(is_on) => haproxy.peers = *is_on,
            Self::RetryOnAll(is_all) => {
                let all = if *is_all { &RETRYABLE[..] } else { &RETRYABLE[..1] };
                haproxy.retries.retry_on = all.to_vec();
            }
            _ => {
                for of in &mut haproxy.backends {
                    if backend.is_none_or(|name| of.name == name) {
                        self.apply_to(of);
                    }
                }
            }
        }
    }

    fn apply_to(&self, backend: &mut Backend) {
        match self {
            Self::Balance(balance) => backend.balance = balance.clone(),
            Self::HashType(hash_type) => backend.hash_type = *hash_type,
            Self::Cookie(is_on) => {
                backend.cookie = is_on.then(|| Cookie {
                    name: COOKIE.to_owned(),
                    mode: CookieMode::Insert,
                    indirect: true,
                    nocache: true,
                    preserve: false,
                });
            }
            Self::Httpchk(path) => {
                backend.httpchk = path.clone().map(|path| HttpCheck { path });
            }
            Self::Allbackups(is_on) => backend.allbackups = *is_on,
            Self::Fullconn(count) => backend.fullconn = Some(*count),
            Self::StickOnSource(is_on) => {
                backend.stick_table = is_on.then_some(StickTable::USUAL);
            }
            _ => {}
        }
        for server in &mut backend.servers {
            match self {
                Self::Inter(time) => server.inter = *time,
                Self::Fastinter(time) => server.fastinter = Some(*time),
                Self::Downinter(time) => server.downinter = Some(*time),
                Self::Rise(count) => server.rise = *count,
                Self::Fall(count) => server.fall = *count,
                Self::Slowstart(time) => {
                    server.slowstart = Some(*time).filter(|time| *time > SimDuration::ZERO);
                }
                Self::Maxconn(count) => server.maxconn = *count,
                Self::Minconn(count) => server.minconn = *count,
                Self::Maxqueue(count) => server.maxqueue = *count,
                Self::Backup(name) => server.backup = server.name == *name,
                Self::Observe(limit, on_error) => {
                    server.observe = (*limit > 0).then_some(Observe::Layer7);
                    server.error_limit = (*limit).max(1);
                    server.on_error = *on_error;
                }
                Self::ShutdownSessions(is_on) => server.shutdown_sessions = *is_on,
                Self::Cookie(is_on) => server.cookie = is_on.then(|| server.name.clone()),
                _ => {}
            }
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let no = |is_on: &bool| if *is_on { "" } else { "no " };
        match self {
            Self::Balance(balance) => write!(f, "balance {balance}"),
            Self::HashType(hash_type) => write!(f, "hash-type {hash_type}"),
            Self::Inter(time) => write!(f, "default-server inter {time}"),
            Self::Fastinter(time) => write!(f, "default-server fastinter {time}"),
            Self::Downinter(time) => write!(f, "default-server downinter {time}"),
            Self::Rise(count) => write!(f, "default-server rise {count}"),
            Self::Fall(count) => write!(f, "default-server fall {count}"),
            Self::Slowstart(time) => write!(f, "default-server slowstart {time}"),
            Self::Maxconn(count) => write!(f, "default-server maxconn {count}"),
            Self::Observe(0, _) => f.write_str("default-server without observe"),
            Self::Observe(limit, on_error) => write!(
                f,
                "default-server observe layer7 error-limit {limit} on-error {}",
                on_error.word()
            ),
            Self::ShutdownSessions(true) => {
                f.write_str("default-server on-marked-down shutdown-sessions")
            }
            Self::ShutdownSessions(false) => f.write_str("default-server without on-marked-down"),
            Self::Cookie(is_on) => {
                write!(f, "{}cookie {COOKIE} insert indirect nocache", no(is_on))
            }
            Self::StickOnSource(is_on) => write!(f, "{}stick on src", no(is_on)),
            Self::Retries(count) => write!(f, "retries {count}"),
            Self::Redispatch(is_on) => write!(f, "{}option redispatch", no(is_on)),
            Self::TimeoutQueue(time) => write!(f, "timeout queue {time}"),
            Self::TimeoutServer(time) => write!(f, "timeout server {time}"),
            Self::TimeoutConnect(time) => write!(f, "timeout connect {time}"),
            Self::TimeoutCheck(time) => write!(f, "timeout check {time}"),
            Self::FrontendMaxconn(count) => write!(f, "maxconn {count}"),
            Self::RetryOnAll(true) => f.write_str("retry-on all-retryable-errors"),
            Self::RetryOnAll(false) => f.write_str("retry-on conn-failure"),
            Self::Peers(is_on) => write!(f, "{}peers balancers", no(is_on)),
            Self::Httpchk(Some(path)) => write!(f, "option httpchk GET {path}"),
            Self::Httpchk(None) => f.write_str("no option httpchk"),
            Self::Allbackups(is_on) => write!(f, "{}option allbackups", no(is_on)),
            Self::Fullconn(count) => write!(f, "fullconn {count}"),
            Self::Minconn(count) => write!(f, "default-server minconn {count}"),
            Self::Maxqueue(count) => write!(f, "default-server maxqueue {count}"),
            Self::Backup(name) => write!(f, "server {name} backup"),
        }
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roundrobin => f.write_str("roundrobin"),
            Self::StaticRr => f.write_str("static-rr"),
            Self::Leastconn => f.write_str("leastconn"),
            Self::First => f.write_str("first"),
            Self::Random { draws } => write!(f, "random({draws})"),
            Self::Source => f.write_str("source"),
            Self::Uri(part) => {
                f.write_str("uri")?;
                if part.whole {
                    f.write_str(" whole")?;
                }
                if part.path_only {
                    f.write_str(" path-only")?;
                }
                if part.len > 0 {
                    write!(f, " len {}", part.len)?;
                }
                if part.depth > 0 {
                    write!(f, " depth {}", part.depth)?;
                }
                Ok(())
            }
            Self::UrlParam { name } => write!(f, "url_param {name}"),
            Self::Hdr { name } => write!(f, "hdr({name})"),
        }
    }
}

impl fmt::Display for HashType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.method {
            HashMethod::MapBased => "map-based",
            HashMethod::Consistent => "consistent",
        })?;
        f.write_str(match self.function {
            None => "",
            Some(HashFunction::Sdbm) => " sdbm",
            Some(HashFunction::Djb2) => " djb2",
            Some(HashFunction::Wt6) => " wt6",
            Some(HashFunction::Crc32) => " crc32",
        })?;
        f.write_str(if self.avalanche { " avalanche" } else { "" })
    }
}

impl OnError {
    /// As the configuration writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fastinter => "fastinter",
            Self::FailCheck => "fail-check",
            Self::SuddenDeath => "sudden-death",
            Self::MarkDown => "mark-down",
        }
    }
}
