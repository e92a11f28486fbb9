//! Closed forms: what queueing theory, reliability theory and the protocols' own formulas say. The judge of the
//! simulation, and so ignorant of it.

pub mod availability;
pub mod detection;
pub mod queueing;
pub mod vrrp;
