//! An action as a person says it: as an order, "kill app-1", and as what was done, "You killed app-1". Short, since both stand in the first
//! load: the figures are in the command itself, which the desk puts beside it.

use crate::haproxy::{Command, Order, State};
use crate::infra::{Component, LinkChange};
use crate::kernel::small::decimal;

use super::Action;
use super::gray::Gray;

/// A verb in an order, and of what was done.
type Verb = [&'static str; 2];

const CUT: Verb = ["cut "; 2];
const MEND: Verb = ["mend ", "mended "];
const MAKE: Verb = ["make ", "made "];
const SET: Verb = ["set "; 2];

impl Action {
    /// What it does, as an order: `cut the link lb-1 to web-1`.
    pub fn words(&self) -> String {
        let ([order, _], what) = self.said();
        order.to_owned() + &what
    }

    /// That it was done, as a sentence without its full stop: `You cut the link lb-1 to web-1`.
    pub fn told(&self) -> String {
        let ([_, done], what) = self.said();
        format!("You {done}{what}")
    }

    fn said(&self) -> (Verb, String) {
        match self {
            Self::Kill(on) => (["kill ", "killed "], named(on)),
            Self::Restore(on) => (["restore ", "restored "], named(on)),
            Self::Stop(on) => (["stop ", "stopped "], named(on)),
            Self::CutHeartbeat => (CUT, "the heartbeat".to_owned()),
            Self::HealHeartbeat => (MEND, "the heartbeat".to_owned()),
            Self::Slow { host, factor } if *factor <= 1.0 => {
                (MAKE, format!("{host} as fast as it was"))
            }
            Self::Slow { host, factor } => {
                (MAKE, format!("{host} {} times slower", decimal(*factor, 2)))
            }
            Self::Promote { host } => (["promote ", "promoted "], host.clone()),
            Self::Degrade { component, gray } => (MAKE, named(component) + does(*gray)),
            Self::Link(change) => link(change),
            Self::CutUplink { uplink } => (CUT, uplink.clone()),
            Self::HealUplink { uplink } => (MEND, uplink.clone()),
            Self::DropRule { rule } => (["take out ", "took out "], format!("the rule {rule}")),
            Self::RestoreRule { rule } => (["put back "; 2], format!("the rule {rule}")),
            Self::Command { balancer, command } => {
                let (verb, what) = order(command);
                (verb, within(what, " on ", balancer.as_deref()))
            }
            Self::Reload { backend, directive } => {
                (SET, within(directive.to_string(), " in backend ", backend.as_deref()))
            }
        }
    }
}

/// A machine, or a service on it.
fn named(on: &Component) -> String {
    let Some(service) = &on.service else { return on.host.clone() };
    format!("{service} on {}", on.host)
}

/// What is done where, if that is one place of several.
fn within(mut what: String, place: &str, name: Option<&str>) -> String {
    if let Some(name) = name {
        what.push_str(place);
        what.push_str(name);
    }
    what
}

/// What a service is made to do.
const fn does(gray: Gray) -> &'static str {
    match gray {
        Gray::Hang => " hang",
        Gray::Errors(_) => " fail requests",
        Gray::Leak(_) => " leak memory",
        Gray::Flap { .. } => " flap",
        Gray::Lock => " lock its writes",
        Gray::DiskFull => " fill its disk",
        Gray::SlowDisk(_) => " use a slow disk",
    }
}

fn link(change: &LinkChange) -> (Verb, String) {
    let way = if change.one_way { "the way from" } else { "the link" };
    let what = format!("{way} {} to {}", change.from, change.to);
    match change.state.word() {
        "cut" => (CUT, what),
        "whole" => (MEND, what),
        word => (MAKE, what + " " + word),
    }
}

