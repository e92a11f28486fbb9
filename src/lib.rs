//! foobar-lab: `www.foobar.com`'s scaled web infrastructure as a truthful simulation, a diagram and a submission.

pub mod infra;
pub mod kernel;
pub mod sim;
