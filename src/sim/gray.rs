//! Gray failures: a service that is neither well nor dead. Its process runs and its port is open, so that a check that only connects
//! passes; what it does with requests is another matter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::kernel::SimDuration;
use crate::kernel::small::{decimal, read_decimal};

use super::cpu::Task;
use super::ending::Ending;
use super::event::Event;
use super::fact::FactKind;
use super::origin::Kind;
use super::stop::{Doing, Killer};
use super::world::{Purpose, Simulation, Work};

/// What is wrong with a service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gray {
    /// It takes connections and never answers. An application's arbiter kills the workers that hang and starts others, which hang too.
    Hang,
    /// It answers this share of the requests with an error, 0 to 1; its health check is not among them.
    Errors(f64),
    /// Each request leaves so many MiB behind: when the memory of the machine is used up the kernel kills the process, and it is
    /// started again.
    Leak(f64),
    /// Its process dies, is started again by its supervisor, dies again, and so on.
    Flap {
        /// How long it runs each time.
        up: SimDuration,
        /// How long it is dead each time.
        down: SimDuration,
    },
    /// `MySQL`: somebody holds a lock that every write waits for.
    Lock,
    /// `MySQL`: the disk is full; writes wait for room, reads go on.
    DiskFull,
    /// `MySQL`: the disk is so many times slower; writes feel it, reads come from memory.
    SlowDisk(f64),
}

/// A text that names no gray failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no gray failure: write hang, errors=SHARE, leak=MIB, flap=UP/DOWN (times), lock, disk-full or slow-disk=FACTOR"
)]
pub struct ParseGrayError {
    /// What stood there.
    pub found: String,
}

impl FromStr for Gray {
    type Err = ParseGrayError;

    fn from_str(text: &str) -> Result<Self, ParseGrayError> {
        let refuse = || ParseGrayError { found: text.chars().take(60).collect() };
        let number = |text: &str| read_decimal(text).ok_or_else(refuse);
        let time = |text: &str| text.parse::<SimDuration>().map_err(|_| refuse());
        match text.split_once('=') {
            None if text == "hang" => Ok(Self::Hang),
            None if text == "lock" => Ok(Self::Lock),
            None if text == "disk-full" => Ok(Self::DiskFull),
            Some(("errors", share)) => number(share).map(Self::Errors),
            Some(("leak", mib)) => number(mib).map(Self::Leak),
            Some(("slow-disk", factor)) => number(factor).map(Self::SlowDisk),
            Some(("flap", times)) => {
                let (up, down) = times.split_once('/').ok_or_else(refuse)?;
                Ok(Self::Flap { up: time(up)?, down: time(down)? })
            }
            None | Some(_) => Err(refuse()),
        }
    }
}

impl fmt::Display for Gray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hang => f.write_str("hang"),
            Self::Errors(share) => write!(f, "errors={}", decimal(*share, 9)),
            Self::Leak(mib) => write!(f, "leak={}", decimal(*mib, 9)),
            Self::Flap { up, down } => write!(f, "flap={up}/{down}"),
            Self::Lock => f.write_str("lock"),
            Self::DiskFull => f.write_str("disk-full"),
            Self::SlowDisk(factor) => write!(f, "slow-disk={}", decimal(*factor, 9)),
        }
    }
}

