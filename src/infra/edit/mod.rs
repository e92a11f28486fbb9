//! Edits: changes of what stands there before a run begins, as values and as text. How they are made is in the files beside this one;
//! what is done to a run while it runs is no edit but an action of `sim`.

mod apply;
mod balancers;
mod contradiction;
mod fields;
mod figures;
mod firewall;
mod meaning;
mod places;
mod possible;
mod routing;
mod rows;
mod rules;
mod settings;
mod text;

use super::{Host, Invalid};

pub use meaning::Meaning;
pub use rows::Setting;
pub use rules::NewRule;

/// A change of what stands there. Written `add-app`, `remove:app-2`, `cores:web-1=4`, `tls:off`, `routing:chain`,
/// `rule:deny:zone/web:zone/app:tcp/8000:1`, `remove-rule:web-to-app`, `mysql.max_connections:db-1=300`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// One machine more, beside the others of its kind and set up as they are.
    Add(Part),
    /// A machine is taken away, and everything that names it.
    Remove(String),
    /// A figure of the machine of this name.
    Set(Figure, String, u32),
    /// What the balancers do about TLS.
    Tls(TlsMode),
    /// Who tells static files and pages apart.
    Routing(Routing),
    /// A rule is put into the firewall.
    AddRule(NewRule),
    /// The rule of this name is taken out of it.
    RemoveRule(String),
    /// A directive of a service on the machine of this name, in the directive's own unit (see [`Setting`]); `site` in place of a machine
    /// where it is the network's or the monitoring's.
    Tune(Setting, String, u32),
}

/// What a machine is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Only `HAProxy`, with or without keepalived.
    Balancer,
    /// Only Nginx.
    Web,
    /// Only the application.
    App,
    /// Nginx, the application and `MySQL`.
    Server,
    /// Only `MySQL`, a replica.
    Replica,
}

/// A figure of a machine that can be set; those of its services are a [`Setting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// `cores` of a machine.
    Cores,
    /// `memory_gib` of a machine.
    MemoryGib,
    /// `disk_iops` of a machine.
    DiskIops,
    /// `network_mbit` of a machine.
    NetworkMbit,
}

/// What the balancers do about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Users speak plain HTTP on port 80.
    Off,
    /// TLS ends at the balancers, whose cores do the handshakes.
    On,
    /// The same, and requests are encrypted again on their way to the servers.
    ToServers,
}

/// Who tells static files and pages apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Nginx: the balancers send it everything, and it passes pages on.
    Chain,
    /// The balancers, by the path.
    Switching,
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is no edit.
    #[error("`{found}` is no edit; allowed: {}", GRAMMAR)]
    Text {
        /// What stood there.
        found: String,
    },
    /// It cannot be done to what stands there.
    #[error("{edit}: found {found}; allowed: {allowed}")]
    Refused {
        /// The edit.
        edit: String,
        /// What is in its way.
        found: String,
        /// What could be done.
        allowed: String,
    },
    /// A directive that means nothing as the rest stands.
    #[error("{edit}: found that it has no effect without {needed}; allowed: {}", first(.cure.as_deref()))]
    Needs {
        /// The edit.
        edit: String,
        /// What is missing, such as "a `maxconn` of the servers".
        needed: &'static str,
        /// The edit that would give it, if one can.
        cure: Option<String>,
    },
    /// What it would make cannot stand.
    #[error("{edit}: what it makes cannot stand: {invalid}")]
    Invalid {
        /// The edit.
        edit: String,
        /// What would be wrong.
        invalid: Invalid,
    },
    /// There are enough edits already.
    #[error("{edit}: found {most} edits before it; allowed: {most} edits at most")]
    TooMany {
        /// The edit.
        edit: String,
        /// So many are allowed.
        most: usize,
    },
}

/// How edits are written. The first load does without: there they come from the page, or from a link that the page has made.
const GRAMMAR: &str = if crate::IS_FIRST_LOAD {
    "what `foobar-lab simulate --help` says of --edit"
} else {
    "add-balancer, add-web, add-app, add-server, add-replica, remove:HOST, cores:HOST=N, memory_gib:HOST=N, disk_iops:HOST=N, network_mbit:HOST=N, tls:off, tls:on, tls:to-servers, routing:chain, routing:switching, rule:allow:FROM:TO:tcp/PORTS:PLACE (or deny; any for all ports; a side is zone/NAME, host/NAME, internet or any), remove-rule:NAME, SERVICE.DIRECTIVE:HOST=VALUE"
};

/// What may be done where something is missing.
fn first(cure: Option<&str>) -> String {
    cure.map_or_else(|| "where there is one".to_owned(), |cure| format!("first {cure}"))
}

/// Of every part, in the order of [`Part`]: its name in the text of an edit, what one and several are called, and how many the drawing has
/// room for.
const PARTS: [(&str, &str, &str, usize); 5] = [
    ("balancer", "load balancer", "load balancers", 3),
    ("web", "web server", "web servers", 3),
    ("app", "application server", "application servers", 6),
    ("server", "server with everything", "servers with everything", 3),
    ("replica", "replica", "replicas", 1),
];

