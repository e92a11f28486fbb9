//! The process as a whole: its backends, its servers, its streams; what comes in, and where it goes.

use super::attempt::Unconnected;
use super::balance::{KeyOf, Scheduler};
use super::effect::{Effect, Event, Reply, Ticket, Timer};
use super::persistence::{self, CookieFlags};
use super::queue::Waiting;
use super::rows::FILES_ALLOW;
use super::server::Server;
use super::stats::{Counters, Rate};
use super::stream::{Head, Phase, Stream};
use super::table::Table;
use super::times::{Mark, Marks};
use crate::infra::{Balance, Haproxy};
use crate::kernel::{SimDuration, SimTime};

/// The client of a stream whose client has left.
pub(super) const NOBODY: u32 = u32::MAX;

/// So much further are the stages of a process that replaced another, so that no ticket fits both.
const STAGES_AHEAD: u32 = 1 << 16;

/// A HAProxy process.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub(super) config: Haproxy,
    /// Wall clock at the start, within its second: slow start counts whole seconds of the wall clock.
    pub(super) wall_offset: SimDuration,
    pub(super) now: SimTime,
    pub(super) started_at: SimTime,
    /// Whether every step of a request is told.
    pub(super) is_telling: bool,
    pub(super) effects: Vec<Effect>,
    pub(super) backends: Vec<Backend>,
    /// The backends that the path rules lead to, in their order, and the default one.
    routes: Vec<usize>,
    default_route: usize,
    pub(super) servers: Vec<Server>,
    pub(super) streams: Vec<Stream>,
    pub(super) free: Vec<u32>,
    /// Where the stages of its streams begin.
    first_stage: u32,
    /// Connections of clients that were let in, and those that wait in the kernel.
    pub(super) open: u32,
    pub(super) backlog: std::collections::VecDeque<u32>,
    pub(super) frontend: Counters,
    /// When its streams came where they are, and how many requests come in a second: as far as requests are told.
    pub(super) marks: Vec<Marks>,
    pub(super) request_rate: Rate,
}

/// A backend of the process: a run of its servers.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) scheduler: Scheduler,
    pub(super) queue: Waiting,
    pub(super) table: Option<Table>,
    /// Requests in it, queued or served.
    pub(super) sessions: u32,
    pub(super) served: u32,
    pub(super) fullconn: u32,
    pub(super) changed_at: SimTime,
    pub(super) counters: Counters,
}

/// The backend of this name; the first if there is none (validation sees to it that there is).
fn backend_named(config: &Haproxy, name: &str) -> usize {
    config.backends.iter().position(|backend| backend.name == name).unwrap_or(0)
}

impl Proxy {
    /// A process that starts at `now`: every server is UP, one failed check from DOWN, and none has been picked.
    /// `wall_offset` is the wall clock's fraction of a second at time 0.
    pub fn new(config: &Haproxy, now: SimTime, wall_offset: SimDuration) -> Self {
        let mut proxy = Self {
            config: config.clone(),
            wall_offset,
            now,
            started_at: now,
            is_telling: false,
            effects: Vec::new(),
            backends: Vec::new(),
            routes: config
                .path_rules
                .iter()
                .map(|rule| backend_named(config, &rule.backend))
                .collect(),
            default_route: backend_named(config, &config.default_backend),
            servers: Vec::new(),
            streams: Vec::new(),
            free: Vec::new(),
            first_stage: 0,
            open: 0,
            backlog: std::collections::VecDeque::new(),
            frontend: Counters::default(),
            marks: Vec::new(),
            request_rate: Rate::default(),
        };
        for (index, backend) in config.backends.iter().enumerate() {
            let first = proxy.servers.len();
            for (position, server) in backend.servers.iter().enumerate() {
                let mut server = Server::new(server, index as u16, position as u16);
                server.changed_at = now;
                proxy.servers.push(server);
            }
            let standings = proxy.servers[first..]
                .iter()
                .map(|server| server.standing(|_| 0, now))
                .collect::<Vec<_>>();
            let most = if config.maxconn == 0 { FILES_ALLOW } else { config.maxconn };
            proxy.backends.push(Backend {
                first,
                count: proxy.servers.len() - first,
                scheduler: Scheduler::new(backend, standings.into_iter()),
                queue: Waiting::default(),
                table: backend.stick_table.map(Table::new),
                sessions: 0,
                served: 0,
                fullconn: backend.fullconn.unwrap_or_else(|| most.div_ceil(10)),
                changed_at: now,
                counters: Counters::default(),
            });
        }
        proxy
    }

