//! Which server gets the next request: the `balance` algorithms (HAProxy 2.6 manual 4.2).
