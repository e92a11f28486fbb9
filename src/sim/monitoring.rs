//! The collector: outside of the site it asks every agent how its machine is, and tells somebody when something has been wrong for long
//! enough. What has no agent, or a dead one, or no way out, it cannot see: that an agent is silent is all it knows of such a machine.

use std::fmt;

use crate::infra::{Monitoring, Service, Thresholds};
use crate::kernel::{SimDuration, SimTime};

use super::event::Event;
use super::fact::FactKind;
use super::gray::Gray;
use super::network::{COLLECTOR, MOST_SENDS};
use super::origin::Kind;
use super::world::Simulation;

/// What an alert rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The agent does not report: it is dead, or its machine is, or there is no way from it to the collector.
    Silent,
    /// The agent reports that this service does not run.
    ServiceDown(&'static str),
    /// More than so many percent of a balancer's answers in the last minute were errors (5xx).
    Errors(u32),
    /// Of the whole site: of the last minute's good answers more than 5 in 100 took users longer than this.
    Latency(SimDuration),
    /// A web server gets more requests a second than so many percent of what its workers can serve.
    Rate(u32),
    /// As many requests wait before an application as so many percent of its workers are.
    Waiting(u32),
    /// A replica is further behind its source than this, or has lost it.
    Replica(SimDuration),
    /// A database has no room left on its disk.
    DiskFull,
}

/// The rules for what the agents measure, by the service.
const fn rules(of: Thresholds) -> [(&'static str, Alarm); 5] {
    [
        ("haproxy", Alarm::Errors(of.errors_percent)),
        ("nginx", Alarm::Rate(of.busy_percent)),
        ("app", Alarm::Waiting(of.waiting_percent)),
        ("mysql", Alarm::Replica(of.replica_lag)),
        ("mysql", Alarm::DiskFull),
    ]
}

const MINUTE: SimDuration = SimDuration::from_secs(60);
/// Of a hundred answers so many may be slower than the p95.
const BEYOND_P95: u64 = 5;
/// `scrape_timeout`, where `scrape_interval` is no shorter: an answer that takes longer has not come.
const SCRAPE_TIMEOUT: SimDuration = SimDuration::from_secs(10);

/// An alert rule of a machine, and since when it is wrong.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// Whose, unless it is of the site.
    host: usize,
    alarm: Alarm,
    /// The counters that it looks at, at the last scrapes: of all, and of the bad ones.
    past: Vec<[u64; 2]>,
    wrong_since: Option<SimTime>,
    is_firing: bool,
}

impl Alarm {
    /// Whether it is of the site, not of a machine: every balancer's log tells a part of it.
    const fn is_of_the_site(self) -> bool {
        matches!(self, Self::Latency(_))
    }
}

