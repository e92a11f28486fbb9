//! Users: when they come, which addresses they try and how, how long they wait. Which address comes first is told in
//! `dns.rs`.

use std::sync::Arc;

use crate::infra::{Balance, Host, Service};
use crate::kernel::{SimTime, small};

use super::delivery::Delivery;
use super::dns::ATTEMPT_DELAY;
use super::event::Event;
use super::fact::{FactKind, Outcome, RequestRecord, Step};
use super::world::{Purpose, RECORD_LIMIT, Simulation, Ticket};
use super::{Dialling, Workload};

/// What a user of static files asks for.
pub const STATIC_PATH: &str = "/static/logo.png";
/// What a user of dynamic pages asks for.
pub const DYNAMIC_PATH: &str = "/";
/// Where a user sends what is to be stored.
pub const WRITE_PATH: &str = "/comments";
/// What the paths of static files begin with.
pub(super) const STATIC_PREFIX: &str = "/static/";

/// The method of a request for this path.
pub fn method(path: &str) -> &'static str {
    if path == WRITE_PATH { "POST" } else { "GET" }
}

/// The address of the first client; the others follow (RFC 2544 C.2.2: addresses for benchmarks).
const FIRST_CLIENT: u32 = 0xC612_0000;

/// A request from its user's click to its end. Slots are used again; `life` and `stage` tell the uses apart.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) number: u64,
    /// Grows when the request ends: the client's events carry it.
    pub(super) life: u32,
    pub(super) is_active: bool,
    pub(super) is_static: bool,
    is_write: bool,
    pub(super) started_at: SimTime,
    /// Which address came first in its client's DNS answer, counted on round the addresses.
    first_vip: u64,
    /// Addresses tried before the latest.
    dialled: u8,
    /// The attempts that have come to nothing, a bit each.
    failed_attempts: u64,
    /// Those of which is told that they met nobody, a bit each.
    pub(super) lost_attempts: u64,
    /// The balancer that holds it, once accepted.
    pub(super) balancer: Option<u16>,
    /// Whether the balancer has let the connection in; else it waits in the kernel.
    pub(super) is_accepted: bool,
    /// The epoch of the process that has its connection.
    pub(super) process: u32,
    /// Whether its TLS session is resumed.
    pub(super) is_resumed: bool,
    /// Its stream in the balancer's process, while that works on it.
    pub(super) stream: Option<u32>,
    /// Which of the clients sent it, and that client's address and cookies.
    pub(super) client: u32,
    pub(super) source: u32,
    pub(super) cookie: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// One of a client's connection attempts: which, and how often its SYN has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) dialled: u8,
    pub(super) sent: u8,
    /// Whether the SYN has crossed a link that is not whole, and the next has its time already.
    pub(super) is_late: bool,
}

impl Simulation {
    pub(super) fn schedule_arrival(&mut self) {
        let gap = self.next_gap(self.counts.issued);
        self.agenda.schedule_single(self.now + gap, Event::Arrival);
    }

    pub(super) fn user_sends(&mut self) {
        self.next_user_sends();
        self.schedule_arrival();
    }

    /// The next user sends a request, now.
    pub(super) fn next_user_sends(&mut self) {
        let is_static = self.is_static(self.counts.issued as u32 + 1);
        let is_write = !is_static && self.is_write(self.counts.issued as u32 + 1);
        let client = if self.tells_clients_apart { self.some_client() } else { 0 };
        let cookie = self.cookie_of(client);
        self.counts.issued += 1;
        self.counts.in_flight += 1;
        let slot = self.free_requests.pop().unwrap_or_else(|| {
            self.requests.push(Request::unused());
            (self.requests.len() - 1) as u32
        });
        let (number, started_at) = (self.counts.issued, self.now);
        if !is_static {
            self.draw_ahead(number);
        }
        let first_vip = self.resolve(number);
        let request = &mut self.requests[slot as usize];
        request.number = number;
        request.is_active = true;
        request.is_static = is_static;
        request.is_write = is_write;
        request.started_at = started_at;
        request.first_vip = first_vip;
        request.dialled = 0;
        request.client = client;
        request.source = FIRST_CLIENT + client;
        request.cookie = cookie;
        request.failed_attempts = 0;
        request.lost_attempts = 0;
        request.steps.clear();
        self.dial(slot);
    }

