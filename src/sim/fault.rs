//! What a person does to the world: kill, restore, slow.

use crate::infra::{Component, Service};

use super::ending::Ending;
use super::event::Event;
use super::fact::{FactKind, Outcome, Step};
use super::world::{Simulation, Ticket};
use super::{Action, PlanError};

impl Simulation {
    /// Does an action now, before anything else that is due now. Killing the dead or restoring the living does nothing.
    ///
    /// # Errors
    /// If the action names something that is not there, or its figure is out of range.
    pub fn apply(&mut self, action: &Action) -> Result<(), PlanError> {
        self.plan.validate_action(action)?;
        let (name, service) = match action {
            Action::Link(change) => {
                self.change_link(change);
                return Ok(());
            }
            Action::CutUplink { uplink } | Action::HealUplink { uplink } => {
                self.change_uplink(uplink, matches!(action, Action::CutUplink { .. }));
                return Ok(());
            }
            Action::DropRule { rule } | Action::RestoreRule { rule } => {
                self.change_rule(rule, matches!(action, Action::RestoreRule { .. }));
                return Ok(());
            }
            Action::Command { balancer, command } => {
                for index in 0..self.balancers.len() {
                    let name = self.host_name(self.balancers[index].host);
                    if balancer.as_ref().is_none_or(|wanted| *wanted == name) {
                        self.operate(index, command);
                    }
                }
                return Ok(());
            }
            Action::Reload { backend, directive } => {
                self.reload(backend.as_deref(), directive);
                return Ok(());
            }
            Action::Kill(Component { host, service })
            | Action::Restore(Component { host, service })
            | Action::Stop(Component { host, service })
            | Action::Degrade { component: Component { host, service }, .. } => {
                (host, service.as_deref())
            }
            Action::Slow { host, .. } | Action::Promote { host } => (host, None),
            Action::CutHeartbeat | Action::HealHeartbeat => {
                self.cut_heartbeat(matches!(action, Action::CutHeartbeat));
                return Ok(());
            }
        };
        let hosts = &self.infrastructure().hosts;
        let Some(host) = hosts.iter().position(|candidate| candidate.name == *name) else {
            return Ok(());
        };
        match (action, service) {
            (Action::Kill(_), None) => self.kill_host(host),
            (Action::Kill(_), Some(service)) => self.kill_service(host, service),
            (Action::Restore(_), None) => self.restore_host(host),
            (Action::Restore(_), Some(service)) => self.restore_service(host, service),
            (Action::Stop(_), None) => self.end_host(host),
            (Action::Stop(_), Some(service)) => self.end_service(host, service),
            (Action::Slow { factor, .. }, _) => self.slow_host(host, *factor),
            (Action::Promote { .. }, _) => self.promote_on(host),
            (Action::Degrade { gray, .. }, Some(service)) => self.degrade(host, service, *gray),
            (
                Action::Degrade { .. }
                | Action::Link(_)
                | Action::CutUplink { .. }
                | Action::HealUplink { .. }
                | Action::DropRule { .. }
                | Action::RestoreRule { .. }
                | Action::Command { .. }
                | Action::Reload { .. }
                | Action::CutHeartbeat
                | Action::HealHeartbeat,
                _,
            ) => {}
        }
        Ok(())
    }

    fn kill_host(&mut self, host: usize) {
        if !self.hosts[host].is_up {
            return;
        }
        self.record_fact(self.host_name(host), FactKind::HostDied);
        self.hosts[host].is_up = false;
        self.stop_cores(host);
        for service in self.service_names(host) {
            self.stop(host, service, false);
        }
    }

    /// The machine is shut down: its services are asked to end, then it is off.
    fn end_host(&mut self, host: usize) {
        if !self.hosts[host].is_up {
            return;
        }
        self.record_fact(self.host_name(host), FactKind::Stopped);
        self.end_keepalived_on(host);
        self.hand_over_on(host);
        self.close_idle_on(host);
        self.hosts[host].is_up = false;
        self.stop_cores(host);
        for service in self.service_names(host) {
            self.stop(host, service, false);
        }
        self.shut_down_database_on(host);
    }

    /// `MySQL` was asked to end: it closes the connections that applications keep.
    fn close_idle_on(&mut self, host: usize) {
        for index in 0..self.databases.len() {
            if self.databases[index].host == host {
                self.close_kept(index, true);
            }
        }
    }

    /// `MySQL` was asked to end and wrote everything down: it need not repair anything when it starts again.
    fn shut_down_database_on(&mut self, host: usize) {
        for database in self.databases.iter_mut().filter(|database| database.host == host) {
            database.has_crashed = false;
        }
    }

    /// A process is asked to end. keepalived says good-bye, `MySQL` writes everything down, its replica too; Nginx and an application
    /// finish what they have; `HAProxy` ends as when killed.
    fn end_service(&mut self, host: usize, service: &str) {
        let origin = self.origin_on(host, service);
        let is_ending = origin.is_some_and(|index| self.origins[index].ending != Ending::No);
        if self.hosts[host].is_up && self.is_running(host, service) && !is_ending {
            self.record_fact(self.service_name(host, service), FactKind::Stopped);
            if service == "mysql" {
                self.hand_over_on(host);
            }
            if let Some(index) = origin {
                self.end_origin(index);
            } else if service == "keepalived" {
                self.end_keepalived_on(host);
            } else {
                self.stop(host, service, true);
            }
            if service == "mysql" {
                self.shut_down_database_on(host);
            }
        }
    }

    fn end_keepalived_on(&mut self, host: usize) {
        for index in 0..self.balancers.len() {
            if self.balancers[index].host == host && self.is_running(host, "keepalived") {
                self.end_keepalived(index);
            }
        }
    }

