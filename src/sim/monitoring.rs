//! The collector: it asks every agent how its machine is, and tells somebody when something has been wrong for long enough. What has no
//! agent, or a dead one, or no whole link left, it cannot see: that an agent is silent is all it knows of such a machine.

use crate::infra::{Monitoring, Service};
use crate::kernel::{SimDuration, SimTime};

use super::event::Event;
use super::fact::FactKind;
use super::gray::Gray;
use super::origin::Kind;
use super::world::Simulation;

/// What an alert rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The agent does not report: it is dead, or its machine is, or no link leads there.
    Silent,
    /// The agent reports that this service does not run.
    ServiceDown(&'static str),
    /// More than 5 % of a balancer's answers in the last minute were errors (5xx).
    Errors,
    /// A web server gets more requests a second than 80 % of what its workers can serve.
    Rate,
    /// As many requests wait before an application as it has workers.
    Waiting,
    /// A replica is more than 10 s behind its source, or has lost it.
    Replica,
    /// A database has no room left on its disk.
    DiskFull,
}

/// The rules for what the agents measure, by the service.
const RULES: [(&str, Alarm); 5] = [
    ("haproxy", Alarm::Errors),
    ("nginx", Alarm::Rate),
    ("app", Alarm::Waiting),
    ("mysql", Alarm::Replica),
    ("mysql", Alarm::DiskFull),
];
const MINUTE: SimDuration = SimDuration::from_secs(60);
const MOST_BEHIND: SimDuration = SimDuration::from_secs(10);
const MOST_ERRORS: u64 = 5;
const MOST_BUSY: f64 = 0.8;

/// An alert rule of a machine, and since when it is wrong.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    host: usize,
    alarm: Alarm,
    /// The counters that it looks at, at the last scrapes: of all, and of the bad ones.
    past: Vec<[u64; 2]>,
    wrong_since: Option<SimTime>,
    is_firing: bool,
}

impl Alarm {
    /// What is wrong with a machine, as what is told of it ends; before it the service, if it is told of one.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        let what = match self {
            Self::Silent => "its agent is silent; it is dead, or the machine is, or its network",
            Self::ServiceDown(service) => return (service, " does not run"),
            Self::Errors => "over 5 % of the last minute's answers are errors",
            Self::Rate => "over 80 % of the QPS that its workers can serve",
            Self::Waiting => "as many requests wait as it has workers",
            Self::Replica => "over 10s behind its source, or without it",
            Self::DiskFull => "no room is left on its disk",
        };
        ("", what)
    }
}

impl Watch {
    /// How much the counters have grown in the last so many scrapes. A process that is new counts from nothing.
    fn grown(&mut self, scrapes: u64, now: [u64; 2]) -> [u64; 2] {
        if self.past.last().is_some_and(|last| now[0] < last[0]) {
            self.past.clear();
        }
        self.past.push(now);
        if self.past.len() as u64 > scrapes + 1 {
            self.past.remove(0);
        }
        let first = self.past[0];
        [now[0] - first[0], now[1].saturating_sub(first[1])]
    }
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
                let watch = |alarm| {
                    let (past, wrong_since) = (Vec::new(), None);
                    Watch { host, alarm, past, wrong_since, is_firing: false }
                };
                watches.push(watch(Alarm::Silent));
                for service in machine.services.iter().filter(|own| **own != Service::Agent) {
                    watches.push(watch(Alarm::ServiceDown(service.name())));
                    let rules = RULES.iter().filter(|rule| rule.0 == service.name());
                    watches.extend(rules.map(|rule| watch(rule.1)));
                }
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
            // A silent agent tells nothing: what was wrong stays so, what was well may be wrong and nobody knows.
            let Some(is_wrong) = self.looks_wrong(index, scrape_interval) else { continue };
            let now = self.now;
            let watch = &mut self.watches[index];
            let since = if is_wrong { Some(watch.wrong_since.unwrap_or(now)) } else { None };
            let fires = since.is_some_and(|since| now.since(since) >= alert_for);
            watch.wrong_since = since;
            let (host, alarm) = (watch.host, watch.alarm);
            if std::mem::replace(&mut watch.is_firing, fires) != fires {
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

    /// Whether what a rule watches is wrong at this scrape; `None`: nobody tells.
    fn looks_wrong(&mut self, index: usize, interval: SimDuration) -> Option<bool> {
        let Watch { host, alarm, .. } = self.watches[index];
        let is_silent = !self.hosts[host].is_up || !self.agents[host] || self.is_cut_off(host);
        if alarm == Alarm::Silent || is_silent {
            return (alarm == Alarm::Silent).then_some(is_silent);
        }
        let origin = self.origins.iter().find(|of| {
            of.host == host && matches!(of.kind, Kind::Nginx { .. }) == (alarm == Alarm::Rate)
        });
        Some(match alarm {
            Alarm::Silent => false,
            Alarm::ServiceDown(service) => !self.is_running(host, service),
            Alarm::Errors => {
                let answers = self.balancers.iter().find(|of| of.host == host)?.proxy.answers();
                let scrapes = MINUTE.as_ns().div_ceil(interval.as_ns());
                let [all, bad] = self.watches[index].grown(scrapes, answers);
                bad * 100 > all * MOST_ERRORS
            }
            Alarm::Rate => {
                let of = origin?;
                let Kind::Nginx { service_time, .. } = of.kind else { return None };
                let most = MOST_BUSY * f64::from(of.station.workers()) * interval.as_secs_f64();
                let served = of.station.served();
                let [served, _] = self.watches[index].grown(1, [served, 0]);
                served as f64 * service_time.as_secs_f64() > most
            }
            Alarm::Waiting => {
                let station = &origin?.station;
                station.queue_length() >= station.workers() as usize
            }
            Alarm::Replica => {
                let of = self.databases.iter().find(|of| of.host == host && of.is_up)?;
                let replication = of.replication.as_ref().filter(|own| !own.is_promoted);
                let behind = replication.map(|own| own.behind(self.now));
                behind.is_some_and(|behind| behind.is_none_or(|behind| behind > MOST_BEHIND))
            }
            Alarm::DiskFull => matches!(self.ailment(host, "mysql"), Some(Gray::DiskFull)),
        })
    }

    /// Whether every link of a machine is cut: it hangs at no network.
    fn is_cut_off(&self, host: usize) -> bool {
        let mut others = (0..self.hosts.len()).filter(|other| *other != host);
        self.some_link_is_changed()
            && self.hosts.len() > 1
            && others.all(|other| self.is_cut([host, other]))
    }
}
