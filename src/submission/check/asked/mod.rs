//! What the exercise wants explained in words, task by task: the graded points that only a text can make. Data, no judgement.

mod distributed;
mod scale_up;
mod secured;
mod simple;

pub(super) use scale_up::{CLUSTER, WEB_AND_APPLICATION};

use super::point::{Part, Point};
use super::words::BALANCER;
use super::{Section, Task};

/// The points of a task, in the order of the exercise.
pub(super) const fn graded(task: Task) -> &'static [Point] {
    match task {
        Task::Simple => &simple::POINTS,
        Task::Distributed => &distributed::POINTS,
        Task::Secured => &secured::POINTS,
        // Its one point in words belongs to what is drawn: the cluster.
        Task::ScaleUp => &[],
    }
}

/// That the balancer is single, in tasks 1 and 2.
const BALANCER_IS_SINGLE: Part = (
    "that the load balancer is a single point of failure",
    &[
        "spof",
        BALANCER,
        "spof|fails|failure|down |dies|dead|crash|only one|redundan|lose|lost|without|unavailable|outage",
        "!not a spof|no longer|isn t a spof|no spof",
    ],
);

const fn graded_point(
    id: &'static str,
    parts: &'static [Part],
    why: &'static str,
    todo: &'static str,
) -> Point {
    Point { section: Section::Graded, id, parts, why, todo }
}
