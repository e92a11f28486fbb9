//! Attempts: connecting, retries, the turn-around pause, redispatch, and the answer or what comes instead of it (HAProxy 2.6
//! manual 4.2 `retries`, `option redispatch`, `retry-on`; details measured on 2.6.12).

use super::effect::{Answer, Awaited, Effect, Event, Ticket, Timer};
use super::proxy::Proxy;
use super::server::Running;
use super::stream::{Doom, Phase};
use super::times::Mark;
use super::{Termination, observe::Sign};
use crate::infra::RetryOn;
use crate::kernel::SimDuration;

/// The longest turn-around pause before a server that refused is tried again.
const TURNAROUND_MAX: SimDuration = SimDuration::from_secs(1);

/// How an attempt to connect failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unconnected {
    /// The server refused.
    Refused,
    /// It did not answer, and the kernel gave up.
    GivenUp,
    /// It did not answer within `timeout connect`.
    TimedOut,
}

impl Proxy {
    /// A request that has just been given to a server connects to it.
    pub(super) fn go(&mut self, id: u32) {
        self.mark(id, Mark::Placed);
        let stream = &self.streams[id as usize];
        if let Some(server) = stream.server {
            let redispatched = stream.avoid.is_some_and(|avoid| avoid != server);
            let persistent = stream.is_bound;
            self.tell(|client| Event::Picked { client, server, redispatched, persistent }, id);
        }
        self.connect(id);
    }

    /// One connection attempt to the server that a request was given to.
    fn connect(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        let Some(server) = stream.server else { return };
        stream.phase = Phase::Connecting;
        let ticket = stream.next(id);
        let number = stream.number;
        let of = &mut self.servers[server as usize];
        if !std::mem::replace(&mut stream.is_connected, true) {
            of.connections += 1;
        }
        of.counters.session_began(self.now, of.connections);
        let timeout = self.config.timeouts.connect;
        self.effects.push(Effect::Connect { ticket, server, number, timeout });
    }

    /// The connection stands and the request is sent: the answer that is waited for; `None` if nobody waits for one.
    pub fn connected(&mut self, now: crate::kernel::SimTime, ticket: Ticket) -> Option<Awaited> {
        self.now = now;
        let id = self.current(ticket)?;
        self.mark(id, Mark::Connected);
        let stream = &mut self.streams[id as usize];
        stream.phase = Phase::Waiting;
        let ticket = stream.next(id);
        let (server, doom) = (stream.server, stream.doom);
        if let Some(server) = server {
            self.observe(server as usize, Sign::Connected);
            if let Some(doom) = doom.filter(|_| self.current(ticket).is_some()) {
                self.cut(id, doom);
            }
        }
        self.current(ticket)?;
        Some(Awaited { ticket, timeout: self.config.timeouts.server })
    }

    /// The server refused the connection.
    pub fn refused(&mut self, now: crate::kernel::SimTime, ticket: Ticket) {
        self.now = now;
        self.connect_failed(ticket, Unconnected::Refused);
    }

    /// The kernel gave the connection up before `timeout connect` did (`ETIMEDOUT`): an error as a refusal is one, of a server that was
    /// silent.
    pub fn given_up(&mut self, now: crate::kernel::SimTime, ticket: Ticket) {
        self.now = now;
        self.connect_failed(ticket, Unconnected::GivenUp);
    }

    /// An attempt failed.
    pub(super) fn connect_failed(&mut self, ticket: Ticket, by: Unconnected) {
        let Some(id) = self.current(ticket) else { return };
        let Some(server) = self.streams[id as usize].server else { return };
        let is_refused = by == Unconnected::Refused;
        self.tell(|client| Event::AttemptFailed { client, server, explicit: is_refused }, id);
        // HAProxy knows an error of its socket from a timeout of its own.
        let explicit = by != Unconnected::TimedOut;
        // Its own error may mark the server DOWN and doom this very session, which is no longer connecting.
        self.streams[id as usize].phase = Phase::Turnaround;
        let was_doomed = self.streams[id as usize].doom.is_some();
        self.observe(server as usize, Sign::NotConnected);
        let how = if explicit { Termination::ServerConnect } else { Termination::TimeoutConnect };
        let stream = &mut self.streams[id as usize];
        stream.first_failure.get_or_insert(how);
        if stream.retries == self.config.retries.retries {
            self.fail_to_connect(id, how);
            return;
        }
        stream.retries += 1;
        self.disconnect(id);
        let is_moving = self.may_redispatch(id, server as usize);
        if is_moving {
            self.let_go(id, server as usize);
        } else {
            let backend = self.streams[id as usize].backend as usize;
            self.servers[server as usize].counters.retries += 1;
            self.backends[backend].counters.retries += 1;
        }
        let backend = self.streams[id as usize].backend as usize;
        let is_lonely = self.backends[backend].scheduler.usable_active() <= 1;
        if explicit && (!is_moving || is_lonely) {
            self.pause(id);
        } else {
            self.try_again(id);
            if !was_doomed {
                self.cut_if_doomed(id);
            }
        }
    }

