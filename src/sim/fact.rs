//! Facts: what happened, typed. The log, the narration, the timeline, the judge of an exercise and the evidence in a
//! submission are all readings of these (law 4).

use std::fmt;

use crate::haproxy::{CheckResult, State, Termination};
use crate::infra::LinkState;
use crate::kernel::{SimDuration, SimTime};
use crate::nginx::Failure;

use super::gray::Gray;
use super::monitoring::Alarm;
use super::stop::Stop;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// When.
    pub at: SimTime,
    /// What it happened to: a host, a service, a server as a balancer sees it, an address, a request.
    pub subject: String,
    /// What happened.
    pub kind: FactKind,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum FactKind {
    /// A machine lost power.
    HostDied,
    /// A machine came back.
    HostReturned,
    /// A process died.
    ServiceDied,
    /// A process was started.
    ServiceReturned,
    /// A machine became slow (or, at factor 1, ran at its own speed again).
    HostSlowed {
        /// How many times slower.
        factor: f64,
    },
    /// A check of a server failed while it was up.
    CheckFailed {
        /// Why.
        result: CheckResult,
        /// Failures left before it is down.
        left: u32,
    },
    /// A balancer marked a server DOWN.
    ServerDown {
        /// Failed checks in a row: `fall`, or one if the server had not been checked before.
        failures: u32,
        /// Why the last one failed; `None`: by the operator's command.
        result: Option<CheckResult>,
    },
    /// A balancer marked a server UP.
    ServerUp {
        /// Good checks in a row.
        rise: u32,
    },
    /// A server's slow start is over: it has its full weight.
    ServerWarm,
    /// A server asks to be left alone: its check was answered 404.
    ServerStopping,
    /// The operator changed a server's state.
    ServerState {
        /// To this.
        state: State,
    },
    /// The operator changed a server's weight.
    ServerWeight {
        /// To this.
        weight: u32,
    },
    /// The balancers were reloaded with another configuration.
    Reloaded {
        /// What was changed.
        directive: String,
    },
    /// A balancer's backend lost its last server.
    BackendEmpty,
    /// A balancer took a virtual address.
    VipTaken {
        /// The balancer.
        by: String,
    },
    /// A balancer gave a virtual address up.
    VipDropped {
        /// The balancer.
        by: String,
    },
    /// A machine or a process was asked to end, and does so in order.
    Stopped,
    /// VRRP adverts between the balancers are lost.
    HeartbeatCut,
    /// VRRP adverts between the balancers get through again.
    HeartbeatHealed,
    /// A database has repaired its data after a crash and takes connections.
    Recovered,
    /// A replica has become the primary database, and the applications write to it.
    Promoted {
        /// How many changes of the old primary it never got.
        lost: u64,
    },
    /// A service is not well, though it runs.
    Degraded {
        /// What is wrong.
        gray: Gray,
    },
    /// A service that runs is well again.
    Cured,
    /// The kernel killed a process: the memory of the machine is used up.
    OutOfMemory {
        /// Whether only a worker of a pool was killed, with the request that it held; else the process.
        is_worker: bool,
    },
    /// A link between two machines changed.
    LinkChanged {
        /// How it is now.
        state: LinkState,
    },
    /// A firewall rule was taken out.
    RuleDropped,
    /// It was put back.
    RuleRestored,
    /// An uplink broke.
    UplinkCut,
    /// It works again.
    UplinkHealed,
    /// Routing sends users by this uplink from now on.
    UplinkUsed,
    /// Two machines have a virtual address, and neither hears the other.
    SplitBrainBegan {
        /// The balancers that have it.
        holders: Vec<String>,
    },
    /// At most one machine has the virtual address again.
    SplitBrainEnded {
        /// The balancer that has it, if one has.
        holder: Option<String>,
    },
    /// Something has been wrong for long enough: somebody is told.
    AlertFired {
        /// What.
        alarm: Alarm,
    },
    /// What an alert told of is well again.
    AlertResolved {
        /// What.
        alarm: Alarm,
    },
    /// A request ended badly.
    RequestFailed {
        /// How.
        outcome: Outcome,
        /// What it asked for.
        path: &'static str,
    },
}