impl Gray {
    /// What is wrong, in a word or two.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hang => "hangs",
            Self::Errors(_) => "fails requests",
            Self::Leak(_) => "leaks memory",
            Self::Flap { .. } => "flaps",
            Self::Lock => "locked",
            Self::DiskFull => "disk full",
            Self::SlowDisk(_) => "slow disk",
        }
    }

    /// The services that it can happen to.
    pub const fn services(self) -> &'static [&'static str] {
        match self {
            Self::Hang => &["nginx", "app", "mysql"],
            Self::Errors(_) => &["nginx", "app"],
            Self::Leak(_) => &["app"],
            Self::Flap { .. } => &["haproxy", "keepalived", "nginx", "app", "mysql"],
            Self::Lock | Self::DiskFull | Self::SlowDisk(_) => &["mysql"],
        }
    }

    /// The figure that is out of range, and what is allowed.
    pub(super) fn fault(self) -> Option<(String, &'static str)> {
        let outside = |figure: f64, low: f64, high: f64, allowed| {
            let is_in = figure >= low && figure <= high;
            (!is_in).then(|| (decimal(figure, 3), allowed))
        };
        match self {
            Self::Errors(share) => outside(share, 0.0, 1.0, "0 to 1"),
            Self::Leak(mib) => outside(mib, 0.001, 1e6, "0.001 to 1000000 MiB"),
            Self::SlowDisk(factor) => outside(factor, 1.0, 1000.0, "1 to 1000"),
            Self::Flap { up, down } => {
                let least = up.min(down);
                let allowed = "10ms or more";
                (least < SimDuration::from_ms(10)).then(|| (least.to_string(), allowed))
            }
            Self::Hang | Self::Lock | Self::DiskFull => None,
        }
    }
}

/// A service that is not well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ailment {
    pub(super) host: usize,
    service: &'static str,
    gray: Gray,
    /// Of a leak: MiB left behind by the workers that live.
    leaked: f64,
    /// What belongs to an earlier ailment of the same service counts for nothing.
    round: u32,
}

impl Simulation {
    /// What is wrong with a service of a host, if something is.
    pub(super) fn ailment(&self, host: usize, service: &str) -> Option<Gray> {
        let is_it = |ailment: &&Ailment| ailment.host == host && ailment.service == service;
        self.ailments.iter().find(is_it).map(|ailment| ailment.gray)
    }

    /// Something goes wrong with a service from now on.
    pub(super) fn degrade(&mut self, host: usize, service: &str, gray: Gray) {
        let services = self.service_names(host);
        let Some(service) = services.into_iter().find(|own| *own == service) else { return };
        self.recover(host, service);
        self.rounds += 1;
        let round = self.rounds;
        self.ailments.push(Ailment { host, service, gray, leaked: 0.0, round });
        self.record_fact(self.service_name(host, service), FactKind::Degraded { gray });
        match gray {
            Gray::Flap { .. } => self.flap(round),
            // From now on it matters which requests write.
            Gray::Lock | Gray::DiskFull | Gray::SlowDisk(_) => self.tells_writes = true,
            Gray::Leak(_) => self.watch_memory(host),
            Gray::Hang if service == "mysql" => self.look_at_replicas(),
            Gray::Hang | Gray::Errors(_) => {}
        }
    }

    /// Nothing is wrong with a service any more; whether something was.
    pub(super) fn recover(&mut self, host: usize, service: &str) -> bool {
        let count = self.ailments.len();
        self.ailments.retain(|ailment| ailment.host != host || ailment.service != service);
        let was_ill = self.ailments.len() < count;
        if was_ill && service == "mysql" {
            self.look_at_replicas();
            self.release_stuck(host);
        }
        was_ill
    }

    /// A flapping service dies or is started.
    pub(super) fn flap(&mut self, round: u32) {
        let Some(ailment) = self.ailments.iter().find(|ailment| ailment.round == round) else {
            return;
        };
        let Ailment { host, service, gray: Gray::Flap { up, down }, .. } = *ailment else { return };
        let next = if self.is_running(host, service) {
            self.kill_service(host, service);
            down
        } else {
            self.start_service(host, service);
            up
        };
        self.after(next, Event::Flap { round });
    }

    /// Whether a worker that begins a job hangs.
    pub(super) fn hangs(&self, origin: usize) -> bool {
        if self.ailments.is_empty() {
            return false;
        }
        let of = &self.origins[origin];
        self.ailment(of.host, of.kind_name()) == Some(Gray::Hang)
    }

    /// A worker of an application hangs, or may take too long: then its arbiter kills it, and the connection is closed.
    pub(super) fn watch_worker(&mut self, work: Work) {
        let Kind::App { app, .. } = &self.origins[work.origin as usize].kind else { return };
        let timeout = app.timeout;
        // The arbiter looks once a second (measured with gunicorn, tests/limits.rs).
        let number = u64::from(work.job.number().unwrap_or(0));
        let look = self.draw(Purpose::ArbiterLooks, number).uniform(SimDuration::from_secs(1));
        self.after(timeout + look, Event::WorkerKilled(work));
    }

