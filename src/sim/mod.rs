//! How it behaves: clients, DNS, network, VRRP, `HAProxy`, Nginx, application servers, `MySQL`; faults; the facts that
//! happened; why each request ended as it did. Knows nothing of documents, lessons, screens or wall clocks.

mod account;
mod action;
mod action_text;
mod audit;
mod balancer;
mod cause;
mod chain;
mod client;
mod copying;
mod cpu;
mod cure;
mod database;
mod delay;
mod delivery;
mod direct;
mod dns;
mod ending;
mod event;
mod fact;
mod fault;
mod firewall;
mod gray;
mod keep;
mod memory;
mod monitoring;
mod narration;
mod network;
mod observe;
mod operation;
mod origin;
mod plan;
mod probe;
mod progress;
mod relay;
mod remedy;
mod replication;
mod sessions;
mod snapshot;
mod status;
mod stop;
mod telling;
mod tls;
mod track;
mod trial;
mod turns;
mod uplink;
mod vrrp;
mod way;
mod wiring;
mod world;

pub use crate::haproxy::{CheckResult, Status as ServerStatus, Termination};
pub use account::{On, Spent};
pub use action::{Action, TimedAction};
pub use action_text::ParseActionError;
pub use audit::{Auditor, Breach};
pub use cause::cause;
pub use client::{DYNAMIC_PATH, STATIC_PATH, WRITE_PATH, method};
pub use cure::cure;
pub use delay::{Explained, SLOW_FACTOR, explained};
pub use dns::{Dialling, Dns};
pub use fact::{DatabaseError, Fact, FactKind, Outcome, RequestRecord, ServerError, Step};
pub use gray::{Gray, ParseGrayError};
pub use monitoring::Alarm;
pub use narration::link_words;
pub use plan::{Plan, PlanError, SlowClients, Workload};
pub use snapshot::{
    Condition, Effort, HostView, Load, Message, MessageKind, Outages, RequestCounts, ServerView,
    ServiceView, Snapshot, VipView, stands_for_others,
};
pub use status::{MysqlStatus, NginxStatus, ReplicaStatus};
pub use stop::{Doing, Killer, Part, Room, Stop, Wait};
pub use trial::Trial;
pub use turns::Turns;
pub use vrrp::LastAdvert;
pub use world::{FACT_LIMIT, History, MESSAGE_LIMIT, RECORD_LIMIT, Simulation};