impl fmt::Display for Alarm {
    /// What is wrong, as what is told of a machine or of the site ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => {
                f.write_str("its agent is silent; it is dead, or the machine is, or its network")
            }
            Self::ServiceDown(service) => write!(f, "{service} does not run"),
            Self::Errors(most) => {
                write!(f, "over {most} % of the last minute's answers are errors")
            }
            Self::Latency(most) => {
                write!(f, "the p95 of the last minute's good answers is over {most:#}")
            }
            Self::Rate(most) => write!(f, "over {most} % of the QPS that its workers can serve"),
            Self::Waiting(100) => f.write_str("as many requests wait as it has workers"),
            Self::Waiting(most) => {
                write!(f, "as many requests wait as {most} % of its workers are")
            }
            Self::Replica(most) => write!(f, "over {most:#} behind its source, or without it"),
            Self::DiskFull => f.write_str("no room is left on its disk"),
        }
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
        let Some(Monitoring { scrape_interval, thresholds, .. }) = self.infrastructure().monitoring
        else {
            return;
        };
        let watch = |host, alarm| {
            let (past, wrong_since) = (Vec::new(), None);
            Watch { host, alarm, past, wrong_since, is_firing: false }
        };
        let mut watches = Vec::new();
        let mut asks_a_balancer = false;
        for (host, machine) in self.infrastructure().hosts.iter().enumerate() {
            if !machine.services.contains(&Service::Agent) {
                continue;
            }
            watches.push(watch(host, Alarm::Silent));
            for service in machine.services.iter().filter(|own| **own != Service::Agent) {
                watches.push(watch(host, Alarm::ServiceDown(service.name())));
                let rules = rules(thresholds).into_iter();
                let own = rules.filter(|rule| rule.0 == service.name());
                watches.extend(own.map(|rule| watch(host, rule.1)));
            }
            asks_a_balancer |= machine.haproxy().is_some();
        }
        if asks_a_balancer {
            watches.push(watch(0, Alarm::Latency(thresholds.latency_p95)));
        }
        self.watches = watches;
        self.after(scrape_interval, Event::Scrape);
    }

    /// The collector asks every agent.
    pub(super) fn scrape(&mut self) {
        let Some(monitoring) = self.infrastructure().monitoring else { return };
        let Monitoring { scrape_interval, alert_for, .. } = monitoring;
        let mut heard = Vec::new();
        for host in 0..self.hosts.len() {
            heard.push(self.is_heard(host, scrape_interval.min(SCRAPE_TIMEOUT)));
        }
        for index in 0..self.watches.len() {
            // A silent agent tells nothing: what was wrong stays so, what was well may be wrong and nobody knows.
            let Some(is_wrong) = self.looks_wrong(index, &heard, scrape_interval) else { continue };
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
                let subject = if alarm.is_of_the_site() {
                    self.infrastructure().domain.clone()
                } else {
                    self.host_name(host)
                };
                self.record_fact(subject, kind);
            }
        }
        self.after(scrape_interval, Event::Scrape);
    }

    /// Whether what the agent of this machine measures comes to the collector in time: both run, and the way out is open.
    fn is_heard(&mut self, host: usize, within: SimDuration) -> bool {
        let runs = self.hosts[host].is_up && self.agents[host];
        let name = &self.infrastructure().hosts[host].name;
        if !runs
            || !self.is_online()
            || self.is_cut_off(host)
            || !self.infrastructure().lets_out(name)
        {
            return false;
        }
        let there = self.extra([COLLECTOR, host], MOST_SENDS);
        let back = self.extra([host, COLLECTOR], MOST_SENDS);
        let whole = self.internet_latency() * 2;
        there.zip(back).is_some_and(|(there, back)| whole + there + back <= within)
    }

    /// Whether what a rule watches is wrong at this scrape; `None`: nobody tells.
    fn looks_wrong(&mut self, index: usize, heard: &[bool], interval: SimDuration) -> Option<bool> {
        let Watch { host, alarm, .. } = self.watches[index];
        let is_silent = if alarm.is_of_the_site() {
            !self.balancers.iter().any(|of| heard[of.host])
        } else {
            !heard[host]
        };
        if alarm == Alarm::Silent || is_silent {
            return (alarm == Alarm::Silent).then_some(is_silent);
        }
        let origin = self.origins.iter().find(|of| {
            of.host == host
                && matches!(of.kind, Kind::Nginx { .. }) == matches!(alarm, Alarm::Rate(_))
        });
        let a_minute = MINUTE.as_ns().div_ceil(interval.as_ns());
        Some(match alarm {
            Alarm::Silent => false,
            Alarm::ServiceDown(service) => !self.is_running(host, service),
            Alarm::Errors(most) => {
                let answers = self.balancers.iter().find(|of| of.host == host)?.proxy.answers();
                let [all, bad] = self.watches[index].grown(a_minute, answers);
                bad * 100 > all * u64::from(most)
            }
            Alarm::Latency(most) => {
                let times = &self.response_times;
                let answers = [times.count(), times.longer_than(most)];
                let [all, slow] = self.watches[index].grown(a_minute, answers);
                slow * 100 > all * BEYOND_P95
            }
            Alarm::Rate(most) => {
                let of = origin?;
                let Kind::Nginx { service_time, .. } = of.kind else { return None };
                let workers = f64::from(of.station.workers());
                let most = f64::from(most) / 100.0 * workers * interval.as_secs_f64();
                let served = of.station.served();
                let [served, _] = self.watches[index].grown(1, [served, 0]);
                served as f64 * service_time.as_secs_f64() > most
            }
            Alarm::Waiting(most) => {
                let station = &origin?.station;
                let least = u64::from(station.workers()) * u64::from(most);
                station.queue_length() as u64 * 100 >= least
            }
            Alarm::Replica(most) => {
                let of = self.databases.iter().find(|of| of.host == host && of.is_up)?;
                let replication = of.replication.as_ref().filter(|own| !own.is_promoted);
                let behind = replication.map(|own| own.behind(self.now));
                behind.is_some_and(|behind| behind.is_none_or(|behind| behind > most))
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
