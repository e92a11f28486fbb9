//! What can happen, and who deals with it. What follows from it is told where its part of the world is.

use crate::haproxy::Timer;
use crate::nginx::Failure;

use super::balancer::{Leg, Probe};
use super::client::Attempt;
use super::origin::Job;
use super::pool::Over;
use super::relay::Hop;
use super::syn::Syn;
use super::vrrp::Advert;
use super::world::{Simulation, Ticket, VrrpTicket, Work};

/// What can be scheduled. Closed, matched without a wildcard.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// The next user sends a request.
    Arrival,
    /// A client's connection request reaches the edge. `stage` of a client ticket is its life.
    ClientSyn(Ticket, Attempt),
    /// The client has waited long enough for this attempt to begin another beside it.
    ClientNextAddress(Ticket, u8),
    ClientConnectTimeout(Ticket, u8),
    ClientResponseTimeout(Ticket),
    ClientAnswer(Ticket, super::Outcome),
    /// Handshakes done, the request is at the balancer.
    FrontendRequest(Ticket),
    /// The packets of a client's handshake have crossed.
    HandshakeDue(Ticket),
    /// A balancer's core is done with its part of it.
    HandshakeDone(Ticket),
    RequestTimeout(Ticket),
    /// A timer of a balancer's process.
    Proxy(u16, Timer),
    /// A stick table's news for a balancer.
    Learn {
        balancer: u16,
        backend: u16,
        source: u32,
        server: u16,
    },
    /// A SYN arrives.
    ServerSyn(Leg, Syn),
    /// It is sent for the time told; so with the others.
    ServerAgain(Leg, u8),
    ServerRefused(Leg),
    ServerConnected(Leg, u32),
    ServerRequest(Leg, u32),
    /// The network card has sent an answer.
    AnswerLeaves {
        origin: u16,
        job: Job,
        result: Result<(), super::ServerError>,
    },
    ServerReset(Leg),
    ServerAnswer(Leg, Result<(), super::ServerError>),
    /// The request of a user without a balancer.
    DirectRequest {
        client: Ticket,
        origin: u16,
        epoch: u32,
    },
    RelaySyn(Hop, Syn),
    RelayAgain(Hop, u8),
    RelayConnected(Hop, u32),
    /// At the application with this index, whose process of this epoch took the connection.
    RelayArrives(Hop, u16, u32),
    RelayFailed(Hop),
    RelayAnswer(Hop, Result<(), super::ServerError>),
    RelayTimeout {
        hop: Hop,
        is_reading: bool,
    },
    ServiceEnds(Work),
    QueryArrives(Work, Over),
    QueryAgain(Work, u8),
    QueryDone {
        database: u16,
        query: u32,
        serial: u32,
    },
    QueryTimeout {
        database: u16,
        query: u32,
        serial: u32,
    },
    QueryAnswer(Work, Result<(), super::DatabaseError>, Over),
    CoreFree {
        host: u16,
        core: u16,
        /// Which of its tasks.
        begun: u32,
    },
    /// The arbiter of an application kills a worker that takes too long.
    WorkerKilled(Work),
    /// A process that was asked to end has had long enough.
    GraceOver {
        origin: u16,
        epoch: u32,
    },
    /// `round` of these names an ailment.
    Flap {
        round: u32,
    },
    /// The memory of this host is used up.
    OutOfMemory {
        host: u16,
    },
    /// Of a database that was killed for its memory.
    Supervised {
        host: u16,
    },
    RoutesChange {
        round: u32,
    },
    /// An answer that did not get out is sent again.
    AnswerAgain {
        client: Ticket,
        outcome: super::Outcome,
        sent: u8,
    },
    Recovered {
        database: u16,
        epoch: u32,
    },
    PromotionDue {
        replica: u16,
    },
    /// The collector asks the agents.
    Scrape,
    CheckAgain(Probe, u8),
    CheckRefused(Probe),
    CheckConnected(Probe, u32),
    CheckArrives(Probe, u32),
    CheckClosed(Probe),
    CheckAnswer(Probe, u16),
    AdvertDue(VrrpTicket),
    AdvertArrives(Advert),
    MasterDown(VrrpTicket),
    GarpAgain(VrrpTicket),
    /// A virtual address, by index.
    SplitShows(u16),
    NeighbourForgotten {
        vip: u16,
        round: u32,
    },
    ScriptDue {
        balancer: u16,
        epoch: u32,
    },
}

impl Event {
    /// Whether what crosses so often for it begins with the first packet of a connection.
    pub(super) const fn opens_connection(&self, crossings: u64) -> bool {
        match self {
            Self::CheckConnected(..) | Self::CheckRefused(_) => true,
            // On a connection that is open it comes at once.
            Self::QueryArrives(_, over) => matches!(over, Over::Its) && crossings > 1,
            _ => false,
        }
    }
}

