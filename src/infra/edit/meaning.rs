//! What each setting means, for people: only what explains it needs these words, so they stand apart from what sets it. Defaults are those
//! of the programs' manuals (nginx.org, gunicorn's settings, the MySQL 8.0 reference, PyMySQL); `lab`: a figure of the model.

use super::Setting;

/// What is to be said of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// As the program's configuration writes it, or what it is called where no directive sets it.
    pub directive: &'static str,
    /// What is counted; empty where a word is chosen.
    pub unit: &'static str,
    /// The program's own default.
    pub default: &'static str,
    /// One line.
    pub line: &'static str,
}

/// Of every setting, in the order of [`Setting`]: directive, unit, default, meaning.
static MEANINGS: [[&str; 4]; 29] = [
    [
        "worker_processes",
        "processes",
        "1",
        "Processes that serve at the same time; about one for each core.",
    ],
    [
        "worker_connections",
        "connections",
        "512",
        "Connections that one process holds, those to the application included.",
    ],
    [
        "listen \u{2026} backlog",
        "connections",
        "511",
        "Connections that the kernel holds until a process takes them.",
    ],
    ["time for a file", "ms", "lab: 2", "Mean time that serving one file takes."],
    [
        "max_fails",
        "failures",
        "1",
        "Failures within fail_timeout after which a server is left alone; 0: never.",
    ],
    [
        "fail_timeout",
        "s",
        "10",
        "How long failures are counted, and how long a server is then left alone.",
    ],
    [
        "proxy_connect_timeout",
        "ms",
        "60000",
        "How long Nginx waits for a connection to a server of the upstream.",
    ],
    [
        "proxy_read_timeout",
        "ms",
        "60000",
        "How long it waits for the answer; the balancer in front should wait longer.",
    ],
    [
        "proxy_next_upstream",
        "",
        "error timeout",
        "What sends a request on to the next server; a write that was sent already only with non_idempotent.",
    ],
    [
        "proxy_next_upstream_tries",
        "servers",
        "0",
        "How many servers one request tries; 0: all of them.",
    ],
    [
        "proxy_cache_valid 200",
        "s",
        "0 (no cache)",
        "How long a good page is kept and given to others as it is; 0: not at all.",
    ],
    ["proxy_cache_use_stale", "", "off", "Whether an old page is given out rather than an error."],
    [
        "--workers",
        "workers",
        "1",
        "Requests that are worked on at once; the next wait in the backlog.",
    ],
    [
        "--backlog",
        "connections",
        "2048",
        "Connections that wait for a worker; more than these are not answered.",
    ],
    [
        "--timeout",
        "s",
        "30",
        "A worker that has not answered for so long is killed, and another is started.",
    ],
    [
        "memory of a worker",
        "MiB",
        "lab: 150",
        "What a worker keeps once it has worked; all of them together must fit into the machine.",
    ],
    [
        "time for a page",
        "ms",
        "lab: 30",
        "Mean time of the application's own work on a page, the database's not counted.",
    ],
    [
        "SESSION_STORE",
        "",
        "shared",
        "Where it is kept who has logged in: for all servers, or on each its own.",
    ],
    [
        "DB_KEEP_CONNECTIONS",
        "",
        "off",
        "Whether every worker keeps its connection to the database open: faster, and counted there all the time.",
    ],
    ["connect_timeout", "s", "10", "How long the driver waits for a connection to the database."],
    ["read_timeout", "s", "none", "How long the driver waits for the database's answer."],
    [
        "max_connections",
        "connections",
        "151",
        "Connections at once; one more is refused with error 1040.",
    ],
    [
        "innodb_thread_concurrency",
        "queries",
        "0 (no limit)",
        "Queries that are worked on at once; the others wait.",
    ],
    [
        "innodb_buffer_pool_size",
        "MiB",
        "128",
        "Memory for data; what is in it needs no disk. It has to fit into the machine.",
    ],
    [
        "memory of a connection",
        "MiB",
        "lab: 1",
        "What a connection takes for its thread and its buffers (sort_buffer_size and the like).",
    ],
    ["time for a query", "ms", "lab: 10", "Mean time of one query."],
    [
        "crash recovery",
        "s",
        "lab: 6",
        "How long it repairs its data after a crash before it takes connections (redo log).",
    ],
    [
        "lag of the replica",
        "ms",
        "lab: 500",
        "How far it is behind: what the primary committed within it is lost when this one is promoted.",
    ],
    [
        "promoted after",
        "s",
        "0 (by hand)",
        "A watcher promotes it when the primary has been silent for so long; 0: somebody has to.",
    ],
];

impl Setting {
    /// What it means.
    pub fn meaning(self) -> Meaning {
        let [directive, unit, default, line] = MEANINGS[self as usize];
        Meaning { directive, unit, default, line }
    }
}
