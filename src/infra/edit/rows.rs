//! The settings, a row each: what the program calls it, which values it may have, and what is to be said of it. Where each stands is in
//! `fields.rs`. A few are figures of a program that no directive of its sets, such as how long it takes for a page. Defaults are those of the
//! programs' manuals (HAProxy 2.6, keepalived.conf(5), nginx.org, gunicorn's settings, the MySQL 8.0 reference, PyMySQL); `lab`: a figure
//! of the model. What stands on no machine, `network` and `monitoring`, is set at [`SITE`]; a line that names a machine in the
//! configuration of another, `server` and `upstream`, is set at the machine that it names.

use crate::infra::Distribution;

/// What stands in an edit where others name a machine, if it is a figure of the whole site.
pub(super) const SITE: &str = "site";

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `4`.
    Count,
    /// `4096M`.
    Mib,
    /// `10s`, in whole seconds.
    Seconds,
    /// `500ms`, in whole milliseconds.
    Ms,
    /// `200us`, in whole microseconds.
    Us,
    /// `-60`, from -253; the value counts from there.
    Weight,
    /// One of these words; the value is its place.
    Words(&'static [&'static str]),
}

const OFF_ON: &[&str] = &["off", "on"];
const TLS_VERSIONS: &[&str] = &["TLSv1.3", "TLSv1.2"];
/// What a check may ask a web server that passes pages on: for a file of its own, or for the application behind it.
pub(super) const CHECKED: &[&str] = &["/static/health.txt", "/health"];
const REDISPATCH_WORDS: &[&str] = &["off", "-1", "-2", "1", "2", "3"];
/// What those words mean.
pub(super) const REDISPATCH: [Option<i32>; 6] =
    [None, Some(-1), Some(-2), Some(1), Some(2), Some(3)];
const STICK: &[&str] = &["off", "src"];
const SPREAD_WORDS: &[&str] = &["exponential", "constant", "erlang 4", "hyperexponential 4"];
/// What those words mean.
pub(super) const SPREADS: [Distribution; 4] = [
    Distribution::Exponential,
    Distribution::Constant,
    Distribution::Erlang { stages: 4 },
    Distribution::Hyperexponential { squared_cv: 4.0 },
];
const RETRY: &[&str] = &["conn-failure", "all-retryable-errors"];
const VERSIONS: &[&str] = &["2", "3"];
const STORES: &[&str] = &["shared", "local"];
const STALE: &[&str] = &["off", "error timeout http_500 http_502 http_504"];
pub(super) const NEXT: &[&str] = &[
    "off",
    "error timeout",
    "error timeout http_502 http_503 http_504",
    "error timeout http_500 http_502 http_503 http_504",
    "error timeout non_idempotent",
];

/// Of each setting: its variant, the service, its name in an edit, how a value is written, the least and the most; then the directive as the
/// configuration writes it (or what it is called where no directive sets it), what is counted, the program's own default, one line for
/// people. What is said stands in a table of its own, which only who explains needs to carry.
macro_rules! settings {
    ($($setting:ident($service:literal, $name:literal, $kind:expr, $least:literal, $most:literal):
        [$directive:literal, $unit:literal, $default:literal, $line:literal];)*) => {
        /// What can be set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Setting {
            $(#[doc = $line] $setting,)*
        }

        const COUNT: usize = [$($name,)*].len();

        impl Setting {
            /// All of them.
            pub const ALL: [Self; COUNT] = [$(Self::$setting,)*];
        }

        /// Of every setting, in the order of [`Setting`]: the service, the name, how a value is written, the least and the most.
        pub(super) static ROWS: [(&str, &str, Kind, u32, u32); COUNT] =
            [$(($service, $name, $kind, $least, $most),)*];

        /// Of every setting, in the order of [`Setting`]: directive, unit, default, meaning.
        pub(super) static MEANINGS: [[&str; 4]; COUNT] =
            [$([$directive, $unit, $default, $line],)*];
    };
}

