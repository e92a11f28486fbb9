//! What the operator's commands have made of a server at one balancer. Told by the actions of the run: the status says only
//! what HAProxy makes of it, and a drained server that is DOWN looks like any other that is DOWN.

use super::Run;
use crate::haproxy::{Command, Order, State};
use crate::infra::Component;
use crate::sim::Action;

/// A server as it was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// What the operator made of it.
    pub state: State,
    /// Its weight, when it is warm.
    pub weight: u32,
}

impl Run {
    /// How a server is ordered at a balancer; the configuration says it as `Ready` with this weight.
    pub fn ordered(&self, balancer: &str, backend: &str, server: &str, weight: u32) -> Ordered {
        let fresh = Ordered { state: State::Ready, weight };
        let (mut now, mut is_up) = (fresh, true);
        let is_its = |component: &Component| {
            let service = component.service.as_deref();
            component.host == balancer && matches!(service, None | Some("haproxy"))
        };
        for timed in self.actions() {
            match &timed.action {
                Action::Kill(component) | Action::Stop(component) if is_its(component) => {
                    (now, is_up) = (fresh, false);
                }
                Action::Restore(component) if is_its(component) => is_up = true,
                Action::Reload { .. } => now = fresh,
                Action::Command { balancer: at, command } => {
                    let is_here = at.as_deref().is_none_or(|at| at == balancer);
                    if is_up && is_here && command.backend == backend && command.server == server {
                        obey(&mut now, command, weight);
                    }
                }
                Action::Kill(_)
                | Action::Stop(_)
                | Action::Restore(_)
                | Action::Slow { .. }
                | Action::Promote { .. }
                | Action::Degrade { .. }
                | Action::Link(_)
                | Action::CutUplink { .. }
                | Action::HealUplink { .. }
                | Action::DropRule { .. }
                | Action::RestoreRule { .. }
                | Action::CutHeartbeat
                | Action::HealHeartbeat => {}
            }
        }
        now
    }
}

fn obey(ordered: &mut Ordered, command: &Command, configured: u32) {
    match command.order {
        Order::State(state) => ordered.state = state,
        Order::Enable if ordered.state == State::Maint => ordered.state = State::Ready,
        Order::Weight(weight) => ordered.weight = weight,
        Order::Percent(percent) => ordered.weight = (configured * percent / 100).min(256),
        Order::Enable | Order::Health(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Directive, Preset};
    use crate::kernel::SimTime;
    use crate::sim::{History, Plan};

    #[test]
    fn commands_last_until_their_process_ends() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut run = Run::new(plan, History::Off).unwrap();
        let mut does = |action| {
            run.act(action).unwrap();
            let now = run.now() + crate::kernel::SimDuration::from_ms(100);
            run.advance_to(now);
            ["lb-1", "lb-2"].map(|balancer| run.ordered(balancer, "app", "app-1", 1))
        };
        let order = |order| Action::Command {
            balancer: None,
            command: Command { backend: "app".into(), server: "app-1".into(), order },
        };
        let ready = Ordered { state: State::Ready, weight: 1 };
        let drained = Ordered { state: State::Drain, weight: 3 };
        does(order(Order::Weight(3)));
        assert_eq!(does(order(Order::State(State::Drain))), [drained; 2]);
        let process = Component { host: "lb-1".into(), service: Some("haproxy".into()) };
        does(Action::Kill(process.clone()));
        does(order(Order::State(State::Maint)));
        let maintained = Ordered { state: State::Maint, weight: 3 };
        assert_eq!(does(Action::Restore(process)), [ready, maintained]);
        let reload = Action::Reload { backend: None, directive: Directive::Retries(1) };
        assert_eq!(does(reload), [ready; 2]);
        assert!(run.now() > SimTime::ZERO);
    }
}