    /// The process is started anew: all it held and knew is gone. Tickets given out before stay void.
    pub fn restart(&mut self, now: SimTime) {
        let config = self.config.clone();
        self.backlog.clear();
        drop(self.reload(&config, now));
    }

    /// A new process with this configuration takes over, and knows nothing of the old one's checks. It gets the listening
    /// socket, and with it the connections that were not let in yet. Returns the old one: it finishes what it holds
    /// ([`is_idle`](Self::is_idle)) and checks no more.
    #[must_use]
    pub fn reload(&mut self, config: &Haproxy, now: SimTime) -> Self {
        let mut fresh = Self::new(config, now, self.wall_offset);
        fresh.is_telling = self.is_telling;
        let round = self.servers.iter().map(|server| server.round.max(server.warmth)).max();
        for server in &mut fresh.servers {
            server.round = round.unwrap_or(0) + STAGES_AHEAD;
            server.warmth = server.round;
        }
        let latest = self.streams.iter().map(|stream| stream.stage).max();
        fresh.first_stage = latest.unwrap_or(0).max(self.first_stage) + STAGES_AHEAD;
        fresh.backlog = std::mem::take(&mut self.backlog);
        while fresh.has_room() {
            let Some(client) = fresh.backlog.pop_front() else { break };
            fresh.let_in();
            fresh.effects.push(Effect::Accept(client));
        }
        std::mem::replace(self, fresh)
    }

    /// Whether it holds no request and no connection.
    pub fn is_idle(&self) -> bool {
        self.open == 0 && self.streams.iter().all(|stream| stream.phase == Phase::Unused)
    }

    /// Whether a timer of a request has been overtaken: nothing happens when it runs out.
    pub fn is_void(&self, timer: Timer) -> bool {
        match timer {
            Timer::Connect(ticket)
            | Timer::Turnaround(ticket)
            | Timer::Queue(ticket)
            | Timer::Server(ticket) => self.current(ticket).is_none(),
            Timer::CheckLimit(ticket, _) => {
                self.servers[ticket.server as usize].round != ticket.round
            }
            Timer::Check(_) | Timer::Slowstart(_) => false,
        }
    }

    /// Whether a timer is one of its own and not of the process that replaced it.
    pub fn owns(&self, timer: Timer) -> bool {
        match timer {
            Timer::Connect(ticket)
            | Timer::Turnaround(ticket)
            | Timer::Queue(ticket)
            | Timer::Server(ticket) => self.current(ticket).is_some(),
            Timer::Check(_) | Timer::CheckLimit(..) | Timer::Slowstart(_) => false,
        }
    }

    /// A server and its backend, as configured.
    pub fn server(&self, server: usize) -> (&crate::infra::Backend, &crate::infra::Server) {
        let of = &self.servers[server];
        (&self.config.backends[of.backend as usize], &of.config)
    }

    /// How many servers the process has.
    pub fn server_count(&self) -> usize {
        self.servers.len()
    }

    /// Whether every step of a request is told by [`Effect::Happened`], or only what happens to servers.
    pub const fn tell_requests(&mut self, is_telling: bool) {
        self.is_telling = is_telling;
    }

    /// The configuration it runs.
    pub const fn config(&self) -> &Haproxy {
        &self.config
    }

    /// Whether there is anything to be done.
    pub const fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Takes what is to be done if it is one thing, as it mostly is.
    pub fn take_only_effect(&mut self) -> Option<Effect> {
        if self.effects.len() == 1 { self.effects.pop() } else { None }
    }

    /// Takes what is to be done; `into` comes back empty as the store of the next.
    pub const fn take_effects(&mut self, into: &mut Vec<Effect>) {
        std::mem::swap(&mut self.effects, into);
    }

    /// A client's connection is complete in the kernel. Whether it is let in at once; else it is when a slot of the frontend's
    /// `maxconn` is free ([`Effect::Accept`]).
    pub fn connection(&mut self, now: SimTime, client: u32) -> bool {
        self.now = now;
        let has_room = self.has_room();
        if has_room {
            self.let_in();
        } else {
            self.backlog.push_back(client);
        }
        has_room
    }