    /// A session that has just doomed itself and goes on without a pause is cut as soon as it connects again, and nobody answers
    /// its client (measured).
    fn cut_if_doomed(&mut self, id: u32) {
        let stream = &self.streams[id as usize];
        let (phase, server, doom) = (stream.phase, stream.server, stream.doom);
        if let Some((server, doom)) = server.zip(doom).filter(|_| phase == Phase::Connecting) {
            self.servers[server as usize].stillborn += 1;
            self.cut(id, doom);
        }
    }

    /// Cuts a session that is connecting or waits for its answer.
    fn cut(&mut self, id: u32, doom: Doom) {
        let stream = &self.streams[id as usize];
        let phase = stream.phase;
        if let Some(server) = stream.server {
            self.tell(|client| Event::Cut { client, server }, id);
        }
        if phase == Phase::Connecting {
            self.finish(id, 0, doom.connecting());
        } else {
            self.finish(id, 502, doom.unanswered());
        }
    }

    /// Whether the retry may go to another server.
    fn may_redispatch(&self, id: u32, server: usize) -> bool {
        let stream = &self.streams[id as usize];
        let Some(interval) = self.config.retries.redispatch else { return false };
        let limit = i64::from(self.config.retries.retries);
        let interval = i64::from(interval);
        let period = if interval > 0 { interval } else { limit + 1 + interval };
        // Counted back beyond the first retry it is due as if it were counted on; at none the real one dies.
        let is_due = period != 0 && i64::from(stream.retries) % period == 0;
        let scheduler = &self.backends[stream.backend as usize].scheduler;
        let is_free = !stream.is_bound && !scheduler.is_hash() && scheduler.usable_active() > 1;
        // A slowly starting server is not RUNNING either; a draining one is.
        let of = &self.servers[server];
        let is_away = of.is_maint || matches!(of.running, Running::Stopped | Running::Starting);
        is_away || is_due || is_free
    }

    /// Gives the slot back, for others to use, and leaves the choice to the algorithm.
    fn let_go(&mut self, id: u32, server: usize) {
        self.release_slot(id);
        self.unbind(id, server);
        self.serve_queues(server);
    }

    /// The turn-around pause, against hammering a server that refuses.
    fn pause(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        stream.phase = Phase::Turnaround;
        let ticket = stream.next(id);
        let pause = TURNAROUND_MAX.min(self.config.timeouts.connect);
        self.set_deadline(pause, Timer::Turnaround(ticket));
    }

    pub(super) fn turnaround_over(&mut self, ticket: Ticket) {
        if let Some(id) = self.current(ticket) {
            self.try_again(id);
        }
    }

    fn try_again(&mut self, id: u32) {
        if let Some(server) = self.streams[id as usize].server {
            self.tell(|client| Event::TriedAgain { client, server }, id);
            self.connect(id);
        } else {
            self.assign(id);
        }
    }

    /// The server answered.
    pub fn answered(&mut self, now: crate::kernel::SimTime, ticket: Ticket, answer: Answer) {
        self.now = now;
        let Some(id) = self.current(ticket) else { return };
        let Some(server) = self.streams[id as usize].server else { return };
        let reason =
            if answer.is_junk { RetryOn::JunkResponse } else { RetryOn::Status(answer.status) };
        let is_error =
            answer.is_junk || answer.status >= 500 && ![501, 505].contains(&answer.status);
        self.part(id, server as usize, reason);
        self.observe(server as usize, if is_error { Sign::Error } else { Sign::Answered });
        if self.current(ticket).is_none() || self.retries_on(id, server as usize, reason) {
            return;
        }
        self.remember(id, server);
        if answer.is_junk {
            self.count_bad_answer(server as usize);
            self.finish(id, 502, Termination::ProxyHeaders);
        } else {
            self.end(id, answer.status, Termination::Normal, Some(answer.sets_cookie));
        }
    }

