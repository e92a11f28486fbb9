//! The collector: it asks every agent how its machine is, and tells somebody when something has been wrong for long enough. What has no
//! agent, or a dead one, it cannot see: that an agent is silent is all it knows of such a machine.

use crate::infra::{Monitoring, Service};
use crate::kernel::SimTime;

use super::event::Event;
use super::fact::{Alarm, FactKind};
use super::world::Simulation;

/// What an alert rule watches, and since when it is wrong.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    host: usize,
    alarm: Alarm,
    wrong_since: Option<SimTime>,
    is_firing: bool,
}

impl Simulation {
    /// The collector begins its rounds, if there is one.
    pub(super) fn start_monitoring(&mut self) {
        let Some(Monitoring { scrape_interval, .. }) = self.infrastructure().monitoring else {
            return;
        };
        let mut watches = Vec::new();
        for (host, machine) in self.infrastructure().hosts.iter().enumerate() {
            if machine.services.contains(&Service::Agent) {
                let watch = |alarm| Watch { host, alarm, wrong_since: None, is_firing: false };
                watches.push(watch(Alarm::Silent));
                let others = machine.services.iter().filter(|service| **service != Service::Agent);
                watches.extend(others.map(|service| watch(Alarm::ServiceDown(service.name()))));
            }
        }
        self.watches = watches;
        self.after(scrape_interval, Event::Scrape);
    }

    /// The collector asks every agent.
    pub(super) fn scrape(&mut self) {
        let Some(Monitoring { scrape_interval, alert_for }) = self.infrastructure().monitoring
        else {
            return;
        };
        for index in 0..self.watches.len() {
            let Watch { host, alarm, wrong_since, is_firing } = self.watches[index].clone();
            let is_silent = !self.hosts[host].is_up || !self.agents[host];
            let is_wrong = match alarm {
                Alarm::Silent => is_silent,
                // A silent agent tells nothing: what was wrong stays so, what was well may be wrong and nobody knows.
                Alarm::ServiceDown(_) if is_silent => continue,
                Alarm::ServiceDown(service) => !self.is_running(host, service),
            };
            let since = if is_wrong { Some(wrong_since.unwrap_or(self.now)) } else { None };
            let fires = since.is_some_and(|since| self.now.since(since) >= alert_for);
            self.watches[index].wrong_since = since;
            self.watches[index].is_firing = fires;
            if fires != is_firing {
                let kind = if fires {
                    FactKind::AlertFired { alarm }
                } else {
                    FactKind::AlertResolved { alarm }
                };
                self.record_fact(self.host_name(host), kind);
            }
        }
        self.after(scrape_interval, Event::Scrape);
    }
}
