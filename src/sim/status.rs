//! The figures of the status pages of Nginx and MySQL, as the programs count them since they were started, and what else can be asked of a
//! machine. Only what the model knows.

use std::net::Ipv4Addr;

use crate::haproxy::Proxy;
use crate::kernel::SimDuration;

use super::origin::Kind;
use super::world::Simulation;

/// What `stub_status` of Nginx tells. Each connection brings one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NginxStatus {
    /// Connections of clients that it holds.
    pub active: u64,
    /// Connections that it took.
    pub accepts: u64,
    /// Those that it did not close at once for want of `worker_connections`.
    pub handled: u64,
    /// Requests.
    pub requests: u64,
    /// Connections whose request is being read: that takes no time.
    pub reading: u64,
    /// Connections whose request is worked on, passed on or answered.
    pub writing: u64,
    /// Idle connections: there are none.
    pub waiting: u64,
}

/// What `SHOW STATUS` of MySQL tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MysqlStatus {
    /// `Uptime`.
    pub uptime: SimDuration,
    /// `Threads_connected`: open connections.
    pub threads_connected: u64,
    /// `Threads_running`: those that are not idle.
    pub threads_running: u64,
    /// `Max_used_connections`.
    pub max_used_connections: u64,
    /// `Connections`: attempts to connect.
    pub connections: u64,
    /// `Connection_errors_max_connections`: those refused with error 1040.
    pub connection_errors_max_connections: u64,
    /// If it is a replica.
    pub replica: Option<ReplicaStatus>,
}

/// What `SHOW REPLICA STATUS` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// `Source_Host`.
    pub source: String,
    /// `Source_Port`.
    pub port: u16,
    /// `Seconds_Behind_Source`, as the replica believes; `None`: it has no connection to its source, and knows.
    pub behind: Option<SimDuration>,
}

/// How copying to a replica stands, as one sees it who sees both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    /// `Replica_IO_Running`: `Yes`, `Connecting` or `No`, as the replica believes.
    pub io_running: &'static str,
    /// Whether what the source commits is on its way: the connection stands, and so does the way.
    pub is_fed: bool,
    /// `Seconds_Behind_Source`, as the replica believes; `None`: it has no connection to its source, and knows.
    pub behind: Option<SimDuration>,
    /// Changes that the source has committed and the replica has not got yet.
    pub missing: u64,
    /// How long ago the first of them was committed; zero if none is missing.
    pub lag: SimDuration,
    /// Whether it was made the primary: then it copies nothing any more.
    pub is_promoted: bool,
}

/// A connection that a HAProxy process has let in and that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The request it brings, by its number.
    pub request: u64,
    /// The client's address.
    pub source: Ipv4Addr,
    /// The backend; `None`: the request is not there yet, or its answer is on its way.
    pub backend: Option<String>,
    /// The server that it was given to, if it was.
    pub server: Option<String>,
    /// What it does.
    pub doing: &'static str,
}

impl Simulation {
    /// What is in flight at the HAProxy process of a balancer, by the requests' numbers; nothing if none runs.
    pub fn sessions(&self, balancer: &str) -> Vec<SessionView> {
        let host = self.host_index(balancer);
        let index = self.balancers.iter().position(|of| Some(of.host) == host);
        let Some((index, proxy)) = index.zip(self.haproxy(balancer)) else { return Vec::new() };
        let epoch = self.balancers[index].epoch;
        let held = self.requests.iter().filter(|request| {
            let is_here = request.balancer == Some(index as u16) && request.process == epoch;
            is_here && request.is_active && request.is_accepted
        });
        let mut all: Vec<SessionView> = held
            .map(|request| {
                let place = request.stream.and_then(|stream| proxy.stands_at(stream));
                let (backend, server, doing) = match place {
                    Some((backend, server, doing)) => (Some(backend), server, doing),
                    None => (None, None, "is read, or answered"),
                };
                SessionView {
                    request: request.number,
                    source: Ipv4Addr::from_bits(request.source),
                    backend: backend.map(str::to_owned),
                    server: server.map(str::to_owned),
                    doing,
                }
            })
            .collect();
        all.sort_unstable_by_key(|session| session.request);
        all
    }