    /// Whether the request of this number, counted from 1, is for a static file.
    pub fn is_static(&self, number: u32) -> bool {
        let share = self.plan.workload.static_share;
        let index = u64::from(number).saturating_sub(1);
        share > 0.0 && self.draw(Purpose::Path, index).unit() <= share
    }

    /// Whether the request of this number, if it is for no static file, writes to the database. Where that makes no difference
    /// none does.
    pub(super) fn is_write(&self, number: u32) -> bool {
        let share = self.plan.workload.write_share;
        self.tells_writes && self.draw(Purpose::Write, u64::from(number)).unit() <= share
    }

    /// One of the clients, each as likely as any.
    pub(super) fn some_client(&self) -> u32 {
        let clients = self.plan.workload.clients;
        let drawn = self.draw(Purpose::Client, self.counts.issued).unit() * f64::from(clients);
        (drawn as u32).min(clients - 1)
    }

    /// Whether the client of this request does not send it at once.
    pub(super) fn is_slow(&self, number: u64) -> bool {
        let share = self.plan.workload.slow_clients.share;
        share > 0.0 && self.draw(Purpose::SlowClient, number).unit() <= share
    }

    /// Whether it matters to anybody if a request writes: where there is a replica, or Nginx passes on.
    pub(super) fn look_at_writes(&mut self) {
        let services = self.infrastructure().hosts.iter().flat_map(|host| &host.services);
        self.tells_writes = services.into_iter().any(|service| match service {
            Service::Nginx(nginx) => nginx.proxy_pass.is_some(),
            Service::Mysql(mysql) => mysql.replica.is_some(),
            Service::Haproxy(_) | Service::Keepalived(_) | Service::App(_) | Service::Agent => {
                false
            }
        });
    }

    /// Whether it matters to any balancer who sends a request: for cookies, stick tables, the algorithm `source` and TLS sessions.
    pub(super) fn look_at_clients(&mut self) {
        let has_sessions = {
            let mut balancers = self.infrastructure().balancers().filter_map(Host::haproxy);
            balancers.any(|haproxy| haproxy.tls.is_some())
        };
        let matters = self.infrastructure().backends().any(|backend| {
            backend.cookie.is_some()
                || backend.stick_table.is_some()
                || backend.balance == Balance::Source
        });
        self.tells_clients_apart = matters || has_sessions || self.keeps_sessions;
    }

    /// The client connects to the next address of the DNS answer.
    fn dial(&mut self, slot: u32) {
        let ticket = self.client_ticket(slot);
        let dialled = self.requests[slot as usize].dialled;
        let vip = self.vip_of(slot, dialled);
        self.step(slot, |simulation| Step::Dialled { vip: simulation.vip_name(vip) });
        let first = Attempt { dialled, sent: 1, is_late: false };
        self.travel(
            self.internet_latency(),
            || Event::ClientSyn(ticket, first),
            |simulation| {
                simulation.syn_at_the_edge(ticket, first);
            },
        );
        if !self.is_connecting(ticket, dialled) {
            return;
        }
        let Workload { connect_timeout, dns, .. } = self.plan.workload;
        self.deadline(connect_timeout, Event::ClientConnectTimeout(ticket, dialled));
        if dns.dialling == Dialling::HappyEyeballs && self.has_next_address(slot) {
            self.deadline(ATTEMPT_DELAY, Event::ClientNextAddress(ticket, dialled));
        }
    }

    pub(super) fn syn_at_the_edge(&mut self, ticket: Ticket, attempt: Attempt) {
        if !self.is_connecting(ticket, attempt.dialled) {
            return;
        }
        let vip = self.vip_of(ticket.slot, attempt.dialled);
        if self.uplinks.is_troubled {
            self.syn_in_trouble(ticket, attempt, vip);
        } else {
            self.syn_delivered(ticket, attempt, vip, self.deliver(vip));
        }
    }

    /// A SYN has come to the machine that has the address, and this is what it meets.
    #[inline]
    pub(super) fn syn_delivered(
        &mut self,
        ticket: Ticket,
        attempt: Attempt,
        vip: usize,
        met: Delivery,
    ) {
        match met {
            Delivery::Accepted(balancer) => self.accept(ticket, balancer),
            Delivery::Direct { origin, epoch } => self.accept_directly(ticket, origin, epoch),
            Delivery::Refused => {
                self.tell_lost(ticket.slot, attempt.dialled);
                self.step(ticket.slot, |simulation| Step::AddressRefused {
                    vip: simulation.vip_name(vip),
                });
                self.attempt_failed(ticket, attempt.dialled);
            }
            Delivery::Silent => {
                self.tell_lost(ticket.slot, attempt.dialled);
                self.tell_offline(ticket);
                if !attempt.is_late {
                    self.client_syn_again(ticket, attempt);
                }
            }
        }
    }

