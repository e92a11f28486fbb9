//! The script by which keepalived watches `HAProxy` (`vrrp_script`, `track_script`): when it runs, what counts, and what
//! it does to the instances: FAULT with `weight 0`, another priority with any other.

use super::event::Event;
use super::vrrp::State;
use super::world::{Purpose, Simulation};

/// What the script has said so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Script {
    failures: u32,
    successes: u32,
    verdict: Verdict,
}

/// How the script stands. The first run of a new process counts at once, whatever `fall` and `rise` are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    Unknown,
    Succeeds,
    Fails,
}

impl Simulation {
    /// After a quiet night: it has succeeded for long.
    pub(super) fn assume_script_succeeds(&mut self, balancer: usize) {
        if let Some(keepalived) = &mut self.balancers[balancer].keepalived
            && let Some(script) = keepalived.config.track_script
        {
            keepalived.script.verdict = Verdict::Succeeds;
            for instance in &mut keepalived.instances {
                instance.priority = weighed(instance.base_priority, script.weight.max(0));
            }
        }
    }

    /// The script of a process that has run for long comes round somewhere in its interval.
    pub(super) fn start_script_somewhere(&mut self, balancer: usize) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.epoch += 1;
        let epoch = keepalived.epoch;
        if let Some(script) = keepalived.config.track_script {
            let address = (balancer as u64) << 32 | u64::from(epoch);
            let phase = self.draw(Purpose::ScriptPhase, address).uniform(script.interval);
            self.after(phase, Event::ScriptDue { balancer: balancer as u16, epoch });
        }
    }

    /// A process that has just been started runs its script at once.
    pub(super) fn start_script_at_once(&mut self, balancer: usize) {
        let Some(keepalived) = &mut self.balancers[balancer].keepalived else { return };
        keepalived.epoch += 1;
        keepalived.script = Script::default();
        let (epoch, now) = (keepalived.epoch, self.now);
        if keepalived.config.track_script.is_some() {
            self.agenda.schedule(now, Event::ScriptDue { balancer: balancer as u16, epoch });
        }
    }

    pub(super) fn script_due(&mut self, balancer: u16, epoch: u32) {
        let index = balancer as usize;
        let haproxy_runs = self.balancers[index].is_up;
        let Some(keepalived) = &mut self.balancers[index].keepalived else { return };
        let Some(config) = keepalived.config.track_script else { return };
        if keepalived.epoch != epoch {
            return;
        }
        let before = keepalived.script.verdict;
        let verdict = keepalived.script.hear(haproxy_runs, config.fall, config.rise);
        if verdict != before {
            for instance in 0..keepalived.instances.len() {
                self.follow_script(index, instance, verdict == Verdict::Succeeds, config.weight);
            }
        }
        self.after(config.interval, Event::ScriptDue { balancer, epoch });
    }

    fn follow_script(&mut self, balancer: usize, index: usize, succeeds: bool, weight: i32) {
        let instance = self.instance(balancer, index);
        if weight == 0 && succeeds {
            if instance.state == State::Fault {
                self.wait_for_adverts(balancer, index);
            }
        } else if weight == 0 {
            self.enter_fault(balancer, index);
        } else {
            let counts = succeeds == (weight > 0);
            let priority = weighed(instance.base_priority, if counts { weight } else { 0 });
            if priority != instance.priority {
                self.set_priority(balancer, index, priority);
            }
        }
    }
}

impl Script {
    fn hear(&mut self, success: bool, fall: u32, rise: u32) -> Verdict {
        if success {
            self.failures = 0;
            self.successes = self.successes.saturating_add(1);
        } else {
            self.successes = 0;
            self.failures = self.failures.saturating_add(1);
        }
        self.verdict = match self.verdict {
            Verdict::Unknown if success => Verdict::Succeeds,
            Verdict::Unknown => Verdict::Fails,
            Verdict::Succeeds if self.failures >= fall => Verdict::Fails,
            Verdict::Fails if self.successes >= rise => Verdict::Succeeds,
            same => same,
        };
        self.verdict
    }
}

/// keepalived keeps effective priorities within 1 and 254.
fn weighed(priority: u8, weight: i32) -> u8 {
    (i32::from(priority) + weight).clamp(1, 254) as u8
}
