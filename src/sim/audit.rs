//! Whether the world's books agree: what each figure says, and what is there. An auditor looks after every event, in tests;
//! nothing else calls this.

use crate::haproxy::{self, Proxy, Trail};
use crate::kernel::{SimDuration, SimTime};

use super::balancer::Balancer;
use super::origin::Kind;
use super::vrrp::State;
use super::world::Simulation;

/// Two masters that hear each other settle it by the next advert, sent at least this often, and the network's latency.
const LONGEST_CLASH: SimDuration = SimDuration::from_ms(1100);

/// A law that the world broke, with the figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// In a process of a balancer.
    #[error("{balancer}, process {epoch}: {breach}")]
    Process {
        /// The balancer.
        balancer: String,
        /// Which of its processes, counted from the first.
        epoch: u32,
        /// The law.
        breach: haproxy::Breach,
    },
    /// A figure that is kept, and the same figure counted one by one.
    #[error("{what}: the books say {kept}, counted are {counted}")]
    Books {
        /// What is counted, and where.
        what: String,
        /// What is kept.
        kept: u64,
        /// What is there.
        counted: u64,
    },
    /// More than is allowed.
    #[error("{what}: {found}, and {most} is the most")]
    TooMany {
        /// What is limited, and where.
        what: String,
        /// What is there.
        found: u64,
        /// The limit.
        most: u64,
    },
    /// A request and the process that holds it do not know each other.
    #[error("request {number}: {what}")]
    Request {
        /// Its number.
        number: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A dead process did something.
    #[error("HAProxy of {balancer} is dead and works")]
    Ghost {
        /// The balancer.
        balancer: String,
    },
    /// Two balancers go on being master of one address, though each hears the other.
    #[error("{vip}: {holders} masters hear each other since {since}")]
    TwoMasters {
        /// The address.
        vip: String,
        /// How many.
        holders: usize,
        /// Since when.
        since: SimTime,
    },
    /// Time went back, or something due was forgotten.
    #[error("it is {now}, and it was {before} before")]
    TimeWentBack {
        /// Now, or when the next event is due.
        now: SimTime,
        /// Then.
        before: SimTime,
    },
}

fn books(what: impl Fn() -> String, kept: u64, counted: u64) -> Result<(), Breach> {
    if kept == counted { Ok(()) } else { Err(Breach::Books { what: what(), kept, counted }) }
}

fn at_most(what: impl Fn() -> String, found: u64, most: u64) -> Result<(), Breach> {
    if found <= most { Ok(()) } else { Err(Breach::TooMany { what: what(), found, most }) }
}

impl Balancer {
    /// The processes that run, with their epochs.
    fn processes(&self) -> impl Iterator<Item = (u32, &Proxy)> {
        let retired = self.retired.iter().map(|(epoch, proxy)| (*epoch, proxy));
        std::iter::once((self.epoch, &self.proxy)).chain(retired).filter(|_| self.is_up)
    }
}

