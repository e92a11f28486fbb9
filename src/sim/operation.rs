//! What the operator does to the balancers: starting HAProxy, reloading it, typing on its runtime socket.

use crate::haproxy::Command;
use crate::infra::{Directive, Service};
use crate::kernel::SimDuration;

use super::fact::FactKind;
use super::world::{Purpose, Simulation};

impl Simulation {
    /// HAProxy has just started: every server is UP, unchecked. Two machines never start in the same instant, so each
    /// process starts its checks at its own fraction of a second.
    pub(super) fn start_haproxy(&mut self, balancer: usize) {
        let of = &mut self.balancers[balancer];
        of.is_up = true;
        of.epoch += 1;
        let address = (balancer as u64) << 32 | u64::from(of.epoch);
        let offset = self.draw(Purpose::ProcessStart, address).uniform(SimDuration::from_secs(1));
        let is_telling = self.remembers();
        let now = self.now;
        let proxy = &mut self.balancers[balancer].proxy;
        proxy.restart(now);
        proxy.tell_requests(is_telling);
        proxy.start_checks(now, offset);
        self.follow(balancer);
    }

    /// Every balancer gets a changed line of configuration and is reloaded: a new process takes over, the old one finishes
    /// what it holds.
    pub(super) fn reload(&mut self, backend: Option<&str>, directive: &Directive) {
        for host in &mut self.plan.infrastructure.hosts {
            for service in &mut host.services {
                if let Service::Haproxy(haproxy) = service {
                    directive.apply(haproxy, backend);
                }
            }
        }
        self.look_at_clients();
        for index in 0..self.balancers.len() {
            let host = self.balancers[index].host;
            let Some(config) = self.infrastructure().hosts[host].haproxy().cloned() else {
                continue;
            };
            let now = self.now;
            let of = &mut self.balancers[index];
            let old = of.proxy.reload(&config, now);
            if of.is_up && self.hosts[host].is_up {
                let epoch = of.epoch;
                of.retired.push((epoch, old));
                of.epoch += 1;
                // Who was not let in yet waits at the listening socket, which the new process has now.
                for request in &mut self.requests {
                    let is_here =
                        request.balancer == Some(index as u16) && request.process == epoch;
                    if is_here && request.is_active && !request.is_accepted {
                        request.process = epoch + 1;
                    }
                }
                let of = &self.balancers[index];
                let address = (index as u64) << 32 | u64::from(of.epoch);
                let offset = self.draw(Purpose::ProcessStart, address);
                let offset = { offset }.uniform(SimDuration::from_secs(1));
                self.balancers[index].proxy.start_checks(now, offset);
                let directive = match backend {
                    Some(backend) => format!("backend {backend}: {directive}"),
                    None => directive.to_string(),
                };
                self.record_fact(self.host_name(host), FactKind::Reloaded { directive });
                self.follow(index);
            }
        }
    }

    /// The operator's command at one balancer, or at all of them.
    pub(super) fn operate(&mut self, balancer: usize, command: &Command) {
        let of = &self.balancers[balancer];
        if of.is_up && self.hosts[of.host].is_up {
            let now = self.now;
            // Whether there is such a server was asked before the action was accepted.
            drop(self.balancers[balancer].proxy.command(now, command));
            self.follow(balancer);
        }
    }
}