impl Simulation {
    /// Makes something happen now.
    #[expect(clippy::too_many_lines, reason = "a table: a line or two for each event")]
    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Arrival => self.user_sends(),
            Event::ClientSyn(ticket, attempt) => self.syn_at_the_edge(ticket, attempt),
            Event::ClientNextAddress(ticket, dialled) => self.try_beside(ticket, dialled),
            Event::ClientConnectTimeout(ticket, dialled) => {
                self.client_connect_timeout(ticket, dialled);
            }
            Event::ClientResponseTimeout(ticket) => self.client_gives_up(ticket),
            Event::ClientAnswer(ticket, outcome) => self.client_answered(ticket, outcome),
            Event::FrontendRequest(ticket) => self.frontend_request(ticket),
            Event::HandshakeDue(ticket) => self.handshake_due(ticket),
            Event::HandshakeDone(ticket) => self.send_request(ticket),
            Event::RequestTimeout(ticket) => self.request_timed_out(ticket),
            Event::Proxy(balancer, timer) => self.proxy_timer(balancer as usize, timer),
            Event::Learn { balancer, backend, source, server } => {
                self.learn(balancer, backend, source, server);
            }
            Event::ServerSyn(leg, syn) => self.server_syn(leg, syn),
            Event::ServerAgain(leg, sent) => self.connect_again(leg, sent),
            Event::ServerRefused(leg) => self.server_refused(leg),
            Event::ServerConnected(leg, epoch) => self.server_connected(leg, epoch),
            Event::ServerRequest(leg, epoch) => self.server_request(leg, epoch),
            Event::AnswerLeaves { origin, job, result } => {
                self.answer_leaves(origin as usize, job, result);
            }
            Event::ServerReset(leg) => self.server_closed(leg),
            Event::ServerAnswer(leg, result) => self.server_answered(leg, result),
            Event::ServiceEnds(work) => self.service_ends(work),
            Event::DirectRequest { client, origin, epoch } => {
                self.direct_request(client, origin as usize, epoch);
            }
            Event::RelaySyn(hop, syn) => self.relay_syn(hop, syn),
            Event::RelayAgain(hop, sent) => self.relay_connects(hop, sent),
            Event::RelayConnected(hop, epoch) => self.relay_connected(hop, epoch),
            Event::RelayArrives(hop, origin, epoch) => {
                self.job_arrives(origin as usize, epoch, Job::Relayed(hop));
            }
            Event::RelayFailed(hop) => self.relay_failed(hop, Failure::Error),
            Event::RelayAnswer(hop, result) => self.relay_answered(hop, result),
            Event::RelayTimeout { hop, is_reading } => self.relay_timed_out(hop, is_reading),
            Event::QueryArrives(work, over) => self.query_arrives(work, over),
            Event::QueryAgain(work, sent) => self.query_again(work, sent),
            Event::QueryDone { database, query, serial } => {
                self.query_done(database, query, serial);
            }
            Event::QueryTimeout { database, query, serial } => {
                self.query_timed_out(database, query, serial);
            }
            Event::QueryAnswer(work, result, Over::Its) => self.query_answered(work, result),
            Event::QueryAnswer(work, result, Over::Kept(epoch)) => {
                self.answered_over(work, result, epoch);
            }
            Event::CoreFree { host, core, begun } => self.core_free(host, core, begun),
            Event::WorkerKilled(work) => self.worker_killed(work),
            Event::GraceOver { origin, epoch } => self.grace_over(origin as usize, epoch),
            Event::Flap { round } => self.flap(round),
            Event::OutOfMemory { host } => self.out_of_memory(host),
            Event::Supervised { host } => self.supervised(host),
            Event::AnswerAgain { client, outcome, sent } => self.answer_user(client, outcome, sent),
            Event::RoutesChange { round } => self.routes_change(round),
            Event::Recovered { database, epoch } => self.recovered(database as usize, epoch),
            Event::PromotionDue { replica } => self.promotion_due(replica as usize),
            Event::Scrape => self.scrape(),
            Event::CheckAgain(probe, sent) => self.probe_again(probe, sent),
            Event::CheckRefused(probe) => self.check_refused(probe),
            Event::CheckConnected(probe, epoch) => self.check_connected(probe, epoch),
            Event::CheckArrives(probe, epoch) => self.check_arrives(probe, epoch),
            Event::CheckClosed(probe) => self.check_closed(probe),
            Event::CheckAnswer(probe, status) => self.check_answered(probe, status),
            Event::AdvertDue(ticket) => self.advert_due(ticket),
            Event::AdvertArrives(advert) => self.advert_arrives(advert),
            Event::MasterDown(ticket) => self.master_down(ticket),
            Event::GarpAgain(ticket) => self.garp_again(ticket),
            Event::SplitShows(vip) => self.split_shows(vip),
            Event::NeighbourForgotten { vip, round } => self.neighbour_forgotten(vip, round),
            Event::ScriptDue { balancer, epoch } => self.script_due(balancer, epoch),
        }
    }
}
