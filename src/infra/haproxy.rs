//! HAProxy's directives that the model knows, named and defaulted as in the HAProxy 2.6 configuration manual (law 5).

use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;

/// `HAProxy`: one frontend that ends TLS, and its backends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Haproxy {
    /// `bind` port of the frontend.
    pub port: u16,
    /// Round trips that TLS adds before the first request (1 for a full TLS 1.3 handshake, RFC 8446 2).
    pub tls_round_trips: u32,
    /// More of TLS, where it matters.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Time the process works on one request.
    pub processing_time: SimDuration,
    /// `maxconn` of the frontend: one connection more waits in the kernel, unseen. 0: no limit.
    pub maxconn: u32,
    /// `use_backend ... if { path_beg ... }`, the first match deciding.
    pub path_rules: Vec<PathRule>,
    /// `default_backend`.
    pub default_backend: String,
    /// The backends, in configuration order (which the spread of the checks follows).
    pub backends: Vec<Backend>,
    /// `timeout ...` of the defaults section.
    pub timeouts: Timeouts,
    /// `retries`, `option redispatch` and `retry-on`.
    pub retries: Retries,
    /// `peers`: stick tables are shared with the other balancers.
    pub peers: bool,
    /// Port of the statistics page.
    pub stats_port: u16,
}

/// TLS as a balancer ends it. The figures are measured at usual servers: an RSA 2048 handshake is most of a millisecond for a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// How many of a hundred connections bring the ticket of an earlier session; those that the balancer knows it by take one round trip.
    pub resumed_percent: u32,
    /// What a full handshake is for one core.
    pub full_work: SimDuration,
    /// What a resumed one is.
    pub resumed_work: SimDuration,
    /// `ssl` on the `server` lines: requests are encrypted again, and a connection to a server takes a round trip more.
    pub to_servers: bool,
    /// Whether the file of `crt` holds the site's certificate, and it is in date. If not users turn away. (Without any file HAProxy would
    /// not start.)
    pub certificate: bool,
    /// `tls-ticket-keys`: whether the keys of session tickets come from the file that the balancers share. Otherwise each process makes up
    /// its own, and knows no ticket of another, nor of itself before it was started anew.
    #[serde(default)]
    pub tls_ticket_keys: bool,
}

impl Tls {
    /// On a balancer with its certificate, half of the connections resumed, plain HTTP to the servers, ticket keys of its own.
    pub const USUAL: Self = Self {
        resumed_percent: 50,
        full_work: SimDuration::from_us(750),
        resumed_work: SimDuration::from_us(150),
        to_servers: false,
        certificate: true,
        tls_ticket_keys: false,
    };
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
    /// `hash-type`: how the hashing algorithms find a server.
    pub hash_type: HashType,
    /// `hash-balance-factor`: with consistent hashing, how far over its share in percent a server may be loaded. 0: off,
    /// else above 100.
    pub hash_balance_factor: u32,
    /// `option httpchk`; without it a check only connects.
    pub httpchk: Option<HttpCheck>,
    /// `http-check disable-on-404`: a check answered 404 means NOLB, not a failure.
    pub disable_on_404: bool,
    /// `option allbackups`: all backup servers share the load, not the first alone.
    pub allbackups: bool,
    /// `option persist`: a server that a cookie names is tried even when it is DOWN.
    pub persist: bool,
    /// `option abortonclose`: a request whose client has left is dropped from the queue.
    pub abortonclose: bool,
    /// `fullconn`: sessions at which servers get their full `maxconn`; unset, a tenth of the frontend's `maxconn`.
    pub fullconn: Option<u32>,
    /// `cookie`: which server a client came from is told by a cookie.
    pub cookie: Option<Cookie>,
    /// `stick-table` and `stick on src`: which server a client came from is remembered.
    pub stick_table: Option<StickTable>,
    /// `http-request set-priority-class int(<class>) if { req.hdr(<header>) -m found }`.
    pub priority_classes: Vec<PriorityClass>,
    /// Its servers, in configuration order.
    pub servers: Vec<Server>,
}