    /// Happy Eyeballs: the latest attempt has not been answered yet, so the next address is tried beside it.
    pub(super) fn try_beside(&mut self, ticket: Ticket, dialled: u8) {
        let is_latest = self.requests[ticket.slot as usize].dialled == dialled;
        if is_latest && self.is_connecting(ticket, dialled) {
            let vip = self.vip_of(ticket.slot, dialled);
            self.step(ticket.slot, |simulation| Step::AddressSlow {
                vip: simulation.vip_name(vip),
            });
            self.requests[ticket.slot as usize].dialled += 1;
            self.dial(ticket.slot);
        }
    }

    /// The kernel of the balancer takes the connection.
    fn accept(&mut self, ticket: Ticket, balancer: usize) {
        let patience = self.plan.workload.response_timeout;
        self.deadline(patience, Event::ClientResponseTimeout(ticket));
        self.at_the_balancer(ticket.slot, balancer);
    }

    /// The client keeps the cookie of the server that answered.
    pub(super) fn remember_cookie(&mut self, slot: u32, balancer: usize, server: Option<u16>) {
        let Some(server) = server else { return };
        let (backend, server) = self.balancers[balancer].proxy.server(server as usize);
        let Some((cookie, value)) = backend.cookie.as_ref().zip(server.cookie.as_ref()) else {
            return;
        };
        let pair = (cookie.name.clone(), value.clone());
        let client = self.requests[slot as usize].client as usize;
        if client >= self.jars.len() {
            self.jars.resize(client + 1, Vec::new());
        }
        *small::entry(&mut self.jars[client], pair.0, String::new) = pair.1;
    }

