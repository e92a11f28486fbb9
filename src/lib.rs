//! foobar-lab: `www.foobar.com`'s scaled web infrastructure as a truthful simulation, a diagram and a submission.
//!
//! The rooms, and who may call whom, are told in `ARCHITECTURE.md`; `tests/architecture.rs` holds them to it.

#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod config;
pub mod desk;
pub mod diagram;
pub mod haproxy;
pub mod infra;
pub mod kernel;
pub mod lesson;
pub mod nginx;
pub mod page;
#[cfg(not(target_arch = "wasm32"))]
pub mod replay;
pub mod run;
pub mod sim;
pub mod submission;
pub mod theory;
#[cfg(target_arch = "wasm32")]
pub mod ui;

/// Whether this is the app that a browser fetches first. It does without some words, which the desk says when they are asked for.
const IS_FIRST_LOAD: bool = cfg!(all(target_arch = "wasm32", not(feature = "desk")));
