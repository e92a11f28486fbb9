//! Actions as text, read as they are written: `kill app-1`, `degrade app-1/app:hang`, `link lb-1:app-1:cut`, `set server app/app-1 state
//! drain`, `backend app: balance leastconn`.

use std::str::FromStr;

use crate::config::Change;
use crate::haproxy::Command;
use crate::infra::Component;
use crate::kernel::small::read_decimal;

use super::Action;

/// A text that is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is nothing that can be done")]
pub struct ParseActionError {
    /// What stood there.
    pub found: String,
}

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(text: &str) -> Result<Self, ParseActionError> {
        read(text.trim()).ok_or_else(|| ParseActionError { found: text.chars().take(80).collect() })
    }
}

fn read(text: &str) -> Option<Action> {
    let after = |verb: &str| text.strip_prefix(verb)?.strip_prefix(' ').map(str::trim);
    let component = |text: &str| text.parse::<Component>().ok();
    let owned = |text: &str| text.to_owned();
    match text {
        "cut heartbeat" => return Some(Action::CutHeartbeat),
        "heal heartbeat" => return Some(Action::HealHeartbeat),
        _ => {}
    }
    if let Some(on) = after("kill") {
        return component(on).map(Action::Kill);
    }
    if let Some(rule) = after("restore rule") {
        return Some(Action::RestoreRule { rule: owned(rule) });
    }
    if let Some(on) = after("restore") {
        return component(on).map(Action::Restore);
    }
    if let Some(on) = after("stop") {
        return component(on).map(Action::Stop);
    }
    if let Some(what) = after("slow") {
        let (host, factor) = what.rsplit_once(" x")?;
        return Some(Action::Slow { host: owned(host), factor: read_decimal(factor)? });
    }
    if let Some(host) = after("promote") {
        return Some(Action::Promote { host: owned(host) });
    }
    if let Some(what) = after("degrade") {
        let (on, gray) = what.split_once(':')?;
        return Some(Action::Degrade { component: component(on)?, gray: gray.parse().ok()? });
    }
    if let Some(change) = after("link") {
        return change.parse().ok().map(Action::Link);
    }
    if let Some(uplink) = after("cut uplink") {
        return Some(Action::CutUplink { uplink: owned(uplink) });
    }
    if let Some(uplink) = after("heal uplink") {
        return Some(Action::HealUplink { uplink: owned(uplink) });
    }
    if let Some(rule) = after("drop rule") {
        return Some(Action::DropRule { rule: owned(rule) });
    }
    if let Ok(command) = text.parse::<Command>() {
        return Some(Action::Command { balancer: None, command });
    }
    if let Some((balancer, command)) = text.split_once(": ")
        && let Ok(command) = command.parse::<Command>()
    {
        return Some(Action::Command { balancer: Some(owned(balancer)), command });
    }
    let Change { backend, directive } = text.parse().ok()?;
    Some(Action::Reload { backend, directive })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_as_they_are_written() {
        for text in [
            "kill app-1",
            "kill app-1/app",
            "restore app-1",
            "stop lb-1/keepalived",
            "cut heartbeat",
            "heal heartbeat",
            "slow db-1 x5",
            "slow db-1 x1.5",
            "promote db-2",
            "degrade app-1/app:errors=0.5",
            "degrade app-1/app:flap=3s/500ms",
            "link lb-1>app-1:loss=0.1,delay=50ms",
            "cut uplink uplink-1",
            "heal uplink uplink-1",
            "drop rule balancers to applications",
            "restore rule balancers to applications",
            "set server app/app-1 state drain",
            "lb-1: set server app/app-1 weight 50",
            "backend app: balance leastconn",
            "retries 2",
            "option redispatch",
        ] {
            assert_eq!(text.parse::<Action>().map(|action| action.to_string()), Ok(text.into()));
        }
        for text in ["", "kill", "kill ", "slow db-1", "degrade app-1", "dance", "link a:b"] {
            assert!(text.parse::<Action>().is_err(), "{text}");
        }
    }
}