/// The `balance` algorithm (HAProxy 2.6 manual 4.2 `balance`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// `roundrobin`: in turn, by weight, which may change at run time.
    Roundrobin,
    /// `static-rr`: in turn, by weight, from a table made once for each set of usable servers.
    StaticRr,
    /// `leastconn`: the server with the fewest connections for its weight.
    Leastconn,
    /// `first`: the first server that is not full.
    First,
    /// `random(draws)`: the least loaded of so many servers drawn by weight.
    Random {
        /// Servers drawn, 1 or more; 2 by default.
        draws: u32,
    },
    /// `source`: by the client's address.
    Source,
    /// `uri`: by the request's path.
    Uri(UriPart),
    /// `url_param`: by a parameter of the query.
    UrlParam {
        /// The parameter.
        name: String,
    },
    /// `hdr`: by a header of the request.
    Hdr {
        /// The header.
        name: String,
    },
}

/// How much of the URI `balance uri` looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UriPart {
    /// `whole`: with the query.
    pub whole: bool,
    /// `path-only`: without scheme and authority.
    pub path_only: bool,
    /// `len`: only so many bytes. 0: all.
    pub len: u32,
    /// `depth`: only so many directories, the leading `/` counting as the first. 0: all.
    pub depth: u32,
}

/// `hash-type` (HAProxy 2.6 manual 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashType {
    /// How a hash leads to a server.
    pub method: HashMethod,
    /// The function; unset, `sdbm`.
    pub function: Option<HashFunction>,
    /// The `avalanche` modifier, written out. `consistent` without a function has it anyway.
    pub avalanche: bool,
}

/// How a hash leads to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashMethod {
    /// `map-based`: the hash modulo the total weight; a death moves nearly every client.
    #[default]
    MapBased,
    /// `consistent`: the nearest point on a ring; a death moves the dead server's clients only.
    Consistent,
}

/// What makes a hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashFunction {
    /// The default.
    Sdbm,
    /// Bernstein's.
    Djb2,
    /// HAProxy's own for short keys.
    Wt6,
    /// The checksum of Ethernet.
    Crc32,
}

/// `option httpchk GET <path>`: any 2xx or 3xx is a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpCheck {
    /// The path that is asked for.
    pub path: String,
}

/// `cookie <name> <mode>` (HAProxy 2.6 manual 4.2 `cookie`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie {
    /// The cookie's name.
    pub name: String,
    /// Who makes it.
    pub mode: CookieMode,
    /// `indirect`: none is set where the client already has the right one, and servers do not see it.
    pub indirect: bool,
    /// `nocache`: an answer that sets it is not for caches.
    pub nocache: bool,
    /// `preserve`: one that the application sets itself is left alone.
    pub preserve: bool,
}

/// Who makes the persistence cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CookieMode {
    /// `insert`: HAProxy adds its own.
    Insert,
    /// `prefix`: HAProxy puts the server's name before the value of the application's cookie.
    Prefix,
    /// `rewrite`: HAProxy writes the server's name into the application's cookie.
    Rewrite,
}

/// `stick-table type ip size <size> [expire <time>]` with `stick on src`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StickTable {
    /// `size`: entries; the oldest make room, 1 or more.
    pub size: u32,
    /// `expire`: an entry not used for so long is dropped; unset, never.
    pub expire: Option<SimDuration>,
}

/// Requests that carry a header overtake others in the queues, or let them pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityClass {
    /// The header that must be there.
    pub header: String,
    /// The class, -2047 to 2047; lower goes first, 0 is everybody's.
    pub class: i32,
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
    /// `backup`: used only when no other server is usable.
    pub backup: bool,
    /// `disabled`: in maintenance from the start.
    pub disabled: bool,
    /// `cookie`: its value in the persistence cookie.
    pub cookie: Option<String>,
    /// `maxconn`: requests it works on at once; more wait in HAProxy. 0: no limit.
    pub maxconn: u32,
    /// `minconn`: the limit when the backend is idle; it grows to `maxconn` at `fullconn`. 0: always `maxconn`. Alone, or above `maxconn`,
    /// it is a fixed limit.
    pub minconn: u32,
    /// `maxqueue`: requests that may wait for this very server. 0: no limit.
    pub maxqueue: u32,
    /// `slowstart`: after its return its weight and limit grow for so long.
    pub slowstart: Option<SimDuration>,
    /// `check`: whether it is checked at all.
    pub check: bool,
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
    /// `observe`: its traffic is watched too.
    pub observe: Option<Observe>,
    /// `error-limit`: errors in a row in its traffic that trigger `on-error`, 1 or more.
    pub error_limit: u32,
    /// `on-error`: what `error-limit` errors do.
    pub on_error: OnError,
    /// `on-marked-down shutdown-sessions`: its sessions are cut when it goes DOWN.
    pub shutdown_sessions: bool,
    /// `on-marked-up shutdown-backup-sessions`: the backup servers' sessions are cut when it comes UP.
    pub shutdown_backup_sessions: bool,
}

