//! A discrete-event kernel without a networking word: simulated time, the agenda of what will happen, addressed
//! chance, a queueing station, histograms and a digest. It knows nothing of the rooms below it.

mod agenda;
mod chance;
mod digest;
mod heap;
mod histogram;
mod level;
pub mod small;
mod station;
mod time;

pub use agenda::Agenda;
pub use chance::{Chance, Draw};
pub use digest::Digest;
pub use histogram::Histogram;
pub use level::Level;
pub use station::{Entry, Station};
pub use time::{ParseTimeError, SimDuration, SimTime};