settings! {
    FrontendMaxconn("haproxy", "frontend_maxconn", Kind::Count, 0, 1_000_000):
        ["maxconn (frontend)", "connections", "0 (no limit of its own)",
         "Connections of users at once; the next ones wait in the kernel, unseen."];
    TimeoutConnect("haproxy", "timeout_connect", Kind::Ms, 1, 86_400_000):
        ["timeout connect", "ms", "none (HAProxy warns)",
         "How long one attempt to connect to a server may take."];
    TimeoutServer("haproxy", "timeout_server", Kind::Ms, 1, 86_400_000):
        ["timeout server", "ms", "none (HAProxy warns)",
         "How long it waits for the answer of a server; then the user gets 504."];
    TimeoutClient("haproxy", "timeout_client", Kind::Ms, 0, 86_400_000):
        ["timeout client", "ms", "0 (none, HAProxy warns)",
         "How long a user who has begun a request may be silent; then 408."];
    TimeoutHttpRequest("haproxy", "timeout_http_request", Kind::Ms, 0, 86_400_000):
        ["timeout http-request", "ms", "0 (as timeout client)",
         "How long a request may take to be complete, however busily it dribbles; then 408."];
    TimeoutCheck("haproxy", "timeout_check", Kind::Ms, 0, 86_400_000):
        ["timeout check", "ms", "0 (inter alone bounds a check)",
         "How long a check waits for its answer once it is connected; 2.6 waits at least timeout connect."];
    RetryOn("haproxy", "retry_on", Kind::Words(RETRY), 0, 1):
        ["retry-on", "", "conn-failure",
         "Which failures are tried again; more than conn-failure may do a write twice."];
    ProcessingTime("haproxy", "processing_time", Kind::Us, 0, 1_000_000):
        ["time for a request", "\u{b5}s", "lab: 100",
         "What one request is for HAProxy: reading it, choosing, passing it on."];
    SslMaxVer("haproxy", "ssl_max_ver", Kind::Words(TLS_VERSIONS), 0, 1):
        ["ssl-max-ver", "", "TLSv1.3",
         "TLSv1.2 takes a round trip more before the first request."];
    ResumedPercent("haproxy", "resumed_percent", Kind::Count, 0, 100):
        ["users who resume TLS", "%", "lab: 50",
         "Of a hundred connections so many bring the ticket of an earlier session; the others shake hands in full."];
    FullWork("haproxy", "full_work", Kind::Us, 0, 1_000_000):
        ["full TLS handshake", "\u{b5}s", "lab: 750",
         "What a full handshake is for one core of the balancer."];
    ResumedWork("haproxy", "resumed_work", Kind::Us, 0, 1_000_000):
        ["resumed TLS handshake", "\u{b5}s", "lab: 150",
         "What a resumed one is."];
    Redispatch("haproxy", "redispatch", Kind::Words(REDISPATCH_WORDS), 0, 5):
        ["option redispatch", "", "off",
         "Which further attempt may go to another server: -1 the last, -2 the one before it, n every n-th."];
    Httpchk("haproxy", "httpchk", Kind::Words(OFF_ON), 0, 1):
        ["option httpchk", "", "off",
         "Whether a check asks for a page and wants 2xx or 3xx; off: an open port is enough."];
    HttpchkUri("haproxy", "httpchk_uri", Kind::Words(CHECKED), 0, 1):
        ["option httpchk GET", "", "/",
         "What a check asks a web server for: a file of its own, or the page of the application behind it."];
    Check("haproxy", "check", Kind::Words(OFF_ON), 0, 1):
        ["check", "", "off",
         "Whether servers are checked at all; off: a dead one gets its share until somebody takes it out."];
    Abortonclose("haproxy", "abortonclose", Kind::Words(OFF_ON), 0, 1):
        ["option abortonclose", "", "off",
         "Whether a request whose user has left is taken out of the queue."];
    TlsTicketKeys("haproxy", "tls_ticket_keys", Kind::Words(OFF_ON), 0, 1):
        ["tls-ticket-keys", "", "off (each process its own)",
         "Whether the balancers share the keys by which users resume TLS after a takeover."];
    Fastinter("haproxy", "fastinter", Kind::Ms, 0, 3_600_000):
        ["fastinter", "ms", "0 (as inter)",
         "Time between two checks while a server is on its way UP or DOWN."];
    Downinter("haproxy", "downinter", Kind::Ms, 0, 3_600_000):
        ["downinter", "ms", "0 (as inter)",
         "Time between two checks of a server that is DOWN."];
    Maxconn("haproxy", "maxconn", Kind::Count, 0, 1_000_000):
        ["maxconn (server)", "requests", "0 (no limit)",
         "Requests that a server works on at once; more of them wait in HAProxy."];
    Maxqueue("haproxy", "maxqueue", Kind::Count, 0, 1_000_000):
        ["maxqueue", "requests", "0 (no limit)",
         "Requests that may wait for one server (by cookie, hash or leastconn); the next turns to another."];
    Minconn("haproxy", "minconn", Kind::Count, 0, 1_000_000):
        ["minconn", "requests", "0 (always maxconn)",
         "The limit of a server while its backend is idle; it grows to maxconn as fullconn is reached."];
    Fullconn("haproxy", "fullconn", Kind::Count, 0, 1_000_000):
        ["fullconn", "sessions", "0 (a tenth of the frontend's maxconn)",
         "Sessions of a backend at which the limits of its servers have grown from minconn to maxconn."];
    OnMarkedDown("haproxy", "on_marked_down", Kind::Words(OFF_ON), 0, 1):
        ["on-marked-down shutdown-sessions", "", "off",
         "Whether the sessions of a server are cut when it goes DOWN, not left to their timeouts."];
    OnMarkedUp("haproxy", "on_marked_up", Kind::Words(OFF_ON), 0, 1):
        ["on-marked-up shutdown-backup-sessions", "", "off",
         "Whether the sessions of backup servers are cut when another server comes UP."];
    Allbackups("haproxy", "allbackups", Kind::Words(OFF_ON), 0, 1):
        ["option allbackups", "", "off",
         "Whether all backup servers share the load once the others are gone, not the first alone."];
    HashBalanceFactor("haproxy", "hash_balance_factor", Kind::Count, 0, 1_000_000):
        ["hash-balance-factor", "%", "0 (off)",
         "Percent of its share up to which random or hash-type consistent may load a server; 0, or above 100."];
    Persist("haproxy", "persist", Kind::Words(OFF_ON), 0, 1):
        ["option persist", "", "off",
         "Whether the server that a cookie names is tried even while it is DOWN; of use beside a cookie."];
    StickOn("haproxy", "stick_on", Kind::Words(STICK), 0, 1):
        ["stick on", "", "off",
         "Whether a table remembers which server each client's address had."];
    StickSize("haproxy", "stick_size", Kind::Count, 1, 10_000_000):
        ["stick-table size", "entries", "none (to be said)",
         "Clients that the table holds; the oldest make room."];
    StickExpire("haproxy", "stick_expire", Kind::Seconds, 0, 2_592_000):
        ["stick-table expire", "s", "0 (never)",
         "How long an entry is kept that nobody uses."];
    Peers("haproxy", "peers", Kind::Words(OFF_ON), 0, 1):
        ["peers", "", "off",
         "Whether the balancers tell each other what their tables hold, so that a takeover forgets nobody."];

    ServerWeight("server", "weight", Kind::Count, 0, 256):
        ["weight (server)", "shares", "1",
         "This machine's share of the requests beside those of the other servers; 0: none, but for its own clients."];
    ServerBackup("server", "backup", Kind::Words(OFF_ON), 0, 1):
        ["backup (server)", "", "off",
         "Whether HAProxy uses this machine only when no other server is usable."];

    VrrpVersion("keepalived", "vrrp_version", Kind::Words(VERSIONS), 0, 1):
        ["vrrp_version", "", "2",
         "Of the protocol: adverts of another version are not heard, so every balancer needs the same."];
    AdvertInt("keepalived", "advert_int", Kind::Ms, 10, 255_000):
        ["advert_int", "ms", "1000",
         "How often a MASTER says that it lives. Version 2 hears only its own advert_int: else both are MASTER."];
    HigherPrioSendAdvert("keepalived", "vrrp_higher_prio_send_advert", Kind::Words(OFF_ON), 0, 1):
        ["vrrp_higher_prio_send_advert", "", "off",
         "Whether a MASTER speaks once more before it gives way: the higher one then sends its ARP again."];
    Priority("keepalived", "priority", Kind::Count, 1, 254):
        ["priority", "points", "100",
         "The highest that lives is MASTER of the address; on a tie the one with the higher own address."];
    SecondPriority("keepalived", "priority_2", Kind::Count, 1, 254):
        ["priority", "points", "100",
         "The same for its second address: with crossed priorities both balancers work."];
    Nopreempt("keepalived", "nopreempt", Kind::Words(OFF_ON), 0, 1):
        ["nopreempt", "", "off",
         "Whether one that comes back leaves the addresses where they are: an interruption less."];
    PreemptDelay("keepalived", "preempt_delay", Kind::Seconds, 0, 1000):
        ["preempt_delay", "s", "0",
         "How long one that comes back waits before it takes its addresses; not beside nopreempt."];
    TrackScript("keepalived", "track_script", Kind::Words(OFF_ON), 0, 1):
        ["track_script", "", "off",
         "Whether a script watches HAProxy; without it a balancer whose HAProxy is dead keeps its addresses."];
    Interval("keepalived", "interval", Kind::Seconds, 1, 3600):
        ["interval (vrrp_script)", "s", "1",
         "Time between two runs of the script."];
    Fall("keepalived", "fall", Kind::Count, 1, 100):
        ["fall (vrrp_script)", "failures", "1",
         "Failures of the script in a row that count."];
    Rise("keepalived", "rise", Kind::Count, 1, 100):
        ["rise (vrrp_script)", "successes", "1",
         "Successes of the script in a row that count."];
    Weight("keepalived", "weight", Kind::Weight, 0, 506):
        ["weight (vrrp_script)", "points", "0",
         "0: FAULT while the script fails. Below 0: added to the priorities meanwhile; above 0: while it succeeds."];

    WorkerProcesses("nginx", "worker_processes", Kind::Count, 1, 64):
        ["worker_processes", "processes", "1",
         "Processes that serve at the same time; about one for each core."];
    WorkerConnections("nginx", "worker_connections", Kind::Count, 1, 65_535):
        ["worker_connections", "connections", "512",
         "Connections that one process holds, those to the application included."];
    ListenBacklog("nginx", "backlog", Kind::Count, 1, 65_535):
        ["listen \u{2026} backlog", "connections", "511",
         "Connections that the kernel holds until a process takes them."];
    FileTime("nginx", "service_time", Kind::Ms, 1, 60_000):
        ["time for a file", "ms", "lab: 2",
         "Mean time that serving one file takes."];
    FileSpread("nginx", "service_distribution", Kind::Words(SPREAD_WORDS), 0, 3):
        ["spread of that time", "", "lab: exponential",
         "How the times of files spread: all alike (constant), or ever more of them very short and some very long."];
    MaxFails("nginx", "max_fails", Kind::Count, 0, 100):
        ["max_fails", "failures", "1",
         "Failures within fail_timeout after which a server is left alone; 0: never."];
    FailTimeout("nginx", "fail_timeout", Kind::Seconds, 1, 3600):
        ["fail_timeout", "s", "10",
         "How long failures are counted, and how long a server is then left alone."];
    ProxyConnectTimeout("nginx", "proxy_connect_timeout", Kind::Ms, 1, 75_000):
        ["proxy_connect_timeout", "ms", "60000",
         "How long Nginx waits for a connection to a server of the upstream."];
    ProxyReadTimeout("nginx", "proxy_read_timeout", Kind::Ms, 1, 3_600_000):
        ["proxy_read_timeout", "ms", "60000",
         "How long it waits for the answer; the balancer in front should wait longer."];
    NextUpstream("nginx", "proxy_next_upstream", Kind::Words(NEXT), 0, 4):
        ["proxy_next_upstream", "", "error timeout",
         "What sends a request on to the next server; a write that was sent already only with non_idempotent."];
    NextUpstreamTries("nginx", "proxy_next_upstream_tries", Kind::Count, 0, 10):
        ["proxy_next_upstream_tries", "servers", "0",
         "How many servers one request tries; 0: all of them."];
    CacheValid("nginx", "proxy_cache_valid", Kind::Seconds, 0, 3600):
        ["proxy_cache_valid 200", "s", "0 (no cache)",
         "How long a good page is kept and given to others as it is; 0: not at all."];
    CacheUseStale("nginx", "proxy_cache_use_stale", Kind::Words(STALE), 0, 1):
        ["proxy_cache_use_stale", "", "off",
         "Whether an old page is given out rather than an error."];

    UpstreamWeight("upstream", "weight", Kind::Count, 1, 65_535):
        ["weight (upstream)", "shares", "1",
         "This machine's share of what Nginx passes on, beside those of the other servers."];
    UpstreamBackup("upstream", "backup", Kind::Words(OFF_ON), 0, 1):
        ["backup (upstream)", "", "off",
         "Whether Nginx uses this machine only when no other is available."];

    Workers("app", "workers", Kind::Count, 1, 64):
        ["--workers", "workers", "1",
         "Requests that are worked on at once; the next wait in the backlog."];
    Backlog("app", "backlog", Kind::Count, 1, 65_535):
        ["--backlog", "connections", "2048",
         "Connections that wait for a worker; more than these are not answered."];
    Timeout("app", "timeout", Kind::Seconds, 1, 3600):
        ["--timeout", "s", "30",
         "A worker that has not answered for so long is killed, and another is started."];
    WorkerMib("app", "worker_mib", Kind::Count, 1, 65_536):
        ["memory of a worker", "MiB", "lab: 150",
         "What a worker keeps once it has worked; all of them together must fit into the machine."];
    PageTime("app", "service_time", Kind::Ms, 1, 60_000):
        ["time for a page", "ms", "lab: 30",
         "Mean time of the application's own work on a page, the database's not counted."];
    PageSpread("app", "service_distribution", Kind::Words(SPREAD_WORDS), 0, 3):
        ["spread of that time", "", "lab: exponential",
         "How the times of pages spread: all alike (constant), or ever more of them very short and some very long."];
    HealthTime("app", "health_time", Kind::Ms, 0, 60_000):
        ["time for a check", "ms", "lab: 1",
         "What the answer to a check takes; it waits for a worker as a page does."];
    Sessions("app", "sessions", Kind::Words(STORES), 0, 1):
        ["SESSION_STORE", "", "shared",
         "Where it is kept who has logged in: for all servers, or on each its own."];
    KeepsConnections("app", "keeps_connections", Kind::Words(OFF_ON), 0, 1):
        ["DB_KEEP_CONNECTIONS", "", "off",
         "Whether every worker keeps its connection to the database open: faster, and counted there all the time."];
    DatabaseConnectTimeout("app", "connect_timeout", Kind::Seconds, 1, 3600):
        ["connect_timeout", "s", "10",
         "How long the driver waits for a connection to the database."];
    DatabaseReadTimeout("app", "read_timeout", Kind::Seconds, 1, 3600):
        ["read_timeout", "s", "none",
         "How long the driver waits for the database's answer."];

    MaxConnections("mysql", "max_connections", Kind::Count, 1, 100_000):
        ["max_connections", "connections", "151",
         "Connections at once; one more is refused with error 1040."];
    ThreadConcurrency("mysql", "innodb_thread_concurrency", Kind::Count, 1, 1000):
        ["innodb_thread_concurrency", "queries", "0 (no limit)",
         "Queries that are worked on at once; the others wait."];
    BufferPool("mysql", "innodb_buffer_pool_size", Kind::Mib, 5, 1_048_576):
        ["innodb_buffer_pool_size", "MiB", "128",
         "Memory for data; what is in it needs no disk. It has to fit into the machine."];
    ConnectionMib("mysql", "connection_mib", Kind::Count, 1, 1024):
        ["memory of a connection", "MiB", "lab: 1",
         "What a connection takes for its thread and its buffers (sort_buffer_size and the like)."];
    QueryTime("mysql", "service_time", Kind::Ms, 1, 60_000):
        ["time for a query", "ms", "lab: 10",
         "Mean time of one query."];
    QuerySpread("mysql", "service_distribution", Kind::Words(SPREAD_WORDS), 0, 3):
        ["spread of that time", "", "lab: exponential",
         "How the times of queries spread: all alike (constant), or ever more of them very short and some very long."];
    RecoveryTime("mysql", "recovery_time", Kind::Seconds, 0, 3600):
        ["crash recovery", "s", "lab: 6",
         "How long it repairs its data after a crash before it takes connections (redo log)."];
    Lag("mysql", "lag", Kind::Ms, 0, 3_600_000):
        ["lag of the replica", "ms", "lab: 500",
         "How far it is behind: what the primary committed within it is lost when this one is promoted."];
    PromoteAfter("mysql", "promote_after", Kind::Seconds, 0, 3600):
        ["promoted after", "s", "0 (by hand)",
         "A watcher promotes it when the primary has been silent for so long; 0: somebody has to."];

    InternetLatency("network", "internet_latency", Kind::Ms, 0, 60_000):
        ["way to the site", "ms", "lab: 15",
         "How long it takes from a user to the site, one way."];
    LanLatency("network", "lan_latency", Kind::Us, 0, 60_000_000):
        ["way inside", "\u{b5}s", "lab: 200",
         "How long it takes from one machine to another, one way."];
    RoutingTime("network", "routing_time", Kind::Ms, 0, 3_600_000):
        ["change of the uplink", "ms", "lab: 5000",
         "How long routing takes until users come by the other uplink when one breaks."];
    ScrapeInterval("monitoring", "scrape_interval", Kind::Ms, 100, 3_600_000):
        ["scrape_interval", "ms", "60000",
         "How often the collector asks every agent; nothing is noticed sooner."];
    AlertFor("monitoring", "alert_for", Kind::Ms, 0, 86_400_000):
        ["for (alert rule)", "ms", "0",
         "How long something must be wrong before anybody is told."];
    AlertErrors("monitoring", "alert_errors", Kind::Count, 0, 99):
        ["alert on errors", "percent", "lab: 5",
         "More of a balancer's answers in the last minute that are errors (5xx) are wrong."];
    AlertLatency("monitoring", "alert_latency", Kind::Ms, 1, 3_600_000):
        ["alert on p95", "ms", "lab: 1000",
         "Five in a hundred of the last minute's good answers that take longer are wrong."];
    AlertRate("monitoring", "alert_rate", Kind::Count, 1, 1000):
        ["alert on QPS", "percent", "lab: 80",
         "More requests a second than this part of what Nginx's workers can serve are wrong."];
    AlertWaiting("monitoring", "alert_waiting", Kind::Count, 1, 100_000):
        ["alert on waiting requests", "percent", "lab: 100",
         "As many requests that wait before an application, counted by its workers, are wrong."];
    AlertReplica("monitoring", "alert_replica", Kind::Seconds, 1, 86_400):
        ["alert on lag", "s", "lab: 10",
         "A replica that is further behind its source is wrong."];
}
