//! HAProxy 2.6's keywords (manual 3, 4.1, 5.1 and 5.2): which are read, which change nothing that is modelled, and why
//! the others are not modelled. A name that ends with `=` takes a value, one that ends with `*` is a beginning.

use super::table::Table;

/// Section headers that are no proxies, and why they are left out. The empty reason: without effect.
pub(super) const OTHER_SECTIONS: [(&str, &str); 11] = [
    ("peers", ""),
    ("userlist", "nobody logs in"),
    ("resolvers", "DNS between the machines is not modelled"),
    ("mailers", ""),
    ("cache", "HAProxy answers nothing from a cache"),
    ("ring", ""),
    ("http-errors", ""),
    ("log-forward", ""),
    ("program", "HAProxy starts no other programs"),
    ("fcgi-app", "servers are spoken to by HTTP"),
    ("crt-store", "certificates are not modelled"),
];

/// What `no` can stand before in `global`.
pub(super) const NEGATABLE: [&str; 6] = [
    "log",
    "busy-polling",
    "set-dumpable",
    "strict-limits",
    "insecure-fork-wanted",
    "numa-cpu-mapping",
];

/// `global` (HAProxy 2.6 manual 3).
#[rustfmt::skip]
pub(super) const GLOBAL: Table = Table {
    modelled: &[
        "maxconn", "nbthread", "ssl-default-bind-options", "spread-checks", "tune.ssl.cachesize",
    ],
    without_effect: &[
        "log", "log-send-hostname", "log-tag", "user", "group", "uid", "gid", "chroot", "daemon",
        "pidfile", "stats", "ca-base", "crt-base", "default-path", "ssl-*", "issuers-chain-path",
        "tune.*", "master-worker", "mworker-max-reloads", "cpu-map", "numa-cpu-mapping", "node",
        "description", "localpeer", "unix-bind", "ulimit-n", "fd-hard-limit", "maxpipes", "quiet",
        "insecure-fork-wanted", "insecure-setuid-wanted", "set-dumpable", "strict-limits",
        "zero-warning", "busy-polling", "noepoll", "nokqueue", "noevports", "nopoll", "nosplice",
        "nogetaddrinfo", "noreuseport", "prealloc-fd", "hard-stop-after", "grace",
        "cluster-secret", "close-spread-time", "no-memory-trimming", "profiling.*",
        "expose-experimental-directives", "h1-case-adjust", "h1-case-adjust-file",
        "h1-accept-payload-with-any-method", "httpclient.*", "pp2-never-send-local",
        "thread-group", "thread-groups", "maxzlibmem", "maxcomprate", "maxcompcpuusage",
        "presetenv", "setenv", "resetenv", "unsetenv", "set-var", "set-var-fmt", "wurfl-*",
        "51degrees-*", "deviceatlas-*", "server-state-base", "external-check", "harden.*",
        "ocsp-update.*",
    ],
    not_modelled: &[
        (
            "no rate of connections is limited",
            &["maxconnrate", "maxsessrate", "maxsslrate", "maxsslconn"],
        ),
        ("the first checks are spread over the whole interval", &["max-spread-checks"]),
        ("servers start as the file says", &["server-state-file"]),
        ("no Lua runs", &["lua-*"]),
    ],
};

/// `defaults`, `frontend`, `backend` and `listen` (HAProxy 2.6 manual 4.1).
#[rustfmt::skip]
pub(super) const PROXY: Table = Table {
    modelled: &[
        "mode", "bind", "maxconn", "use_backend", "default_backend", "acl", "http-request",
        "http-response", "http-after-response", "balance", "hash-type", "hash-balance-factor",
        "fullconn", "cookie", "stick-table", "stick", "server", "server-template",
        "default-server", "timeout", "retries", "retry-on", "option", "http-check", "stats",
        "disabled", "enabled",
    ],
    without_effect: &[
        "log", "log-format", "log-format-sd", "error-log-format", "log-tag", "log-steps",
        "description", "id", "capture", "declare", "errorfile", "errorfiles", "errorloc",
        "errorloc302", "errorloc303", "http-error", "unique-id-format", "unique-id-header",
        "backlog", "bind-process", "clitcpka-*", "srvtcpka-*", "email-alert", "compression",
        "http-send-name-header", "server-state-file-name",
    ],
    not_modelled: &[
        (
            "HAProxy answers or changes no request by itself",
            &["redirect", "monitor", "monitor-uri"],
        ),
        (
            "the algorithm or persistence alone chooses the server",
            &[
                "use-server", "dispatch", "force-persist", "ignore-persist", "persist",
                "max-keep-alive-queue",
            ],
        ),
        ("each request has a connection of its own", &["http-reuse"]),
        ("no rate of connections is limited", &["rate-limit"]),
        ("connections are not inspected", &["tcp-request", "tcp-response", "filter"]),
        ("servers start as the file says", &["load-server-state-from-file"]),
        ("a check connects, or asks by HTTP", &["tcp-check", "external-check"]),
        ("servers see the balancer's own address", &["source"]),
        ("servers are spoken to by HTTP", &["use-fcgi-app"]),
    ],
};

