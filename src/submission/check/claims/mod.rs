//! What a text claims of the plan and the plan does not have: its mode, its algorithm, no single point of failure, and the mistakes
//! that students make most. Flags only a sentence that says how things are, and quotes it.

mod mistakes;
mod set_up;
mod single;

use super::text::Text;
use super::{Finding, Section, Task};
use crate::infra::Infrastructure;

/// What was claimed, if something was, and the rest of the finding.
struct Claim {
    id: &'static str,
    /// The sentence, and what stands there instead.
    wrong: Option<String>,
    right: &'static str,
    why: &'static str,
    todo: &'static str,
}

impl Claim {
    fn finding(self) -> Finding {
        let Self { id, wrong, right, why, todo } = self;
        let holds = wrong.is_none();
        let found = wrong.unwrap_or_else(|| right.to_owned());
        Finding::judged(Section::Correctness, id, holds, found, why, todo)
    }
}

/// What is claimed in a text about the plan of this task.
pub(super) fn findings(task: Task, infrastructure: &Infrastructure, text: &Text) -> Vec<Finding> {
    let mut findings = vec![single::spof(task, infrastructure, text)];
    if task == Task::Simple {
        findings.push(mistakes::cname(text).finding());
        return findings;
    }
    findings.push(set_up::cluster_mode(task, infrastructure, text).finding());
    findings.push(set_up::algorithm(infrastructure, text).finding());
    findings.push(single::one_balancer(infrastructure, text).finding());
    findings.push(mistakes::replica_writes(text).finding());
    findings.push(mistakes::both_databases(text).finding());
    findings.push(mistakes::promotion(infrastructure, text).finding());
    findings.push(mistakes::https_to_database(text).finding());
    if task == Task::ScaleUp {
        findings.push(mistakes::added_server(infrastructure, text).finding());
    }
    findings
}
