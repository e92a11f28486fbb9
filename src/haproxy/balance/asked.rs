//! What an algorithm is told: how servers stand, what they carry, what a request asks for.

/// How a server stands, as far as balancing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Running or starting, and neither in maintenance nor drained.
    pub usable: bool,
    /// The weight that the user set, 0 to 256.
    pub weight: u32,
    /// The weight in effect in sixteenths: 16 times `weight`, less during a slow start.
    pub sixteenths: u32,
}

/// What a server carries at this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Requests that hold one of its slots.
    pub served: u32,
    /// Requests in its own queue.
    pub queued: u32,
    /// Its `maxconn` as it is now. 0: no limit.
    pub limit: u32,
    /// `maxqueue`. 0: no limit.
    pub maxqueue: u32,
}

impl Load {
    /// Whether another request would have to wait.
    pub(super) const fn is_full(&self) -> bool {
        self.limit > 0 && (self.queued > 0 || self.served >= self.limit)
    }
}

/// What the algorithm is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The hash of the request's key. Where a hashing algorithm finds no key, it walks its map or ring in turn.
    pub hash: Option<u32>,
    /// The server that has just failed this request: taken only if there is no other.
    pub avoid: Option<usize>,
    /// Requests that the backend's servers hold, for `hash-balance-factor`.
    pub backend_served: u32,
}