/// `option` (HAProxy 2.6 manual 4.2).
#[rustfmt::skip]
pub(super) const OPTION: Table = Table {
    modelled: &["redispatch", "httpchk", "allbackups", "persist", "abortonclose"],
    without_effect: &[
        "httplog", "httpslog", "tcplog", "dontlognull", "dontlog-normal", "log-health-checks",
        "log-separate-errors", "logasap", "forwardfor", "originalto", "http-no-delay", "nolinger",
        "tcpka", "clitcpka", "srvtcpka", "contstats", "socket-stats", "splice-auto",
        "splice-request", "splice-response", "tcp-smart-accept", "tcp-smart-connect",
        "independent-streams", "h1-case-adjust-bogus-client", "h1-case-adjust-bogus-server",
        "http-ignore-probes", "http-use-proxy-header", "accept-invalid-http-request",
        "accept-invalid-http-response", "disable-h2-upgrade", "checkcache",
        "http-restrict-req-hdr-names", "http-buffer-request",
    ],
    not_modelled: &[
        (
            "each request has a connection of its own",
            &[
                "http-server-close", "httpclose", "http-keep-alive", "http-pretend-keepalive",
                "prefer-last-server", "idle-close-on-response",
            ],
        ),
        (
            "a check connects, or asks by HTTP",
            &[
                "tcp-check", "ssl-hello-chk", "mysql-check", "pgsql-check", "redis-check",
                "smtpchk", "ldap-check", "spop-check", "external-check",
            ],
        ),
        ("the algorithm or persistence alone chooses the server", &["transparent", "http_proxy"]),
    ],
};

/// `timeout` (HAProxy 2.6 manual 4.2).
#[rustfmt::skip]
pub(super) const TIMEOUT: Table = Table {
    modelled: &["connect", "server", "client", "queue", "http-request", "check"],
    without_effect: &[],
    not_modelled: &[
        ("each request has a connection of its own", &["http-keep-alive"]),
        ("connections close at once", &["client-fin", "server-fin"]),
        ("there are no tunnels", &["tunnel"]),
        ("HAProxy answers or changes no request by itself", &["tarpit"]),
    ],
};

/// The parameters of `server` and `default-server` (HAProxy 2.6 manual 5.2).
#[rustfmt::skip]
pub(super) const SERVER: Table = Table {
    modelled: &[
        "weight", "backup", "no-backup", "disabled", "enabled", "cookie", "maxconn", "minconn",
        "maxqueue", "slowstart", "check", "no-check", "inter", "fastinter", "downinter", "rise",
        "fall", "observe", "error-limit", "on-error", "on-marked-down", "on-marked-up", "ssl",
        "no-ssl",
    ],
    without_effect: &[
        "no-*", "stick", "proxy-v2-options=", "send-proxy*", "check-send-proxy", "sni=",
        "verify=", "verifyhost=", "ca-file=", "crt=", "crl-file=", "ciphers=", "ciphersuites=",
        "alpn=", "npn=", "check-alpn=", "check-sni=", "ssl-min-ver=", "ssl-max-ver=", "ssl-reuse",
        "tls-tickets", "force-*", "log-proto=", "tcp-ut=", "proto=", "ws=", "namespace=",
        "curves=", "sigalgs=", "client-sigalgs=",
    ],
    not_modelled: &[
        ("servers are numbered in their order", &["id="]),
        (
            "a check goes to the server's own address and port",
            &["addr=", "port=", "check-proto=", "check-via-socks4"],
        ),
        ("a check is made without TLS", &["check-ssl"]),
        ("the connection is always complete before the request", &["allow-0rtt", "tfo"]),
        (
            "there is no agent",
            &["agent-check", "agent-addr=", "agent-inter=", "agent-port=", "agent-send="],
        ),
        ("each server is checked by itself", &["track="]),
        ("HAProxy answers or changes no request by itself", &["redir="]),
        ("persistence counts for every server", &["non-stick"]),
        (
            "each request has a connection of its own",
            &["pool-low-conn=", "pool-max-conn=", "pool-purge-delay=", "max-reuse="],
        ),
        (
            "DNS between the machines is not modelled",
            &["resolvers=", "resolve-net=", "resolve-opts=", "resolve-prefer=", "init-addr="],
        ),
        (
            "servers see the balancer's own address",
            &["source=", "usesrc=", "interface=", "socks4="],
        ),
    ],
};

