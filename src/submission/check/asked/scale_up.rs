//! Task 3: the cluster of balancers, and the two kinds of server that it splits. Data, no judgement.

use super::super::Section;
use super::super::point::Point;
use super::super::words::{APPLICATION, WEB};

/// What task 3 wants explained beside its five ticks: web and application server are two things.
pub(in super::super) const WEB_AND_APPLICATION: Point = Point {
    section: Section::Correctness,
    id: "C3-4",
    parts: &[
        ("the web server", WEB),
        ("static content", "static|files|html|image|css"),
        ("the application server", APPLICATION),
        ("dynamic content", "dynamic|logic|code|comput|execut|generat|process"),
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
            "cluster|vrrp|keepalived|high availability|ha pair|failover pair",
        ),
        ("that one fails", "fail|down |dies|die |dead|crash|unavailable|outage"),
        (
            "that the other takes over",
            "take over|takes over|taking over|took over|takeover|failover|keeps serving|continues|carries on|steps in|picks up|becomes active|becomes the active|resume",
        ),
    ],
    why: "two balancers side by side help nobody unless one has the other's address when it fails",
    todo: "say that the balancers are a cluster: if one fails the other takes over",
};