/// How a request ended, as its user saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered 200.
    Ok,
    /// Answered with an error status, by `HAProxy` or by the application behind it.
    Status {
        /// The HTTP status. 0: the connection was closed without one.
        status: u16,
        /// `HAProxy`'s termination state (HAProxy 2.6 manual 8.5).
        termination: Termination,
    },
    /// No address of the site answered the client's connection attempts.
    NoConnection,
    /// The connection broke before the answer: what held it died.
    Reset,
    /// Connected, but no answer within the client's patience.
    NoAnswer,
    /// The balancer's certificate is not the site's, or has expired, and the client turned away.
    NoCertificate,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("200"),
            Self::Status { status: 0, termination } => write!(f, "closed {termination}"),
            Self::Status { status, termination } => write!(f, "{status} {termination}"),
            Self::NoConnection => f.write_str("no connection"),
            Self::Reset => f.write_str("connection reset"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::NoCertificate => f.write_str("wrong certificate"),
        }
    }
}

impl Outcome {
    /// Whether the user got what was asked for.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }

    pub(super) const fn code(self) -> u64 {
        match self {
            Self::Ok => 0,
            Self::Status { status, termination } => {
                ((status as u64) << 8) | (termination as u64) | 0x80
            }
            Self::NoConnection => 1,
            Self::Reset => 2,
            Self::NoAnswer => 3,
            Self::NoCertificate => 4,
        }
    }
}

impl FactKind {
    /// A short name for programs, such as `server-down`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HostDied => "host-died",
            Self::HostReturned => "host-returned",
            Self::ServiceDied => "service-died",
            Self::ServiceReturned => "service-returned",
            Self::HostSlowed { .. } => "host-slowed",
            Self::CheckFailed { .. } => "check-failed",
            Self::ServerDown { .. } => "server-down",
            Self::ServerUp { .. } => "server-up",
            Self::ServerWarm => "server-warm",
            Self::ServerStopping => "server-stopping",
            Self::ServerState { .. } => "server-state",
            Self::ServerWeight { .. } => "server-weight",
            Self::Reloaded { .. } => "reloaded",
            Self::BackendEmpty => "backend-empty",
            Self::VipTaken { .. } => "vip-taken",
            Self::VipDropped { .. } => "vip-dropped",
            Self::Stopped => "stopped",
            Self::Degraded { .. } => "degraded",
            Self::Cured => "cured",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::LinkChanged { .. } => "link-changed",
            Self::RuleDropped => "rule-dropped",
            Self::RuleRestored => "rule-restored",
            Self::UplinkCut => "uplink-cut",
            Self::UplinkHealed => "uplink-healed",
            Self::UplinkUsed => "uplink-used",
            Self::Recovered => "recovered",
            Self::Promoted { .. } => "promoted",
            Self::HeartbeatCut => "heartbeat-cut",
            Self::HeartbeatHealed => "heartbeat-healed",
            Self::SplitBrainBegan { .. } => "split-brain-began",
            Self::SplitBrainEnded { .. } => "split-brain-ended",
            Self::AlertFired { .. } => "alert-fired",
            Self::AlertResolved { .. } => "alert-resolved",
            Self::RequestFailed { .. } => "request-failed",
        }
    }
}