/// The parameters of `bind` (HAProxy 2.6 manual 5.1).
#[rustfmt::skip]
pub(super) const BIND: Table = Table {
    modelled: &["ssl", "ssl-max-ver=", "force-tlsv12", "force-tlsv11", "force-tlsv10", "no-tlsv13", "tls-ticket-keys="],
    without_effect: &[
        "accept-proxy", "accept-netscaler-cip=", "crt=", "crt-list=", "ca-file=",
        "ca-ignore-err=", "ca-sign-file=", "ca-sign-pass=", "ca-verify-file=", "ciphers=",
        "ciphersuites=", "crl-file=", "crt-ignore-err=", "curves=", "ecdhe=", "force-sslv3",
        "force-tlsv13", "generate-certificates", "no-ca-names", "no-sslv3", "no-tls-tickets",
        "no-tlsv10", "no-tlsv11", "no-tlsv12", "prefer-client-ciphers", "ssl-min-ver=",
        "strict-sni", "defer-accept", "expose-fd=", "gid=", "group=", "id=",
        "interface=", "level=", "mode=", "mss=", "name=", "namespace=", "nice=", "process=",
        "severity-output=", "shards=", "tcp-ut=", "thread=", "transparent", "uid=", "user=",
        "v4v6", "v6only", "sigalgs=", "client-sigalgs=",
    ],
    not_modelled: &[
        ("clients speak HTTP/1.1", &["alpn=", "npn=", "proto="]),
        ("clients show no certificate", &["verify="]),
        ("the handshake is always complete before the request", &["allow-0rtt", "tfo"]),
        ("connections are limited for the frontend as a whole", &["maxconn=", "backlog="]),
    ],
};

/// `http-request`, `http-response` and `http-after-response` (HAProxy 2.6 manual 4.2).
#[rustfmt::skip]
pub(super) const HTTP_RULE: Table = Table {
    modelled: &["set-priority-class"],
    without_effect: &[
        "add-header", "set-header", "del-header", "replace-header", "replace-value", "set-var*",
        "unset-var*", "capture", "set-log-level", "track-sc*", "sc-*", "set-nice", "set-tos",
        "set-mark", "add-acl*", "del-acl*", "set-map*", "del-map*", "do-resolve*", "early-hint",
        "set-bandwidth-limit", "set-fc-*", "set-bc-*",
    ],
    not_modelled: &[
        (
            "HAProxy answers or changes no request by itself",
            &[
                "allow", "auth", "cache-use", "cache-store", "deny", "disable-l7-retry",
                "normalize-uri", "redirect", "reject", "replace-path", "replace-pathq",
                "replace-uri", "return", "set-dst", "set-dst-port", "set-method", "set-path",
                "set-pathq", "set-query", "set-src", "set-src-port", "set-status", "set-timeout",
                "set-uri", "silent-drop", "strict-mode", "tarpit", "use-service", "wait-for-body",
                "wait-for-handshake", "send-spoe-group", "ot-group", "lua.*",
            ],
        ),
        ("waiting requests are ordered by class, then by age", &["set-priority-offset"]),
    ],
};

/// `stats` (HAProxy 2.6 manual 4.2): only that there is a page, and where, is told.
#[rustfmt::skip]
pub(super) const STATS: Table = Table {
    modelled: &["enable", "uri"],
    without_effect: &[
        "admin", "auth", "hide-version", "http-request", "realm", "refresh", "scope", "show-desc",
        "show-legends", "show-modules", "show-node", "bind-process",
    ],
    not_modelled: &[],
};