/// `observe`: which errors in the traffic count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observe {
    /// Failed connections.
    Layer4,
    /// Those, and answers that are errors.
    Layer7,
}

/// `on-error`: what `error-limit` errors in a row do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// Only check sooner.
    Fastinter,
    /// Count as one failed check.
    #[default]
    FailCheck,
    /// The next failed check is fatal.
    SuddenDeath,
    /// DOWN at once.
    MarkDown,
}

/// The clocks of the defaults section. An unset one never runs out, but for what is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// `timeout connect`: one connection attempt to a server.
    pub connect: SimDuration,
    /// `timeout server`: waiting for a server's answer.
    pub server: SimDuration,
    /// `timeout client`: waiting for the client.
    pub client: Option<SimDuration>,
    /// `timeout queue`: waiting for a free server; unset, `connect`.
    pub queue: Option<SimDuration>,
    /// `timeout http-request`: until the request is complete; unset, `client`.
    pub http_request: Option<SimDuration>,
    /// `timeout check`: a check's answer once connected; set, it also lets `connect` bound a check's connection.
    pub check: Option<SimDuration>,
}

/// What is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// `retries`: further attempts after the first.
    pub retries: u32,
    /// `option redispatch [interval]`: a further attempt may go to another server. -1, its default: the last one; n: every
    /// n-th; -n: the n-th before the last. Unset: never.
    pub redispatch: Option<i32>,
    /// `retry-on`: what is tried again.
    pub retry_on: Vec<RetryOn>,
}

/// A failure that `retry-on` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryOn {
    /// The connection failed: the default.
    ConnFailure,
    /// Closed without an answer.
    EmptyResponse,
    /// An answer that is not HTTP.
    JunkResponse,
    /// No answer in time.
    ResponseTimeout,
    /// Answered with this status: 401, 403, 404, 408, 425, 500 to 504.
    Status(u16),
}

impl Backend {
    /// A backend with HAProxy's defaults, and no server yet.
    pub fn new(name: &str, balance: Balance) -> Self {
        Self {
            name: name.to_owned(),
            balance,
            hash_type: HashType::default(),
            hash_balance_factor: 0,
            httpchk: None,
            disable_on_404: false,
            allbackups: false,
            persist: false,
            abortonclose: false,
            fullconn: None,
            cookie: None,
            stick_table: None,
            priority_classes: Vec::new(),
            servers: Vec::new(),
        }
    }
}

impl StickTable {
    /// As it is mostly written: `size 100k expire 30m`.
    pub const USUAL: Self = Self { size: 102_400, expire: Some(SimDuration::from_secs(1800)) };
}

impl Server {
    /// A server with HAProxy's defaults: unchecked, weight 1, no limits (HAProxy 2.6 manual 5.2).
    pub fn new(name: &str, host: &str, port: u16) -> Self {
        Self {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
            weight: 1,
            backup: false,
            disabled: false,
            cookie: None,
            maxconn: 0,
            minconn: 0,
            maxqueue: 0,
            slowstart: None,
            check: false,
            inter: SimDuration::from_secs(2),
            fastinter: None,
            downinter: None,
            rise: 2,
            fall: 3,
            observe: None,
            error_limit: 10,
            on_error: OnError::FailCheck,
            shutdown_sessions: false,
            shutdown_backup_sessions: false,
        }
    }

    /// `fastinter`, or `inter` where it is unset (HAProxy 2.6 manual 5.2).
    pub fn fastinter(&self) -> SimDuration {
        self.fastinter.unwrap_or(self.inter)
    }

    /// `downinter`, or `inter` where it is unset (HAProxy 2.6 manual 5.2).
    pub fn downinter(&self) -> SimDuration {
        self.downinter.unwrap_or(self.inter)
    }
}

impl Retries {
    /// HAProxy's defaults: three retries, of failed connections, without redispatch (HAProxy 2.6 manual 4.2).
    pub fn new() -> Self {
        Self { retries: 3, redispatch: None, retry_on: vec![RetryOn::ConnFailure] }
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new()
    }
}
