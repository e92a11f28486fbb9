//! What stands there: hosts, services, addresses, zones, firewall rules and every tunable of every service, as plain
//! serde data in the real products' own key words; presets, edits, validation, reachability, single points of failure.
//! Knows nothing of time passing, chance or screens.

mod availability;
mod directive;
mod distribution;
mod edit;
mod haproxy;
mod host;
mod link;
mod monitoring;
mod nginx;
mod presets;
mod printable;
mod reachability;
mod rule;
mod service;
mod validation;

pub use availability::{Component, ParseComponentError, Served, SinglePoint};
pub use directive::Directive;
pub use distribution::Distribution;
pub use edit::{Edit, EditError, Figure, Meaning, NewRule, Part, Routing, Setting, TlsMode};
pub use haproxy::{
    Backend, Balance, Cookie, CookieMode, Haproxy, HashFunction, HashMethod, HashType, HttpCheck,
    Observe, OnError, PathRule, PriorityClass, Retries, RetryOn, Server, StickTable, Timeouts, Tls,
    UriPart,
};
pub use host::{Host, Infrastructure, Link, Network, Place, Purpose, Uplink, Vip, Zone};
pub use link::{COLLECTOR_END, LinkChange, LinkState, ParseLinkError, USERS_END};
pub use monitoring::{Monitoring, Thresholds};
pub use nginx::{NextUpstream, Nginx, ProxyCache, ProxyPass, Upstream, UpstreamServer};
pub use presets::{Preset, UnknownPreset};
pub use reachability::{DEFAULT_DENY, Reach};
pub use rule::{Peer, Policy, Protocol, Rule};
pub use service::{
    App, Keepalived, Mysql, Replica, Service, SessionStore, TrackScript, VrrpInstance,
};
pub use validation::Invalid;
