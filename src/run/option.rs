//! An action as an option of `foobar-lab simulate`, so that what was done in one place can be done again in another.

use crate::kernel::small::decimal;
use crate::sim::{Action, TimedAction};

/// The option that does the same at the same time.
pub fn command_line_option(timed: &TimedAction) -> String {
    let at = timed.at;
    match &timed.action {
        Action::Kill(component) => format!("--kill {component}@{at}"),
        Action::Restore(component) => format!("--restore {component}@{at}"),
        Action::Stop(component) => format!("--stop {component}@{at}"),
        Action::CutHeartbeat => format!("--cut-heartbeat {at}"),
        Action::HealHeartbeat => format!("--heal-heartbeat {at}"),
        Action::Degrade { component, gray } => format!("--degrade {component}:{gray}@{at}"),
        Action::Link(change) => format!("--link \"{change}@{at}\""),
        Action::CutUplink { uplink } => format!("--cut-uplink {uplink}@{at}"),
        Action::HealUplink { uplink } => format!("--heal-uplink {uplink}@{at}"),
        Action::DropRule { rule } => format!("--drop-rule {rule}@{at}"),
        Action::RestoreRule { rule } => format!("--restore-rule {rule}@{at}"),
        Action::Promote { host } => format!("--promote {host}@{at}"),
        Action::Slow { host, factor } => format!("--slow {host}:{}@{at}", decimal(*factor, 9)),
        Action::Command { .. } => format!("--command \"{}@{at}\"", timed.action),
        Action::Reload { .. } => format!("--reload \"{}@{at}\"", timed.action),
    }
}
