//! Task 1: the balancer, the two modes, replication, and what is still missing. Data, no judgement.

use super::super::point::{HERE, Point};
use super::super::words::REPLICA;
use super::{BALANCER_IS_SINGLE, graded_point};

/// The algorithms that HAProxy knows, and others do.
const ALGORITHM: &str = "round robin|least conn|least time|least response|ip hash|source ip|source hash|source address|balance source|uri hash|hash|weighted|random algorithm|randomly|static rr";
/// What is missing, where something is.
const MISSING: &str =
    "no |not |without|lack|missing|absen|isn t|doesn t|don t|aren t|none|nobody|neither|nor |never";

pub(super) const POINTS: [Point; 7] = [
    graded_point(
        "G1-5",
        &[
            ("which algorithm it is", &[HERE, ALGORITHM]),
            (
                "how it chooses",
                &[
                    ALGORITHM,
                    "in turn|turns|next server|next one|next machine|to the next|sequen|cycl|circular|rotat|in order|one after|one by one|evenly|equally|equal |alternat|fewest|lowest|smallest|number of connections|number of active|active connections|hash of|same server|first server|second server|each server|every server|goes to the|again|proportion",
                ],
            ),
        ],
        "it decides which server gets which request",
        "name the distribution algorithm and say how it chooses a server",
    ),
    graded_point(
        "G1-6",
        &[
            (
                "what active-active means",
                &[
                    "active active",
                    "both|all |each |every|same time|simultan|at once|shar|concurrent|together|multiple|while|whereas",
                    "work|take|tak|handl|serv|process|receiv|running|runs|run |traffic|request|load |idle|operat",
                ],
            ),
            (
                "what active-passive means",
                &[
                    "active passive|active standby|active backup",
                    "only one|one |idle|wait|standby|stand by|stands by|takes over|take over|inactive|backup|fails|failover",
                    "work|take|tak|handl|serv|process|receiv|running|runs|run |traffic|request|load |idle|operat|wait|fails",
                ],
            ),
            (
                "which of the two it is here",
                &[
                    "active active|active passive|active standby|active backup",
                    "we |our |configured|configuration|enabl|set up|setup|uses |using |use |used|is in|are in|chosen|chose|implement|operat|here|this |run in|runs in|works in|it is|it s|requests",
                ],
            ),
        ],
        "the two differ in what works before a failure, and in what is left after it",
        "say which of the two it is, and how they differ: all work at once, or one waits until the other fails",
    ),
    graded_point(
        "G1-7",
        &[(
            "that the data is copied to the replica",
            &[
                "replica|slave|secondary|primary|master",
                "synchron|sync |syncs|synced|copies|copied|copy|copying|mirror|up to date|same data|replicated|replicates|propagat|duplicat|binlog|binary log",
                "data|change|write|primary|master|update|every",
            ],
        )],
        "two databases are of use only if both hold the same data",
        "say that every change on the primary is copied to the replica",
    ),
    graded_point(
        "G1-8",
        &[
            (
                "that the application writes to the primary",
                &["primary|master|source", "write|writes |writing|insert|update"],
            ),
            (
                "that it only reads from the replica",
                &[
                    REPLICA,
                    "read|reads |reading",
                    "only|just|never|cannot|can t |not |for read|read quer|read request|read operation|reads from|read from|handles|serves|used|from",
                ],
            ),
        ],
        "the application has to know where to write",
        "say that the application reads from and writes to the primary, and only reads from the replica",
    ),
    graded_point(
        "G1-9",
        &[BALANCER_IS_SINGLE],
        "every request passes the one balancer",
        "say that the load balancer is still a single point of failure",
    ),
    graded_point(
        "G1-10",
        &[
            ("that no firewall stands here", &[HERE, "firewall", MISSING]),
            (
                "that traffic is not encrypted",
                &[
                    HERE,
                    "https|encrypt|ssl|tls|unencrypt|plain text|plaintext|plain http|clear text|cleartext",
                    "no |not |without|lack|missing|absen|unencrypt|isn t|doesn t|don t|aren t|none|neither|nor |plain|clear",
                ],
            ),
        ],
        "anybody can try every port and read what passes",
        "say that no firewall stands here and that traffic is not encrypted",
    ),
    graded_point(
        "G1-11",
        &[("that nothing is monitored", &[HERE, "monitor", MISSING])],
        "nobody learns that something is broken before the users do",
        "say that nothing is monitored",
    ),
];
