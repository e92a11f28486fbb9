//! What the exercise grades, task by task, answered from the infrastructure: in brief these answers are the document.

mod distributed;
mod scale_up;
mod secured;
mod shared;
mod simple;

use super::super::block::Item;
use super::super::figures::capital;
use super::super::{SectionId, Task};
use crate::infra::Infrastructure;

/// A part of the answer: its section, its heading, its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Part {
    pub(in super::super) section: SectionId,
    pub(in super::super) heading: &'static str,
    pub(in super::super) items: Vec<Item>,
}

impl Part {
    fn new(section: SectionId, heading: &'static str, items: Vec<Item>) -> Self {
        Self { section, heading, items }
    }
}

/// The title of the document.
pub(in super::super) fn title(task: Task, infrastructure: &Infrastructure) -> String {
    let what = match task {
        Task::Simple | Task::Distributed | Task::Secured => capital(task.title()),
        Task::ScaleUp => "Scaled web infrastructure".to_owned(),
    };
    format!("{what} of {}", infrastructure.domain)
}

/// What the document answers.
pub(in super::super) fn setting(task: Task) -> String {
    let title = capital(task.title());
    format!(
        "ALX System Engineering DevOps, Web infrastructure design, exercise {}: {title}.",
        task.number()
    )
}

/// The answer to a task; parts that have nothing to say are left out.
pub(in super::super) fn parts(task: Task, infrastructure: &Infrastructure) -> Vec<Part> {
    let mut parts = match task {
        Task::Simple => simple::parts(infrastructure),
        Task::Distributed => distributed::parts(infrastructure),
        Task::Secured => secured::parts(infrastructure),
        Task::ScaleUp => scale_up::parts(infrastructure),
    };
    parts.retain(|part| !part.items.is_empty());
    parts
}
