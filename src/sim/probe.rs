//! A balancer's health checks in its network: they meet what requests meet.

use crate::haproxy::{CheckResult, Proxy, Timer};

use super::balancer::Probe;
use super::event::Event;
use super::origin::Job;
use super::syn::is_given_up;
use super::world::Simulation;

impl Simulation {
    /// A check connects: what it meets is seen a round trip later. The SYN is sent for the time told.
    pub(super) fn probe(&mut self, probe: Probe, sent: u8) {
        let [from, to] = self.probe_ends(probe);
        let met = self.knock(probe.balancer, probe.ticket.server);
        if !self.answer_syn(probe, met, [to, from], [2, 2]) {
            self.syn_again(sent, Event::CheckAgain(probe, sent + 1));
        }
    }

    /// The SYN of a check is sent for the time told, if the check still waits and its kernel has not given up.
    pub(super) fn probe_again(&mut self, probe: Probe, sent: u8) {
        let of = &self.balancers[probe.balancer as usize];
        let limit = Timer::CheckLimit(probe.ticket, CheckResult::L4tout);
        if !of.is_up || !self.hosts[of.host].is_up || of.proxy.is_void(limit) {
            return;
        }
        if is_given_up(sent) {
            self.check_refused(probe);
        } else {
            self.probe(probe, sent);
        }
    }

    pub(super) fn check_refused(&mut self, probe: Probe) {
        let now = self.now;
        let Some(process) = self.checker(probe) else { return };
        process.check_refused(now, probe.ticket);
        self.follow(probe.balancer as usize);
    }

    pub(super) fn check_connected(&mut self, probe: Probe, epoch: u32) {
        let now = self.now;
        let Some(process) = self.checker(probe) else { return };
        let asks = process.check_connected(now, probe.ticket);
        self.follow(probe.balancer as usize);
        if asks {
            let ends = self.probe_ends(probe);
            self.send(
                ends,
                1,
                || Event::CheckArrives(probe, epoch),
                |simulation| {
                    simulation.check_arrives(probe, epoch);
                },
            );
        }
    }

    /// A check's HTTP request is at the server: it waits for a worker like any other.
    pub(super) fn check_arrives(&mut self, probe: Probe, epoch: u32) {
        let origin = self.link(probe.balancer, probe.ticket.server).origin;
        self.job_arrives(origin, epoch, Job::Check(probe));
    }

    pub(super) fn check_answered(&mut self, probe: Probe, status: u16) {
        let now = self.now;
        let Some(process) = self.checker(probe) else { return };
        process.check_answered(now, probe.ticket, status);
        self.follow(probe.balancer as usize);
    }

    pub(super) fn check_closed(&mut self, probe: Probe) {
        let now = self.now;
        let Some(process) = self.checker(probe) else { return };
        process.check_closed(now, probe.ticket);
        self.follow(probe.balancer as usize);
    }

    fn probe_ends(&self, probe: Probe) -> [usize; 2] {
        let of = &self.balancers[probe.balancer as usize];
        [of.host, of.links[probe.ticket.server as usize].host]
    }

    /// The process that checks, if it runs: a retired one checks no more.
    fn checker(&mut self, probe: Probe) -> Option<&mut Proxy> {
        let of = &mut self.balancers[probe.balancer as usize];
        of.is_up.then_some(&mut of.proxy)
    }
}
