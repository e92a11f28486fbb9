//! Task 3: the cluster of balancers, and the two kinds of server that it splits. Data, no judgement.

use super::super::Section;
use super::super::point::Point;
use super::super::words::{APPLICATION, WEB};

/// What task 3 wants explained beside its five ticks: web and application server are two things.
pub(in super::super) const WEB_AND_APPLICATION: Point = Point {
    section: Section::Correctness,
    id: "C3-4",
    parts: &[
        (
            "what a web server does",
            &[
                WEB,
                "serves|serve |served|serving|answer|hands|hand |return|deliver|handl|sends|send |holds|respond|provid|responsib|accept|deals|takes care",
                "static|file|files|html|image|images|css",
            ],
        ),
        (
            "what an application server does",
            &[
                APPLICATION,
                "execut|comput|generat|runs|run |running|processes|process |processing|produc|creat|builds|build |makes|make |handl|perform|serves|serve |responsib|provid",
                "dynamic|logic|code|script|scripts",
            ],
        ),
    ],
    why: "the task is about splitting them, so the reader should know what the two are",
    todo: "say what a web server does and what an application server does",
};

/// How a cluster of balancers is told.
pub(in super::super) const CLUSTER: Point = Point {
    section: Section::Graded,
    id: "G3-3",
    parts: &[
        (
            "that the balancers form a cluster",
            &[
                "load balanc|balancer|haproxy|lb |lbs ",
                "cluster|vrrp|keepalived|high availability|ha pair|failover pair",
            ],
        ),
        (
            "that if one fails the other takes over",
            &[
                "fails|fail |failed|failing|failure|down |dies|die |dead|crash|unavailable|outage|failover|stops",
                "take over|takes over|taking over|took over|takeover|failover to|keeps serving|keep serving|continue|carries on|carry on|steps in|step in|picks up|becomes active|becomes the active|resume|still works|still work|still serve|take its place|takes its place|replaces it|moves to|handles all|handle all|serves all",
                "other|second|backup|standby|passive|another|lb 2|lb2|lb1|lb 1|survivor|remaining|one ",
            ],
        ),
    ],
    why: "two balancers side by side help nobody unless one has the other's address when it fails",
    todo: "say that the balancers are a cluster: if one fails the other takes over",
};
