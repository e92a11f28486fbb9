//! A HAProxy process as it behaves: which server gets the next request, when a server goes DOWN, who waits where and for
//! how long, what is tried again, what the client is told. Time and happenings come in, effects go out: it knows no
//! network, no machine, no client and no clock, so that the site's simulation and the traces recorded from the real
//! program drive the same code.

mod admin;
mod assign;
mod attempt;
mod audit;
pub mod balance;
mod checks;
mod effect;
mod fields;
mod health;
mod observe;
mod persistence;
mod proxy;
mod queue;
mod rows;
mod server;
mod state;
mod stats;
mod stream;
mod table;
mod times;
mod turns;

pub use admin::{Command, CommandError, Order, State};
pub use audit::{Breach, Trail};
pub use effect::{
    Answer, Awaited, CheckResult, CheckTicket, Effect, Event, Queue, Reply, Termination, Ticket,
    Timer,
};
pub use fields::FIELDS;
pub use persistence::CookieFlags;
pub use proxy::Proxy;
pub use rows::{Row, RowClass, csv};
pub use server::Status;
pub use state::{ServerState, StickEntry};
pub use stream::Head;