    /// The `Cookie` header of a client.
    fn cookie_of(&self, client: u32) -> Option<String> {
        let jar = self.jars.get(client as usize).filter(|jar| !jar.is_empty())?;
        let pairs: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("; "))
    }

    pub(super) fn client_connect_timeout(&mut self, ticket: Ticket, dialled: u8) {
        if !self.is_connecting(ticket, dialled) {
            return;
        }
        let vip = self.vip_of(ticket.slot, dialled);
        if self.remembers()
            && let Some(step) = self.blocked_at_the_edge(vip)
        {
            self.step(ticket.slot, |_| step);
        }
        self.tell_users_cut(ticket.slot, vip);
        self.tell_unheld(ticket.slot, vip);
        self.step(ticket.slot, |simulation| Step::AddressSilent { vip: simulation.vip_name(vip) });
        self.tell_lost(ticket.slot, dialled);
        self.attempt_failed(ticket, dialled);
    }

    /// An attempt has come to nothing: if it was the latest, the next address is tried; if it was the last, that is the end.
    fn attempt_failed(&mut self, ticket: Ticket, dialled: u8) {
        let request = &mut self.requests[ticket.slot as usize];
        request.failed_attempts |= 1_u64 << dialled.min(63);
        let is_latest = request.dialled == dialled;
        let attempts = u32::from(request.dialled) + 1;
        let all_failed = request.failed_attempts.count_ones() == attempts;
        if is_latest && self.has_next_address(ticket.slot) {
            self.requests[ticket.slot as usize].dialled += 1;
            self.dial(ticket.slot);
        } else if all_failed {
            self.end(ticket, Outcome::NoConnection);
        }
    }

    pub(super) fn client_gives_up(&mut self, ticket: Ticket) {
        if self.is_clients(ticket) {
            self.end(ticket, Outcome::NoAnswer);
        }
    }

    pub(super) fn client_answered(&mut self, ticket: Ticket, outcome: Outcome) {
        if self.is_clients(ticket) {
            self.end(ticket, outcome);
        }
    }

    /// The end of a request, as its user saw it.
    fn end(&mut self, ticket: Ticket, outcome: Outcome) {
        let request = &mut self.requests[ticket.slot as usize];
        request.is_active = false;
        request.life += 1;
        let (balancer, stream) = (request.balancer.take(), request.stream.take());
        let was_accepted = std::mem::take(&mut request.is_accepted);
        let (number, started_at) = (request.number, request.started_at);
        let steps = std::mem::take(&mut request.steps);
        self.free_requests.push(ticket.slot);
        self.counts.in_flight -= 1;
        *small::entry(&mut self.outcomes, outcome, || 0) += 1;
        self.digest.word(number);
        self.digest.word(self.now.as_ns());
        self.digest.word(outcome.code());
        if outcome.is_ok() {
            self.counts.ok += 1;
            self.response_times.record(self.now.since(started_at));
        } else {
            self.counts.failed += 1;
            let path = self.requests[ticket.slot as usize].path();
            self.record_fact(
                format!("request {number}"),
                FactKind::RequestFailed { outcome, path },
            );
        }
        if let Some(balancer) = balancer {
            self.hang_up(balancer as usize, ticket.slot, stream, was_accepted);
        }
        self.record_count += 1;
        if self.remembers() {
            if self.records.len() == RECORD_LIMIT {
                self.records.pop_front();
            }
            let ended_at = self.now;
            let path = self.requests[ticket.slot as usize].path();
            let record =
                RequestRecord { request: number, path, started_at, ended_at, outcome, steps };
            self.records.push_back(Arc::new(record));
        }
    }

    /// The client closes its connection to a balancer.
    fn hang_up(&mut self, balancer: usize, slot: u32, stream: Option<u32>, was_accepted: bool) {
        let now = self.now;
        let process = self.requests[slot as usize].process;
        let of = &mut self.balancers[balancer];
        if !was_accepted {
            of.proxy.left_backlog(slot);
        } else if let Some(process) = of.process(process) {
            if let Some(stream) = stream {
                process.client_left(now, stream, slot);
            }
            process.connection_closed(now);
            self.follow(balancer);
        }
    }

    /// Adds to the cause chain, if anybody is to read it.
    pub(super) fn step(&mut self, slot: u32, step: impl FnOnce(&Self) -> Step) {
        if self.remembers() {
            let step = step(self);
            self.requests[slot as usize].steps.push(step);
        }
    }

    pub(super) fn client_ticket(&self, slot: u32) -> Ticket {
        Ticket { slot, stage: self.requests[slot as usize].life }
    }

    pub(super) fn is_clients(&self, ticket: Ticket) -> bool {
        self.requests[ticket.slot as usize].is_at(ticket)
    }

    /// Whether this attempt is still under way and none has been answered.
    fn is_connecting(&self, ticket: Ticket, dialled: u8) -> bool {
        let request = &self.requests[ticket.slot as usize];
        let has_failed = request.failed_attempts & (1_u64 << dialled.min(63)) != 0;
        let is_connected = request.balancer.is_some() || request.is_accepted;
        self.is_clients(ticket) && !is_connected && !has_failed
    }

    fn has_next_address(&self, slot: u32) -> bool {
        usize::from(self.requests[slot as usize].dialled) + 1 < self.vips.len().min(64)
    }

    /// The address of an attempt: the first of the answer, then on round.
    pub(super) fn vip_of(&self, slot: u32, dialled: u8) -> usize {
        let count = self.vips.len() as u64;
        let mut vip = self.requests[slot as usize].first_vip + u64::from(dialled);
        // Nearly always below the count already: dividing takes longer than asking.
        if vip >= count {
            vip %= count;
        }
        vip as usize
    }

    /// The address that a client has tried last.
    pub(super) fn latest_vip(&self, slot: u32) -> usize {
        self.vip_of(slot, self.requests[slot as usize].dialled)
    }

    fn vip_name(&self, vip: usize) -> String {
        self.infrastructure().vips[vip].name.clone()
    }
}

impl Request {
    /// Whether a ticket of the client is of its present life.
    pub(super) const fn is_at(&self, ticket: Ticket) -> bool {
        self.is_active && self.life == ticket.stage
    }

    const fn unused() -> Self {
        Self {
            number: 0,
            life: 0,
            is_active: false,
            is_static: false,
            is_write: false,
            started_at: SimTime::ZERO,
            first_vip: 0,
            dialled: 0,
            failed_attempts: 0,
            lost_attempts: 0,
            balancer: None,
            is_accepted: false,
            process: 0,
            is_resumed: false,
            stream: None,
            client: 0,
            source: 0,
            cookie: None,
            steps: Vec::new(),
        }
    }

    pub(super) const fn path(&self) -> &'static str {
        if self.is_static {
            STATIC_PATH
        } else if self.is_write {
            WRITE_PATH
        } else {
            DYNAMIC_PATH
        }
    }
}
