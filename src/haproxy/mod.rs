//! A HAProxy process as it behaves: which server gets the next request, when a server goes DOWN, who waits where and for
//! how long, what is tried again, what the client is told. Time and happenings come in, effects go out: it knows no
//! network, no machine, no client and no clock, so that the site's simulation and the traces recorded from the real
//! program drive the same code.

pub mod balance;