    /// The arbiter looks, unless it only waits for its workers to end.
    pub(super) fn worker_killed(&mut self, work: Work) {
        let of = &mut self.origins[work.origin as usize];
        let host = of.host;
        let is_watched = of.ending == Ending::No && of.in_service.contains(&work.job);
        of.has_lost_workers |= is_watched;
        if is_watched && self.is_alive(work) {
            self.tell_stop(work.job, host, Doing::Killed(Killer::Arbiter));
            self.connection_reset(work.origin as usize, work.job);
            self.release(work);
            self.stop_computing(self.origins[work.origin as usize].host, Task::Work(work));
        }
    }

    /// Whether the service fails this request by itself; what it leaves behind is counted.
    pub(super) fn is_failed_by_itself(&mut self, work: Work) -> bool {
        if self.ailments.is_empty() {
            return false;
        }
        let of = &self.origins[work.origin as usize];
        let (host, service) = (of.host, of.kind_name());
        let Some(number) = work.job.number() else { return false };
        match self.ailment(host, service) {
            Some(Gray::Errors(share)) => {
                self.draw(Purpose::GrayError, u64::from(number)).unit() <= share
            }
            Some(Gray::Leak(mib)) => {
                self.leak(host, service, mib);
                false
            }
            Some(
                Gray::Hang | Gray::Flap { .. } | Gray::Lock | Gray::DiskFull | Gray::SlowDisk(_),
            )
            | None => false,
        }
    }

    /// So much more memory is used up.
    fn leak(&mut self, host: usize, service: &'static str, mib: f64) {
        self.give_back(host, service, -mib);
        self.memory_taken(host);
    }

    /// MiB that a service has leaked since it was started.
    pub(super) fn leaked(&self, host: usize, service: &str) -> f64 {
        let is_it = |ailment: &&Ailment| ailment.host == host && ailment.service == service;
        self.ailments.iter().find(is_it).map_or(0.0, |ailment| ailment.leaked)
    }

    /// So many MiB of what a service has leaked are free again.
    pub(super) fn give_back(&mut self, host: usize, service: &str, mib: f64) {
        let is_it = |ailment: &&mut Ailment| ailment.host == host && ailment.service == service;
        if let Some(ailment) = self.ailments.iter_mut().find(is_it) {
            ailment.leaked = (ailment.leaked - mib).max(0.0);
        }
    }

    /// Whether this database runs and answers nobody.
    pub(super) fn is_hung(&self, database: usize) -> bool {
        !self.ailments.is_empty()
            && self.ailment(self.databases[database].host, "mysql") == Some(Gray::Hang)
    }

    /// Whether a write at this database waits and does not end by itself.
    pub(super) fn is_stuck(&self, database: usize, is_write: bool) -> bool {
        if self.ailments.is_empty() {
            return false;
        }
        match self.ailment(self.databases[database].host, "mysql") {
            Some(Gray::Hang) => true,
            Some(Gray::Lock | Gray::DiskFull) => is_write,
            Some(Gray::Errors(_) | Gray::Leak(_) | Gray::Flap { .. } | Gray::SlowDisk(_))
            | None => false,
        }
    }

    /// How many times slower than itself the disk of a database is.
    pub(super) fn slow_disk_factor(&self, database: usize) -> f64 {
        match self.ailment(self.databases[database].host, "mysql") {
            Some(Gray::SlowDisk(factor)) => factor,
            Some(_) | None => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_failures_are_read_as_they_are_written() {
        for text in [
            "hang",
            "errors=0.5",
            "leak=12.5",
            "flap=3s/500ms",
            "lock",
            "disk-full",
            "slow-disk=20",
        ] {
            assert_eq!(text.parse::<Gray>().unwrap().to_string(), text);
        }
        for text in ["", "hung", "errors", "errors=x", "flap=3s", "leak", "lock=1"] {
            assert!(text.parse::<Gray>().is_err(), "{text}");
        }
    }
}
