//! The real programs' configuration files, read: text to `infra`. What the model does not cover is named with its line,
//! never silently ignored.

pub mod haproxy_cfg;