    /// The stick table learns who answered whom.
    fn remember(&mut self, id: u32, server: u16) {
        let stream = &self.streams[id as usize];
        let (backend, source) = (stream.backend, stream.source);
        let pool = &mut self.backends[backend as usize];
        let index = server - pool.first as u16;
        let Some(table) = &mut pool.table else { return };
        if table.store(source, index, self.now) && self.config.peers {
            self.effects.push(Effect::Learn { backend, source, server: index });
        }
    }

    /// Another balancer tells which server a client belongs to (`peers`).
    pub fn learn(&mut self, now: crate::kernel::SimTime, backend: u16, source: u32, server: u16) {
        self.now = now;
        if let Some(table) =
            self.backends.get_mut(backend as usize).and_then(|pool| pool.table.as_mut())
        {
            table.store(source, server, now);
        }
    }

    /// The server closed or reset the connection without an answer.
    pub fn closed(&mut self, now: crate::kernel::SimTime, ticket: Ticket) {
        self.now = now;
        let Some(id) = self.current(ticket) else { return };
        let Some(server) = self.streams[id as usize].server else { return };
        self.tell(|client| Event::Closed { client, server }, id);
        self.part(id, server as usize, RetryOn::EmptyResponse);
        self.observe(server as usize, Sign::Error);
        if self.current(ticket).is_none()
            || self.retries_on(id, server as usize, RetryOn::EmptyResponse)
        {
            return;
        }
        self.count_bad_answer(server as usize);
        self.servers[server as usize].counters.server_aborts += 1;
        self.finish(id, 502, Termination::ServerHeaders);
    }

    pub(super) fn server_timed_out(&mut self, ticket: Ticket) {
        let Some(id) = self.current(ticket) else { return };
        let Some(server) = self.streams[id as usize].server else { return };
        self.tell(|client| Event::TimedOut { client, server }, id);
        self.observe(server as usize, Sign::Error);
        if self.current(ticket).is_none()
            || self.retries_on(id, server as usize, RetryOn::ResponseTimeout)
        {
            return;
        }
        self.count_bad_answer(server as usize);
        self.finish(id, 504, Termination::TimeoutHeaders);
    }

    fn may_retry(&self, id: u32, reason: RetryOn) -> bool {
        let retries = &self.config.retries;
        retries.retry_on.contains(&reason) && self.streams[id as usize].retries < retries.retries
    }

    /// The server has closed the connection. Its slot is free, and the next who waits has it, before anybody looks at what was answered
    /// (`process_stream` on 2.6.12): a server that this very answer takes out still gets one from the backend's queue (recorded).
    fn part(&mut self, id: u32, server: usize, reason: RetryOn) {
        if !self.may_retry(id, reason) {
            self.disconnect(id);
            self.release_slot(id);
            self.serve_queues(server);
        }
    }

    /// `retry-on`: sends the request again, at once, if this failure is named and a retry is left.
    fn retries_on(&mut self, id: u32, server: usize, reason: RetryOn) -> bool {
        if !self.may_retry(id, reason) {
            return false;
        }
        let stream = &mut self.streams[id as usize];
        stream.retries += 1;
        self.disconnect(id);
        if self.may_redispatch(id, server) {
            self.let_go(id, server);
        } else {
            let backend = self.servers[server].backend as usize;
            self.servers[server].counters.retries += 1;
            self.backends[backend].counters.retries += 1;
        }
        self.try_again(id);
        true
    }

    fn count_bad_answer(&mut self, server: usize) {
        let backend = self.servers[server].backend as usize;
        self.servers[server].counters.response_errors += 1;
        self.backends[backend].counters.response_errors += 1;
    }

    /// Cuts the sessions of a server; those between two attempts once they are connected (measured):
    /// `on-marked-down shutdown-sessions`, `on-marked-up shutdown-backup-sessions`.
    pub(super) fn cut_sessions(&mut self, server: usize, doom: Doom) {
        let is_held = |id: &u32| {
            let stream = &self.streams[*id as usize];
            stream.server == Some(server as u16) && stream.holds_slot
        };
        let held: Vec<u32> = (0..self.streams.len() as u32).filter(is_held).collect();
        for id in held {
            // One that has just been let out of a queue has not begun to connect.
            let is_about_to = |effect: &Effect| matches!(effect, Effect::Connect { ticket, .. } if ticket.stream == id);
            let is_woken = self.effects.iter().any(is_about_to);
            let stream = &mut self.streams[id as usize];
            if matches!(stream.phase, Phase::Connecting | Phase::Waiting) && !is_woken {
                self.cut(id, doom);
            } else {
                stream.doom = Some(doom);
            }
        }
    }
}
