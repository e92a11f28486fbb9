//! How it behaves: clients, DNS, network, VRRP, `HAProxy`, Nginx, application servers, `MySQL`; faults; the facts that
//! happened; why each request ended as it did. Knows nothing of documents, lessons, screens or wall clocks.

mod snapshot;

pub use snapshot::{
    Condition, HostView, Load, Message, MessageKind, RequestCounts, ServerStatus, ServerView,
    ServiceView, Snapshot, VipView,
};
