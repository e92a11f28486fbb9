//! Every sentence of the submission, as functions of the infrastructure: names, counts, addresses and times are read or
//! computed, never written. Holds no layout and no escapes.

pub(super) mod answers;
pub(super) mod balancing;
pub(super) mod benefits;
pub(super) mod components;
pub(super) mod design;
pub(super) mod graded;
pub(super) mod hosts;
mod losses;
pub(super) mod operations;
pub(super) mod rationale;
pub(super) mod upkeep;
pub(super) mod workflow;