    /// Whether the frontend's `maxconn` lets one more connection in.
    const fn has_room(&self) -> bool {
        self.config.maxconn == 0 || self.open < self.config.maxconn
    }

    fn let_in(&mut self) {
        self.open += 1;
        self.frontend.session_began(self.now, self.open);
    }

    /// A client that was let in is gone, with or without an answer.
    pub fn connection_closed(&mut self, now: SimTime) {
        self.now = now;
        self.open = self.open.saturating_sub(1);
        if self.has_room()
            && let Some(client) = self.backlog.pop_front()
        {
            self.let_in();
            self.effects.push(Effect::Accept(client));
        }
    }

    /// A client that was not let in yet gives up.
    pub fn left_backlog(&mut self, client: u32) {
        self.backlog.retain(|waiting| *waiting != client);
    }

    /// How long a client that was let in may take to send its request; `None`: as long as it likes. `timeout client` runs from
    /// byte to byte, so that it ends only the silent; `timeout http-request` runs over the whole (measured).
    pub fn request_limit(&self, is_silent: bool) -> Option<SimDuration> {
        let limits = &self.config.timeouts;
        let between_bytes = limits.client.filter(|_| is_silent);
        [between_bytes, limits.http_request].into_iter().flatten().min()
    }

    /// A client has not sent its request in time: 408.
    pub fn request_timed_out(&mut self, now: SimTime, client: u32) {
        self.now = now;
        self.frontend.requests += 1;
        self.frontend.request_errors += 1;
        self.frontend.answered(408);
        self.effects.push(Effect::Reply(Reply {
            client,
            status: 408,
            from_server: false,
            termination: super::Termination::TimeoutRequest,
            cookie: CookieFlags::default(),
            set_cookie: None,
            server: None,
            retries: 0,
            redispatched: false,
            server_queue: 0,
            backend_queue: 0,
        }));
    }

