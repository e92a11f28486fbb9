//! The real programs' configuration files, read and written: text to `infra`, and `infra` to text. What the model does not cover
//! is named with its line when it is read, never silently ignored.

mod change;
pub mod export;
pub mod haproxy_cfg;
mod tls_figures;

pub use change::{Change, UnknownChange};
