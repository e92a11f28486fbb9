//! From a request to a server: the algorithm, the slots, the two queues and their order (HAProxy 2.6 manual 5.2 `maxconn`,
//! `maxqueue`, `minconn`; order of the queues measured on 2.6.12).

use super::Termination;
use super::balance::Ask;
use super::effect::{Event, Queue, Reply, Timer};
use super::persistence::respond;
use super::proxy::Proxy;
use super::queue::Entry;
use super::stream::{Doom, Phase};

impl Proxy {
    /// Gives a request to the server it is bound to, or to the one that the algorithm picks.
    pub(super) fn assign(&mut self, id: u32) {
        let stream = &self.streams[id as usize];
        if let Some(server) = stream.server {
            self.place(id, server as usize);
            return;
        }
        let backend = stream.backend as usize;
        let pool = &self.backends[backend];
        if !pool.scheduler.has_usable() {
            self.note_redispatch(id, None);
            self.tell(|client| Event::NoServer { client, backend: backend as u16 }, id);
            self.fail_to_connect(id, Termination::ServerConnect);
            return;
        }
        if !pool.queue.is_empty() && self.looks_at_queue(backend) {
            self.note_redispatch(id, None);
            self.enqueue(id, Queue::Backend);
            return;
        }
        let picked = self.pick(id);
        self.note_redispatch(id, picked);
        if let Some(server) = picked {
            self.streams[id as usize].server = Some(server as u16);
            self.place(id, server);
        } else {
            self.enqueue(id, Queue::Backend);
        }
    }

    /// Asks the algorithm.
    fn pick(&mut self, id: u32) -> Option<usize> {
        let stream = &self.streams[id as usize];
        let backend = stream.backend as usize;
        let wall = Self::wall(self.wall_offset);
        let now = self.now;
        let pool = &mut self.backends[backend];
        let ask = Ask {
            hash: stream.hash,
            avoid: stream.avoid.map(|server| server as usize - pool.first),
            backend_served: pool.served,
        };
        let servers = &self.servers[pool.first..];
        let (sessions, fullconn) = (pool.sessions, pool.fullconn);
        let picked = pool.scheduler.pick(&ask, |index| {
            servers[index].load(servers[index].limit(sessions, fullconn, &wall, now))
        })?;
        let server = pool.first + picked;
        pool.counters.picks += 1;
        self.servers[server].counters.picks += 1;
        Some(server)
    }

    /// A redispatched request went to another server than the one that failed it, to the same, or to none.
    fn note_redispatch(&mut self, id: u32, server: Option<usize>) {
        let stream = &mut self.streams[id as usize];
        let Some(avoided) = stream.avoid else { return };
        let backend = &mut self.backends[stream.backend as usize].counters;
        let counters = &mut self.servers[avoided as usize].counters;
        if server == Some(avoided as usize) {
            counters.retries += 1;
            backend.retries += 1;
        } else {
            stream.redispatched = true;
            stream.cookie.server_lost();
            counters.redispatches += 1;
            backend.redispatches += 1;
        }
    }

    /// Gives a request a slot of this server, or a place in its queue.
    fn place(&mut self, id: u32, server: usize) {
        let limit = self.limit(server);
        let of = &self.servers[server];
        if !of.is_full(limit) {
            self.take_slot(id, server);
            self.go(id);
            return;
        }
        if of.config.maxqueue == 0 || of.queue.len() < of.config.maxqueue {
            self.enqueue(id, Queue::Server(server as u16));
            return;
        }
        let stream = &self.streams[id as usize];
        if stream.is_bound && self.config.retries.redispatch.is_some() {
            self.unbind(id, server);
            self.assign(id);
        } else {
            self.fail_to_connect(id, Termination::ServerQueue);
        }
    }

    /// The request is no longer this server's: the algorithm decides, and avoids it.
    pub(super) fn unbind(&mut self, id: u32, server: usize) {
        let stream = &mut self.streams[id as usize];
        stream.is_bound = false;
        stream.server = None;
        stream.avoid = Some(server as u16);
    }

