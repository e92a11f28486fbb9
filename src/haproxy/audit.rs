//! Whether a process's books agree: what each figure says and what its streams say. An auditor looks after every event, in
//! tests; nothing else calls this.

use super::proxy::{NOBODY, Proxy};
use super::queue::Waiting;
use super::server::{Running, Server};
use super::stream::{Phase, Stream};

/// A law that a process broke, with the figures. Servers, backends and streams are indices among all of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// A figure that is kept, and the same figure counted one by one.
    #[error("{what} of {of}: the books say {kept}, counted are {counted}")]
    Books {
        /// What is counted.
        what: &'static str,
        /// Of which server or backend; 0 where there is only one.
        of: usize,
        /// What is kept.
        kept: u64,
        /// What is there.
        counted: u64,
    },
    /// More than is allowed.
    #[error("{what} of {of}: {found}, and {most} is the most")]
    TooMany {
        /// What is limited.
        what: &'static str,
        /// Of which server or backend; 0 where there is only one.
        of: usize,
        /// What is there.
        found: u64,
        /// The limit.
        most: u64,
    },
    /// A stream is in a state that cannot be.
    #[error("stream {stream}: {what}")]
    Stream {
        /// The stream.
        stream: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A server is in a state that cannot be.
    #[error("server {server}: {what}")]
    Server {
        /// The server.
        server: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// A request was given to a server that gets no new ones, and neither bound to it nor there before.
    #[error("request {number} was given to server {server}, which is out")]
    GivenToOut {
        /// The request's number.
        number: u32,
        /// The server.
        server: usize,
    },
}

/// What an auditor remembers of a process from one event to the next.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    streams: Vec<(u32, u32, Option<u16>)>,
    servers: Vec<Seen>,
}

/// A server as it was.
#[derive(Clone, Copy, Debug)]
struct Seen {
    is_usable: bool,
    is_in: bool,
    limit: u32,
    served: u32,
    attempts: u64,
    went_down: u64,
}

/// The kept figure must be the counted one.
fn books(what: &'static str, of: usize, kept: u64, counted: u64) -> Result<(), Breach> {
    if kept == counted { Ok(()) } else { Err(Breach::Books { what, of, kept, counted }) }
}

fn at_most(what: &'static str, of: usize, found: u64, most: u64) -> Result<(), Breach> {
    if found <= most { Ok(()) } else { Err(Breach::TooMany { what, of, found, most }) }
}

/// Whether a server may get requests that are not bound to it: asked anew here, beside what balances.
fn may_get_any(server: &Server) -> bool {
    let is_out = server.is_maint || server.is_drain || server.weight == 0;
    !is_out && server.running != Running::Stopped && server.running != Running::Stopping
}

