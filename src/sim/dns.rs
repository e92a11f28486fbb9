//! DNS: the site's name servers answer with all its addresses, the first one rotating with each query. Between them and
//! the clients there may be caches, which hand an answer on as they got it until its time to live is over.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::kernel::{SimDuration, SimTime};

use super::world::{Purpose, Simulation};

/// How a name becomes an address, and how a client tries the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// Time to live of the A records. 0: no cache keeps them, every request asks anew.
    pub ttl: SimDuration,
    /// Caches that the clients share, 1 to 10,000; each request comes from behind one of them by chance. Without a `ttl` they
    /// make no difference.
    pub resolvers: u32,
    /// How a client tries the addresses of an answer.
    pub dialling: Dialling,
}

/// How a client tries the addresses of an answer. Either way an address that refuses makes it turn to the next at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialling {
    /// One after the other: the next only when the one before has not answered for the connect timeout.
    InOrder,
    /// Happy Eyeballs (RFC 8305 5): when an address has not answered for 250 ms the next is tried beside it; the first that
    /// answers is taken.
    HappyEyeballs,
}

/// RFC 8305 8: Connection Attempt Delay, the recommended one.
pub(super) const ATTEMPT_DELAY: SimDuration = SimDuration::from_ms(250);

impl Default for Dns {
    fn default() -> Self {
        Self { ttl: SimDuration::ZERO, resolvers: 1, dialling: Dialling::InOrder }
    }
}

/// A cache: the answer it keeps, and until when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Resolver {
    first: u64,
    expires_at: SimTime,
}

impl Simulation {
    /// Which address comes first in the answer that this request's client gets, counted on round the addresses.
    pub(super) fn resolve(&mut self, number: u64) -> u64 {
        let dns = self.plan.workload.dns;
        if dns.ttl == SimDuration::ZERO {
            return self.query();
        }
        let share = self.draw(Purpose::Resolver, number).unit() * f64::from(dns.resolvers);
        let resolver = (share as usize).min(dns.resolvers as usize - 1);
        if self.resolvers.len() <= resolver {
            self.resolvers.resize(resolver + 1, Resolver::default());
        }
        if self.resolvers[resolver].expires_at <= self.now {
            let first = self.query();
            self.resolvers[resolver] = Resolver { first, expires_at: self.now + dns.ttl };
        }
        self.resolvers[resolver].first
    }

    /// What a query by way of the first of the caches would be answered now: the addresses in their order, and how long the answer may be
    /// kept.
    pub fn dns_answer(&self) -> (Vec<Ipv4Addr>, SimDuration) {
        let cached = self.resolvers.first().filter(|cache| cache.expires_at > self.now);
        let fresh = (self.next_first, self.plan.workload.dns.ttl);
        let (first, left) =
            cached.map_or(fresh, |cache| (cache.first, cache.expires_at.since(self.now)));
        let vips = &self.infrastructure().vips;
        let turned = vips.iter().cycle().skip(first as usize).take(vips.len());
        (turned.map(|vip| vip.address).collect(), left)
    }

    fn query(&mut self) -> u64 {
        let first = self.next_first;
        self.next_first = if first + 1 < self.vips.len() as u64 { first + 1 } else { 0 };
        first
    }
}