    pub(super) fn take_slot(&mut self, id: u32, server: usize) {
        self.streams[id as usize].holds_slot = true;
        let of = &mut self.servers[server];
        of.served += 1;
        self.backends[of.backend as usize].served += 1;
        self.load_changed(server);
    }

    /// Gives the slot back; what waits is not looked at yet.
    pub(super) fn release_slot(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        if !std::mem::take(&mut stream.holds_slot) {
            return;
        }
        let Some(server) = stream.server.map(usize::from) else { return };
        let of = &mut self.servers[server];
        of.served -= 1;
        self.backends[of.backend as usize].served -= 1;
        self.load_changed(server);
    }

    /// The connection to the server is gone, or could not be made.
    pub(super) fn disconnect(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        if std::mem::take(&mut stream.is_connected)
            && let Some(server) = stream.server
        {
            self.servers[server as usize].connections -= 1;
        }
    }

    pub(super) fn load_changed(&mut self, server: usize) {
        let of = &self.servers[server];
        let pool = &mut self.backends[of.backend as usize];
        pool.scheduler.load_changed(of.index as usize, of.served, of.queue.len());
    }

    fn enqueue(&mut self, id: u32, queue: Queue) {
        let stream = &mut self.streams[id as usize];
        stream.phase = Phase::Queued;
        let ticket = stream.next(id);
        let entry = Entry { stream: id, class: stream.class, since: self.now };
        let waiting = match queue {
            Queue::Backend => &mut self.backends[stream.backend as usize].queue,
            Queue::Server(server) => &mut self.servers[server as usize].queue,
        };
        stream.queue_index = waiting.dequeued;
        waiting.push(entry);
        if let Queue::Server(server) = queue {
            self.load_changed(server as usize);
        }
        let timeouts = &self.config.timeouts;
        self.set_deadline(timeouts.queue.unwrap_or(timeouts.connect), Timer::Queue(ticket));
        self.tell(|client| Event::Queued { client, queue }, id);
    }

    /// Takes a waiting request out of its queue and adds up what went before it.
    pub(super) fn leave_queue(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        if let Some(server) = stream.server {
            let queue = &mut self.servers[server as usize].queue;
            queue.remove(id);
            stream.server_queue += queue.place(stream.queue_index);
            self.load_changed(server as usize);
        } else {
            let queue = &mut self.backends[stream.backend as usize].queue;
            queue.remove(id);
            stream.backend_queue += queue.place(stream.queue_index);
        }
    }

    /// Gives free slots of a server to those who wait longest, for it or for any (of equals, first for it).
    pub(super) fn serve_queues(&mut self, server: usize) {
        let of = &self.servers[server];
        if of.queue.is_empty() && self.backends[of.backend as usize].queue.is_empty() {
            return;
        }
        let limit = self.limit(server);
        if limit > 0 && self.servers[server].connections >= limit {
            return;
        }
        loop {
            let of = &self.servers[server];
            let pool = &self.backends[of.backend as usize];
            if of.queue.is_empty() && pool.queue.is_empty() {
                return;
            }
            let limit = self.limit(server);
            if limit > 0 && of.served >= limit {
                return;
            }
            let may_help = of.is_usable() && pool.scheduler.is_elected(of.index as usize);
            let own = of.queue.head().map(Entry::rank);
            let shared = pool.queue.head().map(Entry::rank).filter(|_| may_help);
            let is_own = match (own, shared) {
                (Some(own), Some(shared)) => own <= shared,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return,
            };
            let queue = if is_own {
                &mut self.servers[server].queue
            } else {
                &mut self.backends[of.backend as usize].queue
            };
            let Some(entry) = queue.pop() else { return };
            let stream = &mut self.streams[entry.stream as usize];
            let place = queue.place(stream.queue_index);
            queue.dequeued = queue.dequeued.wrapping_add(1);
            if is_own {
                stream.server_queue += place;
            } else {
                stream.backend_queue += place;
                stream.server = Some(server as u16);
            }
            self.take_slot(entry.stream, server);
            self.go(entry.stream);
        }
    }