fn order(command: &Command) -> (Verb, String) {
    let server = &command.server;
    let set = |what: &str| (SET, format!("the {what} of {server} to "));
    let ((verb, what), value) = match command.order {
        Order::State(State::Ready) => ((MAKE, server.clone()), " ready".to_owned()),
        Order::State(State::Drain) => ((["drain ", "drained "], server.clone()), String::new()),
        Order::State(State::Maint) => ((["disable ", "disabled "], server.clone()), String::new()),
        Order::Enable => ((["enable ", "enabled "], server.clone()), String::new()),
        Order::Weight(weight) => (set("weight"), weight.to_string()),
        Order::Percent(percent) => (set("weight"), format!("{percent} %")),
        Order::Health(is_up) => (set("health"), if is_up { "up" } else { "down" }.to_owned()),
    };
    (verb, what + &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of action, and each thing that can be done of a kind.
    const SAID: [(&str, &str, &str); 30] = [
        ("kill app-1", "kill app-1", "You killed app-1"),
        ("kill app-1/app", "kill app on app-1", "You killed app on app-1"),
        ("restore app-1", "restore app-1", "You restored app-1"),
        ("stop lb-1/keepalived", "stop keepalived on lb-1", "You stopped keepalived on lb-1"),
        ("cut heartbeat", "cut the heartbeat", "You cut the heartbeat"),
        ("heal heartbeat", "mend the heartbeat", "You mended the heartbeat"),
        ("slow db-1 x1.5", "make db-1 1.5 times slower", "You made db-1 1.5 times slower"),
        ("promote db-2", "promote db-2", "You promoted db-2"),
        ("degrade web-1/nginx:hang", "make nginx on web-1 hang", "You made nginx on web-1 hang"),
        (
            "degrade app-1/app:errors=0.5",
            "make app on app-1 fail requests",
            "You made app on app-1 fail requests",
        ),
        (
            "degrade app-1/app:leak=64",
            "make app on app-1 leak memory",
            "You made app on app-1 leak memory",
        ),
        ("degrade app-1/app:flap=3s/2s", "make app on app-1 flap", "You made app on app-1 flap"),
        (
            "degrade db-1/mysql:lock",
            "make mysql on db-1 lock its writes",
            "You made mysql on db-1 lock its writes",
        ),
        (
            "degrade db-1/mysql:disk-full",
            "make mysql on db-1 fill its disk",
            "You made mysql on db-1 fill its disk",
        ),
        (
            "degrade db-1/mysql:slow-disk=20",
            "make mysql on db-1 use a slow disk",
            "You made mysql on db-1 use a slow disk",
        ),
        ("link lb-1:web-1:cut", "cut the link lb-1 to web-1", "You cut the link lb-1 to web-1"),
        (
            "link lb-1>web-1:cut",
            "cut the way from lb-1 to web-1",
            "You cut the way from lb-1 to web-1",
        ),
        (
            "link lb-1:web-1:whole",
            "mend the link lb-1 to web-1",
            "You mended the link lb-1 to web-1",
        ),
        (
            "link lb-1:web-1:loss=0.2",
            "make the link lb-1 to web-1 lossy",
            "You made the link lb-1 to web-1 lossy",
        ),
        (
            "link lb-1:web-1:delay=50ms",
            "make the link lb-1 to web-1 slow",
            "You made the link lb-1 to web-1 slow",
        ),
        ("cut uplink uplink-1", "cut uplink-1", "You cut uplink-1"),
        ("heal uplink uplink-1", "mend uplink-1", "You mended uplink-1"),
        (
            "drop rule edge-to-app",
            "take out the rule edge-to-app",
            "You took out the rule edge-to-app",
        ),
        (
            "restore rule edge-to-app",
            "put back the rule edge-to-app",
            "You put back the rule edge-to-app",
        ),
        ("set server app/app-1 state ready", "make app-1 ready", "You made app-1 ready"),
        ("set server app/app-1 state drain", "drain app-1", "You drained app-1"),
        ("lb-1: disable server app/app-1", "disable app-1 on lb-1", "You disabled app-1 on lb-1"),
        (
            "lb-1: set server app/app-1 weight 50",
            "set the weight of app-1 to 50 on lb-1",
            "You set the weight of app-1 to 50 on lb-1",
        ),
        (
            "backend app: balance leastconn",
            "set balance leastconn in backend app",
            "You set balance leastconn in backend app",
        ),
        ("retries 2", "set retries 2", "You set retries 2"),
    ];

    #[test]
    fn an_action_is_said_as_an_order_and_told_as_what_was_done() {
        for (text, order, done) in SAID {
            let action: Action = text.parse().unwrap();
            assert_eq!((action.words().as_str(), action.told().as_str()), (order, done), "{text}");
        }
    }

    /// What is typed has signs in it that no sentence has.
    #[test]
    fn no_sentence_is_a_command() {
        for (_, order, done) in SAID {
            for said in [order, done] {
                assert!(!said.contains([':', '>', '/', '=', '@']), "{said}");
            }
        }
    }
}
