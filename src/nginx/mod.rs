//! An Nginx that passes requests on, as it behaves: which server of an `upstream` is next, which are left out after a failure, what
//! is tried again and what the client gets in the end. Time and happenings come in, a server or a status goes out: as the room of
//! HAProxy it knows no network, no machine and no client.

mod upstream;

pub use upstream::{Failure, NO_SERVER, Next, Passing, Upstream};