    /// The machine starts, and with it every service that is installed on it.
    fn restore_host(&mut self, host: usize) {
        if self.hosts[host].is_up {
            self.slow_host(host, 1.0);
            for service in self.service_names(host) {
                self.restore_service(host, service);
            }
            return;
        }
        self.record_fact(self.host_name(host), FactKind::HostReturned);
        self.hosts[host].is_up = true;
        self.hosts[host].slow_factor = 1.0;
        self.ailments.retain(|ailment| ailment.host != host);
        for service in self.service_names(host) {
            self.start(host, service);
        }
    }

    pub(super) fn kill_service(&mut self, host: usize, service: &str) {
        if self.hosts[host].is_up && self.is_running(host, service) {
            self.record_fact(self.service_name(host, service), FactKind::ServiceDied);
            self.stop(host, service, true);
        }
    }

    /// A dead service is started; one that is not well is cured, and a process that serves requests is started anew for that.
    fn restore_service(&mut self, host: usize, service: &str) {
        if self.hosts[host].is_up && self.recover(host, service) && self.is_running(host, service) {
            match service {
                "nginx" | "app" => self.stop(host, service, true),
                _ => self.record_fact(self.service_name(host, service), FactKind::Cured),
            }
        }
        self.start_service(host, service);
    }

    /// A dead service is started; one that ends is started when it has.
    pub(super) fn start_service(&mut self, host: usize, service: &str) {
        if self.hosts[host].is_up && !self.is_running(host, service) {
            self.record_fact(self.service_name(host, service), FactKind::ServiceReturned);
            self.start(host, service);
        } else if let Some(index) = self.origin_on(host, service)
            && self.origins[index].ending != Ending::No
        {
            self.origins[index].ending = Ending::Restarts;
        }
    }

    /// Nginx or the application of a host.
    fn origin_on(&self, host: usize, service: &str) -> Option<usize> {
        self.origins.iter().position(|own| own.host == host && own.kind_name() == service)
    }

    fn slow_host(&mut self, host: usize, factor: f64) {
        if self.hosts[host].slow_factor.to_bits() != factor.to_bits() {
            self.record_fact(self.host_name(host), FactKind::HostSlowed { factor });
            self.hosts[host].slow_factor = factor;
        }
    }

    fn stop(&mut self, host: usize, service: &str, machine_lives: bool) {
        for index in 0..self.origins.len() {
            if self.origins[index].host == host && self.origins[index].kind_name() == service {
                self.stop_origin(index, machine_lives);
            }
        }
        for index in 0..self.databases.len() {
            if self.databases[index].host == host && service == "mysql" {
                self.stop_database(index, machine_lives);
            }
        }
        for index in 0..self.balancers.len() {
            if self.balancers[index].host == host && service == "haproxy" {
                self.stop_haproxy(index, machine_lives);
            }
            if self.balancers[index].host == host && service == "keepalived" {
                self.stop_keepalived(index, machine_lives);
            }
        }
        if service == "agent" {
            self.agents[host] = false;
        }
    }

    fn start(&mut self, host: usize, service: &str) {
        for origin in &mut self.origins {
            if origin.host == host && origin.kind_name() == service {
                origin.is_up = true;
            }
        }
        for index in 0..self.databases.len() {
            if self.databases[index].host == host && service == "mysql" {
                self.start_database(index);
            }
        }
        for index in 0..self.balancers.len() {
            if self.balancers[index].host == host && service == "haproxy" {
                self.start_haproxy(index);
            }
            if self.balancers[index].host == host && service == "keepalived" {
                self.start_keepalived(index);
            }
        }
        if service == "agent" {
            self.agents[host] = true;
        }
    }

    /// `HAProxy` dies with everything it holds. On a living machine its clients' connections are reset at once; on a
    /// dead one the clients hear nothing.
    fn stop_haproxy(&mut self, balancer: usize, machine_lives: bool) {
        self.balancers[balancer].is_up = false;
        self.balancers[balancer].retired.clear();
        let host = self.balancers[balancer].host;
        for slot in 0..self.requests.len() as u32 {
            let request = &mut self.requests[slot as usize];
            if !request.is_active || request.balancer != Some(balancer as u16) {
                continue;
            }
            request.stream = None;
            let client = Ticket { slot, stage: request.life };
            self.step(slot, |simulation| Step::BalancerDied {
                balancer: simulation.host_name(host),
            });
            if machine_lives {
                self.after(self.internet_latency(), Event::ClientAnswer(client, Outcome::Reset));
            }
        }
    }

    /// Whether a service of a living machine runs.
    pub(super) fn is_running(&self, host: usize, service: &str) -> bool {
        let origin = self.origins.iter().find(|o| o.host == host && o.kind_name() == service);
        let database = self.databases.iter().find(|d| d.host == host && service == "mysql");
        let balancer = self.balancers.iter().find(|b| b.host == host);
        match service {
            "haproxy" => balancer.is_some_and(|balancer| balancer.is_up),
            "keepalived" => balancer
                .and_then(|b| b.keepalived.as_ref())
                .is_some_and(|keepalived| keepalived.is_up),
            "agent" => self.agents[host],
            _ => origin.is_some_and(|origin| origin.is_up) || database.is_some_and(|db| db.is_up),
        }
    }

    pub(super) fn service_names(&self, host: usize) -> Vec<&'static str> {
        self.infrastructure().hosts[host].services.iter().map(Service::name).collect()
    }

    pub(super) fn service_name(&self, host: usize, service: &str) -> String {
        format!("{}/{service}", self.host_name(host))
    }
}

impl super::origin::Origin {
    pub(super) const fn kind_name(&self) -> &'static str {
        match self.kind {
            super::origin::Kind::Nginx { .. } => "nginx",
            super::origin::Kind::App { .. } => "app",
        }
    }
}