    /// How copying to the database on this host stands; `None` if none there is a replica, or was.
    pub fn copying(&self, host: &str) -> Option<Copying> {
        let host = self.host_index(host)?;
        let database = self.databases.iter().find(|database| database.host == host)?;
        let of = database.replication.as_ref()?;
        let runs = database.is_up && self.hosts[host].is_up && !of.is_promoted;
        let [believed, is_fed] = of.connected(self.now).map(|is_so| is_so && runs);
        let (missing, oldest) = of.missing(self.now);
        Some(Copying {
            io_running: match (runs, believed) {
                (false, _) => "No",
                (true, true) => "Yes",
                (true, false) => "Connecting",
            },
            is_fed,
            behind: of.behind(self.now).filter(|_| runs),
            missing,
            lag: oldest.map_or(SimDuration::ZERO, |since| self.now.since(since)),
            is_promoted: of.is_promoted,
        })
    }

    /// Whether a machine is on; `None` if there is none of this name.
    pub fn is_on(&self, host: &str) -> Option<bool> {
        self.host_index(host).map(|index| self.hosts[index].is_up)
    }

    /// The HAProxy process of a balancer, if it runs.
    pub fn haproxy(&self, balancer: &str) -> Option<&Proxy> {
        let host = self.host_index(balancer)?;
        let of = self.balancers.iter().find(|of| of.host == host)?;
        (of.is_up && self.hosts[host].is_up).then_some(&of.proxy)
    }

    /// Whether somebody on the internet gets an answer from the machine that has one of the site's addresses.
    pub fn is_reached(&self, address: Ipv4Addr) -> bool {
        let vips = self.snapshot().vips;
        self.is_online() && vips.iter().any(|vip| vip.address == address && vip.owner.is_some())
    }

    /// What Nginx on this host tells of itself; `None` if none runs there.
    pub fn nginx_status(&self, host: &str) -> Option<NginxStatus> {
        let host = self.host_index(host).filter(|host| self.hosts[*host].is_up)?;
        let is_nginx = |kind: &Kind| matches!(kind, Kind::Nginx { .. });
        let mut origins = self.origins.iter();
        let of = origins.find(|of| of.host == host && is_nginx(&of.kind) && of.is_up)?;
        let passed_on = match &of.kind {
            Kind::Nginx { proxy: Some(relaying), .. } => relaying.open(),
            Kind::Nginx { proxy: None, .. } | Kind::App { .. } => 0,
        };
        let busy = u64::from(of.station.busy());
        let handled = of.station.served() - of.served_before + busy;
        let active = busy + passed_on;
        Some(NginxStatus {
            active,
            accepts: handled + of.dropped,
            handled,
            requests: handled,
            reading: 0,
            writing: active,
            waiting: 0,
        })
    }

    /// What MySQL on this host tells of itself; `None` if none takes connections there.
    pub fn mysql_status(&self, host: &str) -> Option<MysqlStatus> {
        let host = self.host_index(host)?;
        let index = self.databases.iter().position(|database| database.host == host)?;
        let of = self.answers(index).then(|| &self.databases[index])?;
        Some(MysqlStatus {
            uptime: self.now.since(of.started_at),
            threads_connected: u64::from(of.connections),
            threads_running: of.open_queries() as u64,
            max_used_connections: u64::from(of.most_connections),
            connections: of.attempts,
            connection_errors_max_connections: of.refused,
            replica: self.replica_status(index),
        })
    }

    /// Whether MySQL on this host runs and answers nobody.
    pub fn mysql_hangs(&self, host: &str) -> bool {
        let Some(host) = self.host_index(host).filter(|host| self.hosts[*host].is_up) else {
            return false;
        };
        let mut own = (0..self.databases.len()).filter(|index| self.databases[*index].host == host);
        own.any(|index| self.databases[index].is_up && self.is_hung(index))
    }

    fn replica_status(&self, index: usize) -> Option<ReplicaStatus> {
        let replication = self.databases[index].replication.as_ref();
        let replication = replication.filter(|of| !of.is_promoted)?;
        let name = self.host_name(self.databases[replication.source].host);
        Some(ReplicaStatus {
            port: self.infrastructure().database_port(&name),
            source: name,
            behind: replication.behind(self.now),
        })
    }

    fn host_index(&self, name: &str) -> Option<usize> {
        self.infrastructure().hosts.iter().position(|host| host.name == name)
    }
}
