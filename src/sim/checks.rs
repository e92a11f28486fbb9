//! Health checks: when they start, what they meet, what they change. Each balancer checks for itself.

use crate::kernel::SimDuration;

use super::fact::{CheckResult, FactKind};
use super::haproxy::balance::RoundRobin;
use super::haproxy::health::{Change, Health};
use super::origin::{Admission, Job};
use super::world::{CheckTicket, Event, Purpose, Simulation};

/// Start intervals below this do not widen the spread of the first checks.
const SPREAD_MIN: SimDuration = SimDuration::from_secs(1);

impl Simulation {
    /// `HAProxy` has just started: every server is UP, unchecked, and the first checks are spread over the interval. Check
    /// k of n begins k/n of the interval after the start (measured on 2.6.12). Two machines never start in the same
    /// instant, so each process starts at its own fraction of a second.
    pub(super) fn start_checks(&mut self, balancer: usize) {
        let epoch = u64::from(self.balancers[balancer].epoch);
        let address = (balancer as u64) << 32 | epoch;
        let start = self.draw(Purpose::ProcessStart, address).uniform(SimDuration::from_secs(1));
        let pool = &mut self.balancers[balancer];
        for backend in &mut pool.backends {
            let servers = &pool.servers[backend.first..][..backend.count];
            backend.order = RoundRobin::new(servers.iter().map(|server| server.config.weight));
        }
        let mut widest = SimDuration::ZERO;
        for server in &mut pool.servers {
            server.health = Health::new(&server.config);
            server.failures = 0;
            server.round += 1;
            let own = server.health.interval(&server.config);
            if own >= SPREAD_MIN && (widest == SimDuration::ZERO || own < widest) {
                widest = own;
            }
        }
        let count = pool.servers.len() as u64;
        let mut starts = Vec::new();
        for (index, server) in pool.servers.iter().enumerate() {
            let own = server.health.interval(&server.config);
            let spread_ms = widest.max(own).as_ns() / 1_000_000 * index as u64 / count;
            let ticket = CheckTicket {
                balancer: balancer as u16,
                server: index as u16,
                round: server.round,
            };
            starts.push((start + SimDuration::from_ms(spread_ms), ticket));
        }
        for (delay, ticket) in starts {
            self.after(delay, Event::CheckDue(ticket));
        }
    }

    /// A check begins: it connects.
    pub(super) fn check_due(&mut self, ticket: CheckTicket) {
        if !self.is_current(ticket) {
            return;
        }
        let (balancer, index) = (ticket.balancer as usize, ticket.server as usize);
        let server = &self.balancers[balancer].servers[index];
        let timeouts = self.balancers[balancer].config.timeouts;
        let has_httpchk = self.balancers[balancer].backends[server.backend].has_httpchk;
        let inter = server.health.interval(&server.config);
        let connect_limit = timeouts.check.map_or(inter, |_| inter.min(timeouts.connect));
        let round_trip = self.lan_latency() * 2;
        match self.knock(balancer, index) {
            Admission::Refused => {
                self.after(round_trip, Event::CheckTimeout(ticket, CheckResult::L4con));
            }
            Admission::Silent => {
                self.deadline(connect_limit, Event::CheckTimeout(ticket, CheckResult::L4tout));
            }
            Admission::Accepted(_) if !has_httpchk => {
                self.after(round_trip, Event::CheckPassed(ticket));
            }
            Admission::Accepted(epoch) => {
                let limit = timeouts.check.map_or(inter, |check| round_trip + check);
                self.after(round_trip + self.lan_latency(), Event::CheckArrives(ticket, epoch));
                self.deadline(limit, Event::CheckTimeout(ticket, CheckResult::L7tout));
            }
        }
    }

    /// A check's HTTP request is at the server: it waits for a worker like any other.
    pub(super) fn check_arrives(&mut self, ticket: CheckTicket, epoch: u32) {
        if self.is_current(ticket) {
            let server = &self.balancers[ticket.balancer as usize].servers[ticket.server as usize];
            self.job_arrives(server.origin, epoch, Job::Check(ticket));
        }
    }

    pub(super) fn check_passed(&mut self, ticket: CheckTicket) {
        if !self.is_current(ticket) {
            return;
        }
        let server = &mut self.balancers[ticket.balancer as usize].servers[ticket.server as usize];
        let change = server.health.check_passed();
        server.failures = 0;
        let (backend, rise) = (server.backend, server.config.rise);
        if change == Change::CameUp {
            let pool = &mut self.balancers[ticket.balancer as usize].backends[backend];
            pool.order.restore(ticket.server as usize - pool.first);
            self.record_fact(self.server_name(ticket), FactKind::ServerUp { rise });
        }
        self.schedule_next_check(ticket);
    }

    pub(super) fn check_failed(&mut self, ticket: CheckTicket, result: CheckResult) {
        if !self.is_current(ticket) {
            return;
        }
        let balancer = ticket.balancer as usize;
        let server = &mut self.balancers[balancer].servers[ticket.server as usize];
        let was_up = server.health.is_up();
        let change = server.health.check_failed();
        server.failures += 1;
        let (backend, failures, left) = (server.backend, server.failures, server.health.left());
        match change {
            Change::WentDown => {
                let pool = &mut self.balancers[balancer].backends[backend];
                pool.order.remove(ticket.server as usize - pool.first);
                let subject = self.server_name(ticket);
                self.record_fact(subject, FactKind::ServerDown { failures, result });
                if self.usable_servers(balancer, backend) == 0 {
                    let pool = &self.balancers[balancer];
                    let subject =
                        format!("{}/{}", self.host_name(pool.host), pool.backends[backend].name);
                    self.record_fact(subject, FactKind::BackendEmpty);
                }
            }
            Change::None if was_up => {
                self.record_fact(self.server_name(ticket), FactKind::CheckFailed { result, left });
            }
            Change::None | Change::CameUp => {}
        }
        self.schedule_next_check(ticket);
    }

    /// The next check begins one interval after the end of this one, chosen by the new health.
    fn schedule_next_check(&mut self, ticket: CheckTicket) {
        let server = &mut self.balancers[ticket.balancer as usize].servers[ticket.server as usize];
        server.round += 1;
        let next = CheckTicket { round: server.round, ..ticket };
        let interval = server.health.interval(&server.config);
        self.after(interval, Event::CheckDue(next));
    }

    /// Whether the check's round is the server's present one and its balancer runs.
    fn is_current(&self, ticket: CheckTicket) -> bool {
        let balancer = &self.balancers[ticket.balancer as usize];
        balancer.is_up
            && self.hosts[balancer.host].is_up
            && balancer.servers[ticket.server as usize].round == ticket.round
    }

    /// A server as a balancer sees it: `lb-1/app/app-2`.
    pub(super) fn server_name(&self, ticket: CheckTicket) -> String {
        let balancer = &self.balancers[ticket.balancer as usize];
        let server = &balancer.servers[ticket.server as usize];
        let backend = &balancer.backends[server.backend].name;
        format!("{}/{backend}/{}", self.host_name(balancer.host), server.config.name)
    }
}
