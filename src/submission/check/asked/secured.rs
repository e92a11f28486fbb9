//! Task 2: firewalls, encryption, monitoring, and what is still wrong. Data, no judgement.

use super::super::point::Point;
use super::super::words::BALANCER;
use super::{SPOF, graded_point};

pub(super) const POINTS: [Point; 9] = [
    graded_point(
        "G2-4",
        &[
            ("the firewalls", "firewall"),
            (
                "that they filter",
                "filter|allow|block|den|drop|restrict|control|rule|polic|permit|open",
            ),
            ("what passes", "traffic|connection|packet|access|port|request"),
        ],
        "a machine should take only the connections it is there for",
        "say that a firewall filters what goes in and out of a machine, by rules",
    ),
    graded_point(
        "G2-5",
        &[
            ("HTTPS", "https|ssl|tls|certificat"),
            (
                "that nobody on the way can read it",
                "encrypt|intercept|eavesdrop|read|sniff|man in the middle|mitm|confidential|privacy|private|secure",
            ),
        ],
        "passwords travel through networks of strangers",
        "say that traffic is encrypted so that whoever intercepts it cannot read it",
    ),
    graded_point(
        "G2-6",
        &[
            ("monitoring", "monitor"),
            (
                "that it tells what is broken or slow",
                "broken|break|slow|fail|down |issue|problem|perform|health|outage|anomal|detect|error|bottleneck",
            ),
        ],
        "what nobody sees, nobody repairs",
        "say that monitoring tells when something is broken or slow",
    ),
    graded_point(
        "G2-7",
        &[
            (
                "the monitoring agent",
                "agent|client|collector|sumo|datadog|exporter|newrelic|new relic",
            ),
            ("that it collects", "collect|gather|log|metric|read|scrap|track|figures"),
            (
                "that it sends what it has",
                "send|sent|transmit|forward|ship|report|push|upload|scrap|transfer|collector",
            ),
        ],
        "a figure has to get from the machine to whoever looks at it",
        "say that an agent on each server collects logs and figures and sends them to the monitoring system",
    ),
    graded_point(
        "G2-8",
        &[
            (
                "queries per second",
                "qps|queries per second|query per second|requests per second|requests a second|queries a second",
            ),
            (
                "where they are counted",
                "nginx|web server|access log|stub status|log|metric|haproxy|count|collect",
            ),
            ("an alert", "alert|threshold|alarm|notif|warn"),
        ],
        "the rate tells when a server nears its limit",
        "say where the web server's requests are counted, and that an alert goes off when they get out of hand",
    ),
    graded_point(
        "G2-9a",
        &[
            ("the load balancer", BALANCER),
            ("that encryption ends there", "terminat|ends |end at|decrypt|offload"),
            (
                "that what follows is not encrypted",
                "unencrypt|plain|not encrypt|clear text|cleartext|in clear|in the clear|without encrypt|decrypted|no longer encrypt|isn t encrypt|not secure",
            ),
        ],
        "whoever is inside the network reads everything",
        "say that TLS ends at the load balancer, so that what goes on to the web servers is not encrypted",
    ),
    graded_point(
        "G2-9b",
        &[
            ("the database", "database|mysql|primary|master|db "),
            ("that one takes the writes", "write|writing"),
            (
                "what happens without it",
                "down |fail|dies|die |unavailable|lost|crash|no longer|cannot|can t |unable|stored|spof",
            ),
        ],
        "reads may go on, but nothing new can be stored",
        "say that only one MySQL takes writes: when it is down nothing can be written",
    ),
    graded_point(
        "G2-9c",
        &[
            (
                "that each server holds all components",
                "component|all in one|same server|same machine|share|identical",
            ),
            (
                "that they need resources differently",
                "resource|cpu|memory|ram |compet|consum|contend|contention|scal|grow",
            ),
            (
                "that maintaining one touches the others",
                "maint|upgrad|updat|affect|restart|fail|fate|debug|stop|troublesh|impact|bug",
            ),
        ],
        "what lives together starves and dies together",
        "say that the components of one server grow differently, and that maintaining one affects the others",
    ),
    graded_point(
        "G2-9d",
        &[SPOF, ("the load balancer", BALANCER)],
        "every request passes the one balancer",
        "say that the load balancer is still a single point of failure",
    ),
];