    /// A server that has just come up, or grown, takes what its limit allows from the backend's queue. The real program counts
    /// these neither among the dequeued nor among those the server serves: for a while it may hold more than its `maxconn`
    /// (recorded).
    pub(super) fn grab(&mut self, server: usize) {
        for grabbed in 0.. {
            let of = &self.servers[server];
            let limit = self.limit(server);
            let pool = &mut self.backends[of.backend as usize];
            let may_help = of.is_usable() && pool.scheduler.is_elected(of.index as usize);
            if !may_help || (limit > 0 && of.served + grabbed >= limit) {
                break;
            }
            let Some(entry) = pool.queue.pop() else { break };
            let stream = &mut self.streams[entry.stream as usize];
            stream.backend_queue += pool.queue.place(stream.queue_index);
            stream.server = Some(server as u16);
            self.go(entry.stream);
        }
    }

    pub(super) fn queue_timed_out(&mut self, ticket: super::Ticket) {
        if let Some(id) = self.current(ticket) {
            self.leave_queue(id);
            self.fail_to_connect(id, Termination::TimeoutQueue);
        }
    }

    /// 503: no server could be reached.
    pub(super) fn fail_to_connect(&mut self, id: u32, termination: Termination) {
        let stream = &self.streams[id as usize];
        let doom = stream.doom.map(Doom::unconnected);
        let termination = doom.or(stream.first_failure).unwrap_or(termination);
        self.backends[stream.backend as usize].counters.connection_errors += 1;
        if let Some(server) = stream.server {
            self.servers[server as usize].counters.connection_errors += 1;
        }
        self.finish(id, 503, termination);
    }

    /// The end of a stream that the proxy itself answers, or lets go without an answer (status 0).
    pub(super) fn finish(&mut self, id: u32, status: u16, termination: Termination) {
        self.end(id, status, termination, None);
    }

    /// The end of a stream; `sets_cookie` is known if a server answered.
    pub(super) fn end(
        &mut self,
        id: u32,
        status: u16,
        termination: Termination,
        sets_cookie: Option<bool>,
    ) {
        let backend = self.streams[id as usize].backend as usize;
        let set_cookie = sets_cookie.and_then(|sets| self.answer_cookie(id, sets));
        self.disconnect(id);
        self.release_slot(id);
        self.backends[backend].sessions -= 1;
        self.frontend.answered(status);
        self.backends[backend].counters.answered(status);
        let stream = &self.streams[id as usize];
        let server = stream.server;
        let reply = Reply {
            client: stream.client,
            status,
            from_server: sets_cookie.is_some(),
            termination,
            cookie: stream.cookie,
            set_cookie,
            server,
            retries: stream.retries,
            redispatched: stream.redispatched,
            server_queue: stream.server_queue,
            backend_queue: stream.backend_queue,
        };
        if let Some(server) = server.filter(|_| sets_cookie.is_some()) {
            let counters = &mut self.servers[server as usize].counters;
            counters.answered(status);
            counters.last_session = Some(self.now);
            self.time(id, server);
        }
        self.effects.push(super::Effect::Reply(reply));
        self.release_stream(id);
        if let Some(server) = server {
            self.serve_queues(server as usize);
        }
    }

    /// What is done with the cookie in a server's answer; the server whose cookie is set.
    fn answer_cookie(&mut self, id: u32, sets_cookie: bool) -> Option<u16> {
        let stream = &mut self.streams[id as usize];
        let cookie = self.config.backends[stream.backend as usize].cookie.as_ref()?;
        let server = stream.server?;
        let has_value = self.servers[server as usize].config.cookie.is_some();
        let (given, is_set) = respond(cookie, stream.is_bound, has_value, sets_cookie);
        stream.cookie.response = given;
        is_set.then_some(server)
    }
}