impl Proxy {
    /// Whether all figures agree with the streams and with each other.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn audit(&self) -> Result<(), Breach> {
        self.audit_streams()?;
        self.audit_slots()?;
        self.audit_queues()?;
        self.audit_servers()?;
        self.audit_counters()
    }

    /// What a stream's state must hold.
    fn audit_streams(&self) -> Result<(), Breach> {
        let mut unused = 0;
        for (index, stream) in self.streams.iter().enumerate() {
            let pool = &self.backends[stream.backend as usize];
            let is_own =
                |server: u16| (pool.first..pool.first + pool.count).contains(&(server as usize));
            let what = match stream.phase {
                Phase::Unused => {
                    unused += 1;
                    stream.holds_slot.then_some("it has ended and holds a slot")
                }
                Phase::Queued => stream.holds_slot.then_some("it waits for a slot and holds one"),
                // Who is taken over from a queue when its server returns has a connection and no slot.
                Phase::Connecting | Phase::Waiting => (!stream.is_connected
                    || stream.server.is_none())
                .then_some("it uses a server without a connection"),
                Phase::Turnaround => stream.is_connected.then_some("it pauses and is connected"),
            };
            let what = what.or_else(|| {
                let named = stream.server.into_iter().chain(stream.avoid);
                let is_lost = stream.holds_slot && stream.server.is_none();
                let is_strange = stream.phase != Phase::Unused && !{ named }.all(is_own);
                let what = "its server is not one of its backend";
                (is_lost || is_strange).then_some(what)
            });
            if let Some(what) = what {
                return Err(Breach::Stream { stream: index, what });
            }
        }
        books("free streams", 0, self.free.len() as u64, unused)
    }

    fn held(&self) -> impl Iterator<Item = (usize, &Stream)> + Clone {
        let streams = self.streams.iter().enumerate();
        streams.filter(|(_, stream)| stream.phase != Phase::Unused)
    }

    /// A server serves as many as hold a slot of it, a backend as many as its servers.
    fn audit_slots(&self) -> Result<(), Breach> {
        let all = self.servers.iter().map(|server| u64::from(server.served)).sum();
        for (index, server) in self.servers.iter().enumerate() {
            let own = |stream: &Stream| stream.is_connected && stream.server == Some(index as u16);
            let counted = self.held().filter(|(_, stream)| own(stream)).count();
            books("connections", index, u64::from(server.connections), counted as u64)?;
        }
        let holders = self.held().filter(|(_, stream)| stream.holds_slot);
        books("slots held", 0, all, holders.clone().count() as u64)?;
        for (index, server) in self.servers.iter().enumerate() {
            if server.served > 0 {
                let own = holders.clone().filter(|(_, stream)| stream.server == Some(index as u16));
                books("served", index, u64::from(server.served), own.count() as u64)?;
            }
        }
        for (index, pool) in self.backends.iter().enumerate() {
            let servers = &self.servers[pool.first..][..pool.count];
            let served = servers.iter().map(|server| u64::from(server.served)).sum();
            books("served by the backend", index, u64::from(pool.served), served)?;
            let own = self.held().filter(|(_, stream)| stream.backend as usize == index);
            books("sessions", index, u64::from(pool.sessions), own.count() as u64)?;
        }
        Ok(())
    }

    /// Who waits stands in exactly one queue, the one of its server or of its backend, and in the order of service.
    fn audit_queues(&self) -> Result<(), Breach> {
        let mut places = 0;
        for (index, pool) in self.backends.iter().enumerate() {
            self.audit_queue(&pool.queue, index, None)?;
            places += u64::from(pool.queue.len());
        }
        for (index, server) in self.servers.iter().enumerate() {
            self.audit_queue(&server.queue, server.backend as usize, Some(index as u16))?;
            places += u64::from(server.queue.len());
            if server.config.maxqueue > 0 {
                let most = u64::from(server.config.maxqueue);
                at_most("queue", index, u64::from(server.queue.len()), most)?;
            }
        }
        let waiting = self.held().filter(|(_, stream)| stream.phase == Phase::Queued).count();
        books("places in queues", 0, places, waiting as u64)
    }

    fn audit_queue(&self, queue: &Waiting, backend: usize, of: Option<u16>) -> Result<(), Breach> {
        let mut seen = Vec::new();
        let mut last = None;
        for entry in queue.entries() {
            let index = entry.stream as usize;
            let stream = &self.streams[index];
            let what = if stream.phase != Phase::Queued {
                "it stands in a queue and does not wait"
            } else if stream.server != of || stream.backend as usize != backend {
                "it stands in a queue that is not its own"
            } else if seen.contains(&index) {
                "it stands in a queue twice"
            } else if last.is_some_and(|last| last > entry.rank()) {
                "it stands behind one that comes after it"
            } else {
                seen.push(index);
                last = Some(entry.rank());
                continue;
            };
            return Err(Breach::Stream { stream: index, what });
        }
        Ok(())
    }

    /// What the algorithm thinks of the servers is what they are, and what their health says is what they do.
    fn audit_servers(&self) -> Result<(), Breach> {
        for (index, server) in self.servers.iter().enumerate() {
            let pool = &self.backends[server.backend as usize];
            let told = pool.scheduler.standing(server.index as usize);
            let is = server.standing(Self::wall(self.wall_offset), self.now);
            let is_warm = server.running == Running::Full && told.usable;
            let what = if told.usable != may_get_any(server) {
                "the algorithm does not know whether it is usable"
            } else if told.weight != is.weight || is_warm && told.sixteenths != is.sixteenths {
                "the algorithm does not know its weight"
            } else if !server.is_maint
                && server.health.is_up() == (server.running == Running::Stopped)
            {
                "its health and its state do not agree"
            } else if server.is_maint && server.running != Running::Stopped {
                "it is in maintenance and runs"
            } else {
                continue;
            };
            return Err(Breach::Server { server: index, what });
        }
        Ok(())
    }

    /// What was counted over time agrees with what is held now.
    fn audit_counters(&self) -> Result<(), Breach> {
        let counters = &self.frontend;
        let mut begun = 0;
        let mut held = 0;
        for (index, pool) in self.backends.iter().enumerate() {
            let own = &pool.counters;
            let sessions = u64::from(pool.sessions);
            begun += own.sessions;
            held += sessions;
            books("sessions ever", index, own.sessions, own.all_answers() + sessions)?;
            let sum = |figure: fn(&Server) -> u64| -> u64 {
                self.servers[pool.first..][..pool.count].iter().map(figure).sum()
            };
            books("lbtot", index, own.picks, sum(|server| server.counters.picks))?;
            books("wredis", index, own.redispatches, sum(|server| server.counters.redispatches))?;
            books(
                "eresp",
                index,
                own.response_errors,
                sum(|server| server.counters.response_errors),
            )?;
            at_most("wretr", index, own.retries, sum(|server| server.counters.retries))?;
            at_most(
                "econ",
                index,
                sum(|server| server.counters.connection_errors),
                own.connection_errors,
            )?;
            at_most(
                "answers",
                index,
                sum(|server| server.counters.all_answers()),
                own.all_answers(),
            )?;
        }
        let complete = counters.requests - counters.request_errors;
        books("requests of the frontend", 0, complete, begun)?;
        books("requests of the frontend", 0, counters.requests, counters.all_answers() + held)?;
        if self.config.maxconn > 0 {
            let most = u64::from(self.config.maxconn);
            at_most("connections", 0, u64::from(self.open), most)?;
        }
        let is_full = self.config.maxconn > 0 && self.open >= self.config.maxconn;
        at_most(
            "waiting beside a free place",
            0,
            self.backlog.len() as u64,
            if is_full { u64::MAX } else { 0 },
        )
    }

    /// Whether what has happened since the trail was left was allowed; leaves a new one.
    ///
    /// # Errors
    /// The first law that is broken.
    pub fn audit_since(&self, trail: &mut Trail) -> Result<(), Breach> {
        let result = if trail.servers.is_empty() { Ok(()) } else { self.audit_steps(trail) };
        self.leave_trail(trail);
        result
    }

    fn audit_steps(&self, trail: &Trail) -> Result<(), Breach> {
        let mut attempts = vec![0_u64; self.servers.len()];
        for (index, stream) in self.held() {
            let before = trail.streams.get(index);
            let is_new = before.is_none_or(|(stage, ..)| *stage != stream.stage);
            let Some(server) =
                stream.server.filter(|_| stream.phase == Phase::Connecting && is_new)
            else {
                continue;
            };
            attempts[server as usize] += 1;
            let was_there = before
                .is_some_and(|(_, number, at)| *number == stream.number && *at == Some(server));
            let server = server as usize;
            let is_usable = may_get_any(&self.servers[server]) || trail.servers[server].is_usable;
            if !is_usable && !stream.is_bound && !was_there {
                return Err(Breach::GivenToOut { number: stream.number, server });
            }
        }
        for (index, (now, before)) in self.servers.iter().zip(&trail.servers).enumerate() {
            let limit = self.limit(index);
            if now.served > before.served && limit > 0 && before.limit > 0 {
                let most = u64::from(limit.max(before.limit));
                at_most("served", index, u64::from(now.served), most)?;
            }
            let seen = before.attempts + attempts[index];
            books("stot", index, now.counters.sessions, seen + now.stillborn)?;
            let fell = u64::from(before.is_in && now.running == Running::Stopped);
            books("chkdown", index, now.counters.went_down, before.went_down + fell)?;
        }
        Ok(())
    }

    fn leave_trail(&self, trail: &mut Trail) {
        trail.streams.clear();
        let held = self.streams.iter();
        trail.streams.extend(held.map(|stream| (stream.stage, stream.number, stream.server)));
        trail.servers.clear();
        trail.servers.extend(self.servers.iter().enumerate().map(|(index, server)| Seen {
            is_usable: may_get_any(server),
            is_in: server.running != Running::Stopped,
            limit: self.limit(index),
            served: server.served,
            attempts: server.counters.sessions - server.stillborn,
            went_down: server.counters.went_down,
        }));
    }

    /// Grows with what a process does: that of a dead one stands still.
    pub fn pulse(&self) -> u64 {
        let of = |server: &Server| {
            let counters = &server.counters;
            counters.sessions
                + counters.check_failures
                + counters.went_down
                + counters.response_errors
        };
        let servers = self.servers.iter().map(of).sum::<u64>();
        servers + self.frontend.sessions + self.frontend.requests + self.frontend.all_answers()
    }

    /// The streams whose clients are still there: stream, client, number.
    pub fn clients(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let held = self.held().filter(|(_, stream)| stream.client != NOBODY);
        held.map(|(index, stream)| (index as u32, stream.client, stream.number))
    }

    /// Connections that were let in, and those that wait to be.
    pub fn connections(&self) -> (usize, usize) {
        (self.open as usize, self.backlog.len())
    }
}
