//! What an event is, as a short sentence, for who steps from one to the next. Reading only: words can never change what happens (law 4).

use super::balancer::{Leg, Probe};
use super::event::Event;
use super::origin::{Job, Kind};
use super::relay::Hop;
use super::world::{Simulation, Ticket, VrrpTicket};
use crate::haproxy::Timer;
use crate::kernel::SimDuration;

impl Simulation {
    /// Makes everything happen that is due at the instant of the next event, and tells what: a clause for each event, in order, such as
    /// `request 418: its query is done at db-1`. Empty if nothing is to come.
    pub fn step_told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        let Some(at) = self.next_event_at() else { return told };
        let until = at + SimDuration::from_ns(1);
        while let Some((at, event)) = self.agenda.pop_before(until) {
            told.push(self.event_told(&event));
            self.take(at, event);
        }
        told
    }

    fn event_told(&self, event: &Event) -> String {
        let told = match event {
            Event::Arrival
            | Event::ClientSyn(..)
            | Event::ClientNextAddress(..)
            | Event::ClientConnectTimeout(..)
            | Event::ClientResponseTimeout(_)
            | Event::ClientAnswer(..)
            | Event::FrontendRequest(_)
            | Event::HandshakeDue(_)
            | Event::HandshakeDone(_)
            | Event::RequestTimeout(_)
            | Event::AnswerAgain { .. }
            | Event::DirectRequest { .. } => self.of_client(event),
            Event::Proxy(..)
            | Event::Learn { .. }
            | Event::ServerSyn(..)
            | Event::ServerAgain(..)
            | Event::ServerRefused(_)
            | Event::ServerConnected(..)
            | Event::ServerRequest(..)
            | Event::ServerReset(_)
            | Event::ServerAnswer(..) => self.of_server(event),
            Event::RelaySyn(..)
            | Event::RelayAgain(..)
            | Event::RelayConnected(..)
            | Event::RelayArrives(..)
            | Event::RelayFailed(_)
            | Event::RelayAnswer(..)
            | Event::RelayTimeout { .. } => self.of_relay(event),
            Event::AnswerLeaves { .. }
            | Event::ServiceEnds(_)
            | Event::WorkerKilled(_)
            | Event::QueryArrives(..)
            | Event::QueryAgain(..)
            | Event::QueryDone { .. }
            | Event::QueryTimeout { .. }
            | Event::QueryAnswer(..) => self.of_query(event),
            Event::CheckAgain(..)
            | Event::CheckRefused(_)
            | Event::CheckConnected(..)
            | Event::CheckArrives(..)
            | Event::CheckClosed(_)
            | Event::CheckAnswer(..) => self.of_check(event),
            Event::AdvertDue(_)
            | Event::AdvertArrives(_)
            | Event::MasterDown(_)
            | Event::GarpAgain(_)
            | Event::SplitShows(_)
            | Event::NeighbourForgotten { .. }
            | Event::ScriptDue { .. } => self.of_address(event),
            Event::CoreFree { .. }
            | Event::GraceOver { .. }
            | Event::Flap { .. }
            | Event::OutOfMemory { .. }
            | Event::Supervised { .. }
            | Event::RoutesChange { .. }
            | Event::Recovered { .. }
            | Event::PromotionDue { .. }
            | Event::Scrape => self.of_machine(event),
        };
        told.unwrap_or_default()
    }

    /// Between a user and the edge.
    fn of_client(&self, event: &Event) -> Option<String> {
        let (ticket, what) = match event {
            Event::Arrival => {
                return Some(format!("a user sends request {}", self.counts.issued + 1));
            }
            Event::ClientSyn(ticket, _) => (ticket, "its connection request is at the site"),
            Event::ClientNextAddress(ticket, _) => {
                (ticket, "its user has waited so long that another address may be tried, too")
            }
            Event::ClientConnectTimeout(ticket, _) => (ticket, "its user's limit for connecting"),
            Event::ClientResponseTimeout(ticket) => (ticket, "its user's limit for an answer"),
            Event::ClientAnswer(ticket, outcome) => {
                let request = self.request_of(*ticket);
                return Some(format!("{request}: its user has the answer ({outcome})"));
            }
            Event::FrontendRequest(ticket) => (ticket, "it is at the balancer"),
            Event::HandshakeDue(ticket) => (ticket, "the packets of its handshake have crossed"),
            Event::HandshakeDone(ticket) => (ticket, "the balancer has done its part of TLS"),
            Event::RequestTimeout(ticket) => (ticket, "the limit of timeout http-request"),
            Event::AnswerAgain { client, .. } => (client, "its answer is sent again"),
            Event::DirectRequest { client, origin, .. } => {
                let host = self.origin_host(*origin);
                return Some(format!("{}: it is at {host}", self.request_of(*client)));
            }
            _ => return None,
        };
        Some(format!("{}: {what}", self.request_of(*ticket)))
    }

    /// Between a balancer and its servers.
    fn of_server(&self, event: &Event) -> Option<String> {
        let (leg, what) = match event {
            Event::Proxy(balancer, timer) => return Some(self.timer_told(*balancer, *timer)),
            Event::Learn { balancer, .. } => {
                let balancer = self.balancer_name(*balancer);
                return Some(format!("{balancer} learns from its peer which server a client has"));
            }
            Event::ServerSyn(leg, _) => (leg, "the connection request of LB is at SERVER"),
            Event::ServerAgain(leg, _) => (leg, "LB sends its connection request to SERVER again"),
            Event::ServerRefused(leg) => (leg, "LB hears that SERVER refuses the connection"),
            Event::ServerConnected(leg, _) => (leg, "LB is connected to SERVER"),
            Event::ServerRequest(leg, _) => (leg, "it is at SERVER"),
            Event::ServerReset(leg) => (leg, "LB hears that SERVER has closed the connection"),
            Event::ServerAnswer(leg, Ok(())) => (leg, "the answer of SERVER is at LB"),
            Event::ServerAnswer(leg, Err(_)) => (leg, "the error of SERVER is at LB"),
            _ => return None,
        };
        Some(format!("request {}: {}", leg.number, self.between(*leg, what)))
    }

    fn timer_told(&self, balancer: u16, timer: Timer) -> String {
        let server = |index: u16| self.server_short(balancer as usize, index);
        let what = match timer {
            Timer::Connect(_) => "the limit of timeout connect".to_owned(),
            Timer::Turnaround(_) => "the pause before another try is over".to_owned(),
            Timer::Queue(_) => "the limit of timeout queue".to_owned(),
            Timer::Server(_) => "the limit of timeout server".to_owned(),
            Timer::Check(ticket) => format!("the next check of {} is due", server(ticket.server)),
            Timer::CheckLimit(ticket, _) => {
                format!("the limit for the check of {}", server(ticket.server))
            }
            Timer::Slowstart(ticket) => {
                format!("a step of the slow start of {}", server(ticket.server))
            }
        };
        let is_void = self.balancers[balancer as usize].is_void(timer);
        let end = if is_void { ", overtaken" } else { "" };
        format!("{}: {what}{end}", self.balancer_name(balancer))
    }

    /// Between Nginx and what it passes requests on to.
    fn of_relay(&self, event: &Event) -> Option<String> {
        let (hop, what) = match event {
            Event::RelaySyn(hop, _) => (hop, "the connection request of its Nginx arrives"),
            Event::RelayAgain(hop, _) => (hop, "its Nginx sends the connection request again"),
            Event::RelayConnected(hop, _) => (hop, "its Nginx is connected"),
            Event::RelayArrives(hop, origin, _) => {
                let host = self.origin_host(*origin);
                return Some(format!("{}: it is at {host}", self.passed_on(*hop)));
            }
            Event::RelayFailed(hop) => (hop, "its Nginx hears that the connection has failed"),
            Event::RelayAnswer(hop, Ok(())) => (hop, "the answer is at its Nginx"),
            Event::RelayAnswer(hop, Err(_)) => (hop, "the error is at its Nginx"),
            Event::RelayTimeout { hop, is_reading: false } => {
                (hop, "its Nginx's limit for connecting")
            }
            Event::RelayTimeout { hop, is_reading: true } => {
                (hop, "its Nginx's limit for an answer")
            }
            _ => return None,
        };
        let what = what.replace("its Nginx", &format!("Nginx on {}", self.origin_host(hop.nginx)));
        Some(format!("{}: {what}", self.passed_on(*hop)))
    }

    /// Where requests are worked on, and what they ask databases.
    fn of_query(&self, event: &Event) -> Option<String> {
        let database = |index: u16| self.host_name(self.databases[index as usize].host);
        let (job, what) = match event {
            Event::AnswerLeaves { origin, job, .. } => {
                (Some(*job), format!("its answer leaves {}", self.origin_host(*origin)))
            }
            Event::ServiceEnds(work) => {
                let host = self.origin_host(work.origin);
                let program = match self.origins[work.origin as usize].kind {
                    Kind::Nginx { .. } => "Nginx",
                    Kind::App { .. } => "the application",
                };
                (Some(work.job), format!("{program} on {host} has done its work"))
            }
            Event::WorkerKilled(work) => {
                let host = self.origin_host(work.origin);
                (Some(work.job), format!("its worker on {host} takes too long and is killed"))
            }
            Event::QueryArrives(work, _) => {
                (Some(work.job), format!("its query is at {}", database(work.database)))
            }
            Event::QueryAgain(work, _) => {
                let asks = self.origin_host(work.origin);
                let at = database(work.database);
                (Some(work.job), format!("{asks} sends its connection request to {at} again"))
            }
            Event::QueryAnswer(work, result, _) => {
                let word = if result.is_ok() { "answer" } else { "error" };
                let (at, asks) = (database(work.database), self.origin_host(work.origin));
                (Some(work.job), format!("the {word} of {at} is at {asks}"))
            }
            Event::QueryDone { database: at, query, serial } => {
                let what = format!("its query is done at {}", database(*at));
                (self.job_of_query(*at, *query, *serial), what)
            }
            Event::QueryTimeout { database: at, query, serial } => {
                let what = format!("the limit for its query to {}", database(*at));
                (self.job_of_query(*at, *query, *serial), what)
            }
            _ => return None,
        };
        let whose = job.map_or_else(|| OVER.to_owned(), |job| self.whose(job));
        Some(format!("{whose}: {what}"))
    }

    /// Balancers' checks.
    fn of_check(&self, event: &Event) -> Option<String> {
        let (probe, what) = match event {
            Event::CheckAgain(probe, _) => (probe, "sends its connection request again"),
            Event::CheckRefused(probe) => (probe, "is refused"),
            Event::CheckConnected(probe, _) => (probe, "is connected"),
            Event::CheckArrives(probe, _) => (probe, "arrives"),
            Event::CheckClosed(probe) => (probe, "is closed without an answer"),
            Event::CheckAnswer(probe, status) => {
                return Some(format!("{} is answered: {status}", self.check_told(*probe)));
            }
            _ => return None,
        };
        Some(format!("{} {what}", self.check_told(*probe)))
    }

    /// Virtual addresses and who has them.
    fn of_address(&self, event: &Event) -> Option<String> {
        let vip = |index: u16| {
            let vip = self.infrastructure().vips.get(index as usize);
            vip.map_or_else(|| "an address".to_owned(), |vip| vip.name.clone())
        };
        let own = |ticket: VrrpTicket| {
            let instances = self.balancers[ticket.balancer as usize].instances();
            let instance = instances.get(ticket.instance as usize);
            let name = instance.map_or_else(|| vip(u16::MAX), |own| vip(own.vip as u16));
            (self.balancer_name(ticket.balancer), name)
        };
        Some(match event {
            Event::AdvertDue(ticket) => {
                let (balancer, vip) = own(*ticket);
                format!("{balancer}: the next advert for {vip} is due")
            }
            Event::AdvertArrives(advert) => {
                let [from, to] = [advert.from, advert.to].map(|end| self.balancer_name(end));
                format!("an advert of {from} arrives at {to}")
            }
            Event::MasterDown(ticket) => {
                let (balancer, vip) = own(*ticket);
                format!("{balancer}: the limit for hearing of the master of {vip}")
            }
            Event::GarpAgain(ticket) => {
                let (balancer, vip) = own(*ticket);
                format!("{balancer} tells its neighbours again that it has {vip}")
            }
            Event::ScriptDue { balancer, .. } => {
                format!("{}: its track script is due", self.balancer_name(*balancer))
            }
            Event::SplitShows(index) => format!("two machines have {}", vip(*index)),
            Event::NeighbourForgotten { vip: index, .. } => {
                format!("the neighbours forget who has had {}", vip(*index))
            }
            _ => return None,
        })
    }

    /// Machines and what watches them.
    fn of_machine(&self, event: &Event) -> Option<String> {
        let database = |index: u16| self.host_name(self.databases[index as usize].host);
        let host = |index: u16| self.host_name(index as usize);
        Some(match event {
            Event::CoreFree { host: at, .. } => format!("a core of {} is free", host(*at)),
            Event::GraceOver { origin, .. } => {
                format!("{}: the time to end in order is over", self.origin_host(*origin))
            }
            Event::Flap { .. } => "a service that comes and goes does so again".to_owned(),
            Event::OutOfMemory { host: at } => format!("the memory of {} is used up", host(*at)),
            Event::Supervised { host: at } => {
                format!("{}: its database is started again", host(*at))
            }
            Event::RoutesChange { .. } => "routing takes another uplink".to_owned(),
            Event::Recovered { database: at, .. } => {
                format!("{} has repaired its data", database(*at))
            }
            Event::PromotionDue { replica } => {
                format!("{} becomes the primary database", database(*replica))
            }
            Event::Scrape => "the collector asks the agents".to_owned(),
            _ => return None,
        })
    }

    fn request_of(&self, ticket: Ticket) -> String {
        if self.is_clients(ticket) {
            format!("request {}", self.requests[ticket.slot as usize].number)
        } else {
            OVER.to_owned()
        }
    }

    fn whose(&self, job: Job) -> String {
        match (job, job.number()) {
            (Job::Check(probe), _) => self.check_told(probe),
            (Job::Relayed(hop), _) => self.passed_on(hop),
            (_, Some(number)) => format!("request {number}"),
            (_, None) => OVER.to_owned(),
        }
    }

    fn job_of_query(&self, database: u16, query: u32, serial: u32) -> Option<Job> {
        let database = &self.databases[database as usize];
        let is_over = database.is_over(query, serial);
        database.asked(query).filter(|_| !is_over).map(|(work, _)| work.job)
    }

    fn passed_on(&self, hop: Hop) -> String {
        if hop.is_check {
            format!("a check by Nginx on {}", self.origin_host(hop.nginx))
        } else {
            format!("request {}", hop.number)
        }
    }

    fn check_told(&self, probe: Probe) -> String {
        let server = self.server_short(probe.balancer as usize, probe.ticket.server);
        format!("a check of {server} by {}", self.balancer_name(probe.balancer))
    }

    fn between(&self, leg: Leg, what: &str) -> String {
        let server = self.server_short(leg.balancer as usize, leg.server);
        what.replace("LB", &self.balancer_name(leg.balancer)).replace("SERVER", &server)
    }

    fn balancer_name(&self, balancer: u16) -> String {
        self.host_name(self.balancers[balancer as usize].host)
    }

    fn origin_host(&self, origin: u16) -> String {
        self.host_name(self.origins[origin as usize].host)
    }
}

/// Whose an event is that comes too late to matter.
const OVER: &str = "a request that is over";