/// Of every figure, in the order of [`Figure`]: its name, what it counts, the least and the most, and what is offered.
const FIGURES: [(&str, &str, u32, u32, &[u32]); 4] = [
    ("cores", "cores", 1, 64, &[1, 2, 4, 8, 16]),
    ("memory_gib", "GiB of memory", 1, 256, &[2, 4, 8, 16, 32, 64]),
    ("disk_iops", "durable writes a second", 50, 1_000_000, &[100, 500, 5000, 50_000]),
    ("network_mbit", "Mbit/s", 10, 100_000, &[100, 1000, 10_000]),
];

impl Part {
    /// All of them, in the order of the requests' way.
    pub const ALL: [Self; 5] = [Self::Balancer, Self::Web, Self::App, Self::Server, Self::Replica];

    /// What this machine is there for; `None`: the primary database, or something else.
    pub fn of(host: &Host) -> Option<Self> {
        let [balances, serves, runs, stores] =
            ["haproxy", "nginx", "app", "mysql"].map(|name| host.service(name).is_some());
        match (balances, serves, runs, stores) {
            (true, false, false, false) => Some(Self::Balancer),
            (false, true, false, false) => Some(Self::Web),
            (false, false, true, false) => Some(Self::App),
            (false, true, true, true) => Some(Self::Server),
            (false, false, false, true) if !has_primary(host) => Some(Self::Replica),
            _ => None,
        }
    }

    /// How many the drawing has room for.
    pub const fn most(self) -> usize {
        PARTS[self as usize].3
    }

    /// What one of them, or several, are called.
    const fn called(self, is_one: bool) -> &'static str {
        let (_, one, several, _) = PARTS[self as usize];
        if is_one { one } else { several }
    }
}

/// Whether a machine has a `MySQL` that is no replica.
fn has_primary(host: &Host) -> bool {
    host.services.iter().any(|own| own.as_mysql().is_some_and(|mysql| mysql.replica.is_none()))
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cores, Self::MemoryGib, Self::DiskIops, Self::NetworkMbit];

    /// Its name, that of the field or the directive.
    pub const fn name(self) -> &'static str {
        FIGURES[self as usize].0
    }

    /// What it counts, such as `GiB of memory`.
    pub const fn counts(self) -> &'static str {
        FIGURES[self as usize].1
    }

    /// The least and the most that may be set.
    pub const fn range(self) -> (u32, u32) {
        (FIGURES[self as usize].2, FIGURES[self as usize].3)
    }

    /// What is offered to choose from.
    pub const fn choices(self) -> &'static [u32] {
        FIGURES[self as usize].4
    }
}

impl TlsMode {
    const ALL: [Self; 3] = [Self::Off, Self::On, Self::ToServers];

    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::ToServers => "to-servers",
        }
    }
}

impl Routing {
    const ALL: [Self; 2] = [Self::Chain, Self::Switching];

    const fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Switching => "switching",
        }
    }
}

impl Edit {
    /// What it does, in words for a button.
    pub fn words(&self) -> String {
        match self {
            Self::Add(Part::App) => "Add an application server".to_owned(),
            Self::Add(part) => format!("Add a {}", part.called(true)),
            Self::Remove(host) => format!("Remove {host}"),
            Self::Set(figure, host, value) => format!("Give {host} {value} {}", figure.counts()),
            Self::Tls(TlsMode::Off) => "Plain HTTP".to_owned(),
            Self::Tls(TlsMode::On) => "End TLS at the balancers".to_owned(),
            Self::Tls(TlsMode::ToServers) => "Encrypt as far as the servers".to_owned(),
            Self::Routing(Routing::Chain) => "Let Nginx pass pages on".to_owned(),
            Self::Routing(Routing::Switching) => {
                "Let the balancers tell files and pages apart".to_owned()
            }
            Self::AddRule(rule) => format!("Put in the rule: {}", rule.words()),
            Self::RemoveRule(name) => format!("Take out the rule {name}"),
            Self::Tune(setting, host, value) => {
                format!("Set {} of {host} to {}", setting.name(), setting.written(*value))
            }
        }
    }

    /// The machine that it names, if it names one.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tune(setting, ..) if setting.is_of_site() => None,
            Self::Remove(host) | Self::Set(_, host, _) | Self::Tune(_, host, _) => Some(host),
            Self::Add(_)
            | Self::Tls(_)
            | Self::Routing(_)
            | Self::AddRule(_)
            | Self::RemoveRule(_) => None,
        }
    }

    /// Whether it sets the very figure that another one sets, so that only the later of two neighbours counts. A script, a cache, a check's
    /// page or a table that was taken away comes back without what it was set to, so there both count.
    pub fn sets_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(figure, host, _), Self::Set(other, at, _)) => figure == other && host == at,
            (
                Self::Tune(
                    Setting::TrackScript
                    | Setting::CacheValid
                    | Setting::Httpchk
                    | Setting::StickOn,
                    ..,
                ),
                _,
            ) => false,
            (Self::Tune(setting, host, _), Self::Tune(other, at, _)) => {
                setting == other && host == at
            }
            _ => false,
        }
    }
}
