//! The real programs' configuration files, read: text to `infra`. What the model does not cover is named with its line,
//! never silently ignored.

mod change;
pub mod haproxy_cfg;

pub use change::{Change, UnknownChange};
