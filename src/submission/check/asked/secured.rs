//! Task 2: firewalls, encryption, monitoring, and what is still wrong. Data, no judgement.

use super::super::point::Point;
use super::super::words::BALANCER;
use super::{BALANCER_IS_SINGLE, graded_point};

const AGENT: &str = "agent|client|collector|sumo|datadog|exporter|newrelic|new relic|prometheus|monitor|zabbix|nagios";
const QPS: &str = "qps|queries per second|query per second|requests per second|request per second|requests a second|queries a second";

pub(super) const POINTS: [Point; 9] = [
    graded_point(
        "G2-4",
        &[(
            "that the firewalls filter what passes",
            &[
                "firewall",
                "filter|allow|block|denies|deny|drop|restrict|control|rule|polic|permit|reject",
                "traffic|connection|packet|access|port|ports|request|incoming|outgoing|who may",
            ],
        )],
        "a machine should take only the connections it is there for",
        "say that a firewall filters what goes in and out of a machine, by rules",
    ),
    graded_point(
        "G2-5",
        &[(
            "that HTTPS keeps others from reading what passes",
            &[
                "https|ssl|tls|certificat",
                "encrypt|intercept|eavesdrop|sniff|man in the middle|mitm|confidential|private|unreadable|cannot read|can t read|cannot be read|can t be read|nobody|securely|to secure|secures",
                "traffic|data|communicat|connection|information|password|user|browser|client|what |read|exchang|transmi",
            ],
        )],
        "passwords travel through networks of strangers",
        "say that traffic is encrypted so that whoever intercepts it cannot read it",
    ),
    graded_point(
        "G2-6",
        &[(
            "that monitoring tells what is broken or slow",
            &[
                "monitor",
                "broken|break|slow|fails|failure|failing|is down|goes down|issue|problem|perform|health|outage|anomal|error|bottleneck|crash|unusual|attack",
                "tell|detect|know|alerts|alert |see |sees|learn|notif|watch|track|identif|inform|warn|find|spot|notice|show|visib|measur|observ|help|before|so that|because|report",
            ],
        )],
        "what nobody sees, nobody repairs",
        "say that monitoring tells when something is broken or slow",
    ),
    graded_point(
        "G2-7",
        &[
            (
                "that the monitoring agent collects",
                &[
                    AGENT,
                    "collect|gather|scrap|reads|read |tracks|captur|records|pulls|tails",
                    "log|metric|data|figure|statistic|information|event|usage|load",
                ],
            ),
            (
                "that it sends what it has",
                &[
                    AGENT,
                    "sends|send |sent|sending|transmit|forward|ships|shipped|push|upload|transfer|reports|scrap|pulls|stream|deliver",
                    "collector|sumo|server|system|service|platform|dashboard|central|cloud|monitoring|datadog|prometheus|them|it |to ",
                ],
            ),
        ],
        "a figure has to get from the machine to whoever looks at it",
        "say that an agent on each server collects logs and figures and sends them to the monitoring system",
    ),
    graded_point(
        "G2-8",
        &[
            (
                "how queries per second are counted",
                &[
                    QPS,
                    "nginx|web server|access log|stub status|logs |log |metric|haproxy|requests|queries",
                    "count|collect|measur|reads|read |pars|track|monitor|expos|calculat|comput|enabl|configur|difference|analy",
                ],
            ),
            ("what raises an alert", &[QPS, "alert|threshold|alarm|notif|warn"]),
        ],
        "the rate tells when a server nears its limit",
        "say where the web server's requests are counted, and that an alert goes off when they get out of hand",
    ),
    graded_point(
        "G2-9a",
        &[
            (
                "that encryption ends at the load balancer",
                &[
                    "ssl|tls|https|encrypt|load balanc",
                    BALANCER,
                    "terminat|ends |end at|ending|decrypt|offload",
                ],
            ),
            (
                "that what follows is not encrypted",
                &[
                    "terminat|ssl|tls|https|load balanc|decrypt|ends ",
                    "unencrypt|plain text|plaintext|plain http|in plain|not encrypt|clear text|cleartext|in clear|in the clear|without encrypt|decrypted traffic|decrypted data|sent decrypted|no longer encrypt|isn t encrypt|not be encrypt|not secure|unsecure|insecure",
                ],
            ),
        ],
        "whoever is inside the network reads everything",
        "say that TLS ends at the load balancer, so that what goes on to the web servers is not encrypted",
    ),
    graded_point(
        "G2-9b",
        &[
            (
                "that one database takes the writes",
                &[
                    "database|mysql|primary|master|db ",
                    "only|one |single|sole",
                    "write|writes |writing|writable",
                ],
            ),
            (
                "what happens without it",
                &[
                    "database|mysql|primary|master|db |write",
                    "down |fails|fail |dies|die |unavailable|lost|crash|stops",
                    "cannot|can t |unable|no longer|nothing|not |stop|no |lost|until|impossible|spof|write|whole|entire",
                ],
            ),
        ],
        "reads may go on, but nothing new can be stored",
        "say that only one MySQL takes writes: when it is down nothing can be written",
    ),
    graded_point(
        "G2-9c",
        &[
            (
                "that the components of one server need resources differently",
                &[
                    "component|all in one|same server|same machine|each server|every server|servers|share|identical",
                    "resource|cpu|memory|ram |compet|consum|contend|contention|scale|scaling|grow",
                    "differ|compet|contend|contention|each |same|grow|independent|separat|consum|starve|share|one |not ",
                ],
            ),
            (
                "that maintaining one touches the others",
                &[
                    "component|all in one|same server|same machine|each server|every server|servers|maint",
                    "maint|upgrad|updat|restart|debug|troublesh|bug|problem|fails|failure",
                    "affect|impact|other|whole|everything|all |stops|touch|together|downtime|down |harder|difficult",
                ],
            ),
        ],
        "what lives together starves and dies together",
        "say that the components of one server grow differently, and that maintaining one affects the others",
    ),
    graded_point(
        "G2-9d",
        &[BALANCER_IS_SINGLE],
        "every request passes the one balancer",
        "say that the load balancer is still a single point of failure",
    ),
];