impl Simulation {
    /// Whether all figures agree with what is there and with each other.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn audit(&self) -> Result<(), Breach> {
        self.audit_counts()?;
        for index in 0..self.balancers.len() {
            self.audit_balancer(index)?;
        }
        self.audit_requests()?;
        self.audit_stations()
    }

    /// Conservation: every request was answered, failed or is under way, and is counted once.
    fn audit_counts(&self) -> Result<(), Breach> {
        let counts = self.counts;
        let ended = counts.ok + counts.failed;
        books(|| "requests issued".to_owned(), counts.issued, ended + counts.in_flight)?;
        let active = self.requests.iter().filter(|request| request.is_active).count() as u64;
        books(|| "requests in flight".to_owned(), counts.in_flight, active)?;
        let slots = active + self.free_requests.len() as u64;
        books(|| "places for requests".to_owned(), self.requests.len() as u64, slots)?;
        let outcomes = self.outcomes.iter().map(|(_, count)| count).sum();
        books(|| "outcomes".to_owned(), outcomes, ended)?;
        books(|| "requests ended".to_owned(), self.record_count, ended)?;
        books(|| "response times".to_owned(), self.response_times.count(), counts.ok)?;
        match self.next_event_at() {
            Some(next) if next < self.now => {
                Err(Breach::TimeWentBack { now: next, before: self.now })
            }
            _ => Ok(()),
        }
    }

    /// Each process's own books; and its connections are its clients'.
    fn audit_balancer(&self, index: usize) -> Result<(), Breach> {
        let of = &self.balancers[index];
        let name = || self.host_name(of.host);
        for (epoch, proxy) in of.processes() {
            let own = |breach| Breach::Process { balancer: name(), epoch, breach };
            proxy.audit().map_err(own)?;
            let here = self
                .requests
                .iter()
                .filter(|request| request.is_active && request.balancer == Some(index as u16));
            let accepted =
                here.clone().filter(|request| request.is_accepted && request.process == epoch);
            let (open, backlog) = proxy.connections();
            books(
                || format!("connections of {}, process {epoch}", name()),
                open as u64,
                accepted.count() as u64,
            )?;
            let waiting = here.filter(|request| !request.is_accepted && request.process == epoch);
            books(
                || format!("backlog of {}, process {epoch}", name()),
                backlog as u64,
                waiting.count() as u64,
            )?;
            for (stream, client, number) in proxy.clients() {
                let request = self.requests.get(client as usize).filter(|request| {
                    request.is_active
                        && request.number as u32 == number
                        && request.stream == Some(stream)
                        && request.process == epoch
                        && request.balancer == Some(index as u16)
                });
                if request.is_none() {
                    let what = "a process works for it, and it does not know";
                    return Err(Breach::Request { number: u64::from(number), what });
                }
            }
        }
        Ok(())
    }

    /// A request that a process works on is held by that process.
    fn audit_requests(&self) -> Result<(), Breach> {
        for (slot, request) in
            self.requests.iter().enumerate().filter(|(_, request)| request.is_active)
        {
            let Some((balancer, stream)) = request.balancer.zip(request.stream) else { continue };
            let of = &self.balancers[balancer as usize];
            let process = of.processes().find(|(epoch, _)| *epoch == request.process);
            let own = (stream, slot as u32, request.number as u32);
            if !process.is_some_and(|(_, proxy)| proxy.clients().any(|held| held == own)) {
                let what = "it counts on a process that does not know it";
                return Err(Breach::Request { number: request.number, what });
            }
        }
        Ok(())
    }

    /// How many balancers' keepalived holds itself for the master of an address.
    fn masters(&self, vip: usize) -> usize {
        let holds = |balancer: &&Balancer| {
            let is_up = balancer.keepalived.as_ref().is_some_and(|keepalived| keepalived.is_up);
            let own = balancer.instances().iter().find(|own| own.vip == vip);
            is_up && own.is_some_and(|own| own.state == State::Master)
        };
        self.balancers.iter().filter(holds).count()
    }

    /// Nobody works more than it has workers, and every connection of the database has its query.
    fn audit_stations(&self) -> Result<(), Breach> {
        for origin in &self.origins {
            let name = |what: &str| format!("{what} of {}", self.host_name(origin.host));
            let (busy, workers) =
                (u64::from(origin.station.busy()), u64::from(origin.station.workers()));
            at_most(|| name("busy workers"), busy, if origin.is_up { workers } else { 0 })?;
            books(|| name("busy workers"), busy, origin.in_service.len() as u64)?;
            if let Kind::Nginx { connections, proxy: Some(relaying), .. } = &origin.kind {
                let held = relaying.connections();
                books(|| name("connections passed on"), held, 2 * relaying.open())?;
                // What is passed on takes a second connection, which the worker that it leaves had not counted.
                let all = held + busy + origin.station.queue_length() as u64;
                let most = if origin.is_up { *connections } else { 0 };
                at_most(|| name("connections"), all, most)?;
            }
        }
        for database in &self.databases {
            let name = |what: &str| format!("{what} of {}", self.host_name(database.host));
            let connections = u64::from(database.connections);
            let most = if database.is_up { database.max_connections } else { 0 };
            at_most(|| name("connections"), connections, u64::from(most))?;
            let queries = database.open_queries() as u64;
            let kept = u64::from(database.kept.open());
            books(|| name("connections"), connections, queries + kept)?;
            let station = &database.station;
            let at_work =
                u64::from(station.busy() + database.stuck) + station.queue_length() as u64;
            books(|| name("queries"), queries, at_work)?;
        }
        Ok(())
    }
}

/// Who looks at a world after every event, and remembers how it was before.
#[derive(Clone, Debug, Default)]
pub struct Auditor {
    now: SimTime,
    processes: Vec<Process>,
    masters: Vec<Option<SimTime>>,
}

/// What is remembered of a balancer's process.
#[derive(Clone, Debug, Default)]
struct Process {
    epoch: u32,
    trail: Trail,
    was_up: bool,
    pulse: u64,
}

impl Auditor {
    /// Whether everything agrees, and whether what has just happened was allowed.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn look(&mut self, simulation: &Simulation) -> Result<(), Breach> {
        if simulation.now < self.now {
            return Err(Breach::TimeWentBack { now: simulation.now, before: self.now });
        }
        self.now = simulation.now;
        simulation.audit()?;
        self.processes.resize_with(simulation.balancers.len(), Process::default);
        for (of, known) in simulation.balancers.iter().zip(&mut self.processes) {
            let balancer = || simulation.host_name(of.host);
            let epoch = of.epoch;
            if known.epoch != epoch {
                *known = Process { epoch, ..Process::default() };
            }
            let before = std::mem::replace(&mut known.pulse, of.proxy.pulse());
            if of.is_up && simulation.lan_latency() > SimDuration::ZERO {
                // Without it a whole chain of attempts can happen at once, and only its end is seen.
                let own = |breach| Breach::Process { balancer: balancer(), epoch, breach };
                of.proxy.audit_since(&mut known.trail).map_err(own)?;
            } else if !of.is_up && !known.was_up && known.pulse > before {
                return Err(Breach::Ghost { balancer: balancer() });
            }
            known.was_up = of.is_up;
        }
        self.look_at_addresses(simulation)
    }

    /// An address has two masters only as long as one does not hear the other: an advert takes the network's latency.
    fn look_at_addresses(&mut self, simulation: &Simulation) -> Result<(), Breach> {
        self.masters.resize(simulation.vips.len(), None);
        for (vip, since) in self.masters.iter_mut().enumerate() {
            let masters = simulation.masters(vip);
            if masters < 2 || simulation.heartbeat_is_cut || simulation.some_link_is_changed() {
                *since = None;
                continue;
            }
            let began = *since.get_or_insert(simulation.now);
            if simulation.now.since(began) > LONGEST_CLASH + simulation.lan_latency() * 4 {
                let vip = simulation.infrastructure().vips[vip].name.clone();
                return Err(Breach::TwoMasters { vip, holders: masters, since: began });
            }
        }
        Ok(())
    }
}
