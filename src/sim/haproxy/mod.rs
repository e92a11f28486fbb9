//! `HAProxy` as it behaves: the balance algorithm, the health of a server, and the proxying of a request.

pub(super) mod balance;
pub(super) mod health;
pub(super) mod proxy;