    /// A complete request: it is given to a server, or has to wait, or is refused. Returns its stream.
    pub fn request(&mut self, now: SimTime, head: &Head<'_>) -> u32 {
        self.now = now;
        self.frontend.requests += 1;
        let backend = self.route(head.uri);
        let id = self.free.pop().unwrap_or_else(|| {
            self.streams.push(Stream { stage: self.first_stage, ..Stream::unused() });
            (self.streams.len() - 1) as u32
        });
        let stage = self.streams[id as usize].stage + 1;
        let config = &self.config.backends[backend];
        let class = config.priority_classes.iter().find(|rule| {
            head.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&rule.header))
        });
        let key = KeyOf { source: head.source, uri: head.uri, headers: head.headers };
        let class = class.map_or(0, |rule| rule.class);
        let pool = &mut self.backends[backend];
        pool.sessions += 1;
        pool.counters.session_began(now, pool.sessions);
        let hash = pool.scheduler.hash_of(&key);
        self.streams[id as usize] = Stream {
            client: head.client,
            number: head.number,
            stage,
            backend: backend as u16,
            hash,
            source: head.source,
            class,
            phase: Phase::Connecting,
            ..Stream::unused()
        };
        self.mark(id, Mark::Came);
        self.bind(id, head);
        self.assign(id);
        id
    }

    /// The backend of a path: the first rule that matches, or the default.
    fn route(&self, uri: &str) -> usize {
        let rules = self.config.path_rules.iter().zip(&self.routes);
        // The prefix of a rule has no query, so the whole URI begins with it only if the path does.
        let route = rules.into_iter().find(|(rule, _)| uri.starts_with(&rule.path_beg));
        route.map_or(self.default_route, |(_, backend)| *backend)
    }

    /// The server that the request's cookie or its address's entry in the stick table asks for.
    fn bind(&mut self, id: u32, head: &Head<'_>) {
        let backend = self.streams[id as usize].backend as usize;
        let config = &self.config.backends[backend];
        let pool = &mut self.backends[backend];
        let servers = &self.servers[pool.first..][..pool.count];
        let mut wanted = None;
        if let Some(cookie) = &config.cookie {
            let (flags, server) = persistence::find(cookie, head.cookie, servers, config.persist);
            self.streams[id as usize].cookie = flags;
            wanted = server;
        }
        if wanted.is_none()
            && let Some(table) = &mut pool.table
        {
            let known = table.find(head.source, self.now).map(usize::from);
            wanted = known.filter(|server| {
                config.persist || servers.get(*server).is_some_and(Server::is_reachable)
            });
        }
        if let Some(server) = wanted {
            let stream = &mut self.streams[id as usize];
            stream.server = Some((pool.first + server) as u16);
            stream.is_bound = true;
        }
    }

    /// The client of a stream has left. Without `option abortonclose` nobody notices.
    pub fn client_left(&mut self, now: SimTime, stream: u32, client: u32) {
        self.now = now;
        let of = &self.streams[stream as usize];
        if of.client != client || of.phase == Phase::Unused {
            return;
        }
        let notices = self.config.backends[of.backend as usize].abortonclose;
        let is_queued = of.phase == Phase::Queued;
        self.streams[stream as usize].client = NOBODY;
        if is_queued && notices {
            self.leave_queue(stream);
            self.finish(stream, 0, super::Termination::ClientQueue);
        }
    }

    /// A timer set by [`Effect::Set`] has run out.
    pub fn timer(&mut self, now: SimTime, timer: Timer) {
        self.now = now;
        match timer {
            Timer::Connect(ticket) => self.connect_failed(ticket, Unconnected::TimedOut),
            Timer::Turnaround(ticket) => self.turnaround_over(ticket),
            Timer::Queue(ticket) => self.queue_timed_out(ticket),
            Timer::Server(ticket) => self.server_timed_out(ticket),
            Timer::Check(ticket) => self.check_due(ticket),
            Timer::CheckLimit(ticket, result) => self.check_ended(ticket, result),
            Timer::Slowstart(ticket) => self.warm_up(ticket),
        }
    }

    /// The client of the stream of a ticket, if it is at that stage.
    pub fn client_of(&self, ticket: Ticket) -> Option<u32> {
        self.current(ticket).map(|id| self.streams[id as usize].client)
    }

    /// The wall clock in whole seconds.
    pub(super) fn wall(offset: SimDuration) -> impl Fn(SimTime) -> u64 {
        move |time| (time.as_ns() + offset.as_ns()) / 1_000_000_000
    }

    pub(super) fn limit(&self, server: usize) -> u32 {
        let of = &self.servers[server];
        let pool = &self.backends[of.backend as usize];
        of.limit(pool.sessions, pool.fullconn, Self::wall(self.wall_offset), self.now)
    }

    /// Tells the balance algorithm how a server stands now.
    pub(super) fn restand(&mut self, server: usize) {
        let of = &self.servers[server];
        let standing = of.standing(Self::wall(self.wall_offset), self.now);
        let (backend, index) = (of.backend as usize, of.index as usize);
        self.backends[backend].scheduler.set_standing(index, standing);
    }

    pub(super) fn set(&mut self, after: SimDuration, timer: Timer) {
        self.effects.push(Effect::Set { after, timer, is_deadline: false });
    }

    pub(super) fn set_deadline(&mut self, after: SimDuration, timer: Timer) {
        self.effects.push(Effect::Set { after, timer, is_deadline: true });
    }

    pub(super) fn happened(&mut self, event: Event) {
        self.effects.push(Effect::Happened(event));
    }

    /// Tells a step of a request, if anybody is to hear it.
    pub(super) fn tell(&mut self, event: impl FnOnce(u32) -> Event, stream: u32) {
        if self.is_telling {
            let event = event(self.streams[stream as usize].client);
            self.happened(event);
        }
    }

    /// The stream of a ticket, if it is at that stage.
    pub(super) fn current(&self, ticket: Ticket) -> Option<u32> {
        let stream = self.streams.get(ticket.stream as usize)?;
        (stream.stage == ticket.stage && stream.phase != Phase::Unused).then_some(ticket.stream)
    }

    pub(super) fn release_stream(&mut self, id: u32) {
        let stream = &mut self.streams[id as usize];
        stream.phase = Phase::Unused;
        stream.stage += 1;
        stream.cookie = CookieFlags::default();
        self.free.push(id);
    }

    /// Whether the algorithm may overtake requests in the backend's queue: only roundrobin, static-rr and first look first.
    pub(super) fn looks_at_queue(&self, backend: usize) -> bool {
        matches!(
            self.config.backends[backend].balance,
            Balance::Roundrobin | Balance::StaticRr | Balance::First
        )
    }
}
