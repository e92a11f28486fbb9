//! Task 1: the balancer, the two modes, replication, and what is still missing. Data, no judgement.

use super::super::point::Point;
use super::super::words::{BALANCER, REPLICA};
use super::{SPOF, graded_point};

pub(super) const POINTS: [Point; 7] = [
    graded_point(
        "G1-5",
        &[
            (
                "an algorithm by its name",
                "round robin|least conn|least time|ip hash|source|random|weighted|uri|static rr",
            ),
            (
                "how it chooses",
                "in turn|turns|each |next|sequen|cycl|rotat|order|one after|evenly|equal|fewest|lowest|smallest|number of|hash of|same server",
            ),
        ],
        "it decides which server gets which request",
        "name the distribution algorithm and say how it chooses a server",
    ),
    graded_point(
        "G1-6",
        &[
            ("active-active", "active active"),
            ("active-passive", "active passive|active standby|active backup|passive"),
            (
                "what differs",
                "both|all |only one|idle|wait|standby|stand by|stands by|takes over|take over|while|whereas|unlike|differ|same time|simultan",
            ),
        ],
        "the two differ in what works before a failure, and in what is left after it",
        "say which of the two it is, and how they differ: all work at once, or one waits until the other fails",
    ),
    graded_point(
        "G1-7",
        &[
            ("replication", "replica|slave|secondary"),
            (
                "that the data is copied",
                "synchron|sync |syncs|copy|copie|mirror|up to date|same data|changes|duplicat|binlog|binary log",
            ),
        ],
        "two databases are of use only if both hold the same data",
        "say that every change on the primary is copied to the replica",
    ),
    graded_point(
        "G1-8",
        &[
            ("the primary", "primary|master|source"),
            ("writes", "write|writing|insert|update"),
            ("the replica", REPLICA),
            ("reads", "read"),
        ],
        "the application has to know where to write",
        "say that the application reads from and writes to the primary, and only reads from the replica",
    ),
    graded_point(
        "G1-9",
        &[SPOF, ("the load balancer", BALANCER)],
        "every request passes the one balancer",
        "say that the load balancer is still a single point of failure",
    ),
    graded_point(
        "G1-10",
        &[
            ("the firewall", "firewall"),
            ("encryption", "https|encrypt|ssl|tls|plain"),
            (
                "that they are missing",
                "no |not |without|lack|missing|absen|unencrypt|isn t|doesn t|none|neither|nor ",
            ),
        ],
        "anybody can try every port and read what passes",
        "say that no firewall stands here and that traffic is not encrypted",
    ),
    graded_point(
        "G1-11",
        &[
            ("monitoring", "monitor"),
            (
                "that it is missing",
                "no |not |without|lack|missing|absen|isn t|doesn t|none|nobody|neither|nor ",
            ),
        ],
        "nobody learns that something is broken before the users do",
        "say that nothing is monitored",
    ),
];