/// One step in the life of a request: together its cause chain (law 8).
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The client sent its connection request to this address.
    Dialled {
        /// The virtual address, by name.
        vip: String,
    },
    /// Nobody answered at that address.
    AddressSilent {
        /// The virtual address, by name.
        vip: String,
    },
    /// Nobody has answered at that address yet, so the client begins another attempt beside it.
    AddressSlow {
        /// The virtual address, by name.
        vip: String,
    },
    /// The address refused the connection.
    AddressRefused {
        /// The virtual address, by name.
        vip: String,
    },
    /// A balancer took the connection (or, where there is none, the web server).
    Accepted {
        /// The balancer, by its host.
        balancer: String,
    },
    /// The balancer's certificate is not the site's, or has expired.
    NoCertificate {
        /// The balancer.
        balancer: String,
    },
    /// The application does not know the user, who had logged in: the session was kept on another server, or died with it.
    LoggedOut {
        /// The application server.
        server: String,
    },
    /// The client did not send its request at once.
    SendsSlowly {
        /// How long it takes. `None`: it stays silent.
        takes: Option<SimDuration>,
    },
    /// The balancer chose this server.
    Picked {
        /// The backend.
        backend: String,
        /// The server.
        server: String,
        /// Whether it was chosen in place of one that had failed.
        redispatched: bool,
        /// Whether cookie or stick table chose it, not the algorithm.
        persistent: bool,
    },
    /// The balancer makes another attempt at the same server.
    TriedAgain {
        /// The server.
        server: String,
    },
    /// The balancer had the request wait: for this server, or for any.
    Queued {
        /// The server.
        server: Option<String>,
    },
    /// The session was cut because the server was marked DOWN.
    SessionCut {
        /// The server.
        server: String,
    },
    /// The balancer found no usable server in the backend.
    NoServer {
        /// The backend.
        backend: String,
    },
    /// The firewall drops a connection request.
    Blocked {
        /// Who opens the connection.
        from: String,
        /// Who would accept it.
        to: String,
        /// The rule that drops it.
        rule: String,
    },
    /// The server refused the connection.
    ServerRefused {
        /// The server.
        server: String,
    },
    /// The server did not answer the connection attempt.
    ServerSilent {
        /// The server.
        server: String,
    },
    /// The server took the connection only when its SYN was sent again.
    SynAgain {
        /// The server.
        server: String,
    },
    /// The server closed before it answered.
    ServerClosed {
        /// The server.
        server: String,
    },
    /// The server did not answer in time.
    ServerTimedOut {
        /// The server.
        server: String,
    },
    /// The server answered with this status.
    Answered {
        /// The server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// Why it is an error, if it is one.
        error: Option<ServerError>,
    },
    /// Nginx passed the request on.
    PassedOn {
        /// Where Nginx runs.
        web: String,
        /// The server of its upstream.
        server: String,
        /// Whether another server had failed the request before.
        again: bool,
    },
    /// Nginx answered from its cache.
    FromCache {
        /// Where Nginx runs.
        web: String,
        /// Whether the page is older than it should be, and better than an error.
        is_stale: bool,
    },
    /// A server of Nginx's upstream failed the request.
    PassFailed {
        /// Where Nginx runs.
        web: String,
        /// The server of its upstream.
        server: String,
        /// How.
        failure: Failure,
    },
    /// Nginx has left out every server of its upstream for having failed lately.
    NoLiveUpstream {
        /// Where Nginx runs.
        web: String,
    },
    /// The replica failed the application, which turns to the primary database.
    ReadElsewhere {
        /// The application server.
        server: String,
        /// Where the replica is.
        replica: String,
        /// How it failed.
        error: DatabaseError,
    },
    /// What becomes of it at a machine on its way.
    At(Stop),
    /// The balancer itself died while it held the request.
    BalancerDied {
        /// The balancer.
        balancer: String,
    },
}

/// Why a server answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// The application got no data: 500.
    Database(DatabaseError),
    /// The service itself fails, whatever it was asked: 500.
    Itself,
    /// Nginx got no answer from its upstream, which refused, closed, or is left out: 502.
    BadGateway,
    /// Nginx got no answer from its upstream in time: 504.
    GatewayTimeout,
    /// Nginx has no connection left for the upstream: 500.
    WorkerConnections,
}

impl ServerError {
    /// The HTTP status that tells of it.
    pub const fn status(self) -> u16 {
        match self {
            Self::Database(_) | Self::WorkerConnections | Self::Itself => 500,
            Self::BadGateway => 502,
            Self::GatewayTimeout => 504,
        }
    }
}

/// Why the application got no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseError {
    /// Connection refused: the process is dead.
    Refused,
    /// No answer: the machine is dead.
    Silent,
    /// The connection broke in the middle of the query.
    Lost,
    /// Error 2013 of the driver: the connection was kept open, and its other end has gone since.
    Gone,
    /// Error 1040: too many connections.
    TooManyConnections,
    /// Error 1290: a write to a replica.
    ReadOnly,
}

/// A request that ended, with its cause chain.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRecord {
    /// Its number, from 1.
    pub request: u64,
    /// What it asked for.
    pub path: &'static str,
    /// When its user sent it.
    pub started_at: SimTime,
    /// When its user had the answer, or gave up.
    pub ended_at: SimTime,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened to it, in order.
    pub steps: Vec<Step>,
}

impl RequestRecord {
    /// How long its user waited.
    pub const fn response_time(&self) -> SimDuration {
        self.ended_at.since(self.started_at)
    }
}
