//! `upstream` with its default method, smooth weighted round robin (ngx_http_upstream_module), and `proxy_next_upstream`
//! (ngx_http_proxy_module). Nginx has no checks: it learns of a death from the requests that die of it.

use crate::infra::{NextUpstream, Upstream as Config};
use crate::kernel::{SimDuration, SimTime};

/// The servers of an `upstream` and what a worker process knows of them.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The servers of the first choice, and the backups.
    groups: [Vec<Peer>; 2],
    /// What sends a request on.
    conditions: Vec<NextUpstream>,
    /// The most servers that one request tries.
    tries: u32,
    /// A single server is never left out, whatever it does.
    is_single: bool,
    /// What the wall clock's second had gone by when time began: Nginx counts whole seconds.
    wall_offset: SimDuration,
}

#[derive(Clone, Debug)]
struct Peer {
    /// Its place in the configuration.
    server: usize,
    weight: i64,
    effective_weight: i64,
    current_weight: i64,
    max_fails: u32,
    fail_timeout: u64,
    fails: u32,
    /// The second of its last failure.
    failed_at: u64,
    /// The second of its last failure, or of the first request that was let through to try it after that.
    checked_at: u64,
}

/// A request on its way to a server.
#[derive(Clone, Debug)]
pub struct Passing {
    group: usize,
    tried: Vec<usize>,
    tries: u32,
    /// The place in its group of the server that has it.
    at: Option<usize>,
}

/// How a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Refused, reset, or closed before the answer.
    Error,
    /// No connection or no answer in time.
    Timeout,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another server is to be picked.
    Another,
    /// The client gets this status.
    Answer(u16),
}

/// What a client gets when no server is left (`no live upstreams`).
pub const NO_SERVER: u16 = 502;

impl Upstream {
    /// As a fresh worker process has it. `wall_offset`: how much of the wall clock's second has gone by.
    pub fn new(config: &Config, wall_offset: SimDuration) -> Self {
        let group = |is_backup: bool| {
            let servers = config.servers.iter().enumerate();
            let own = servers.filter(|(_, server)| server.backup == is_backup);
            own.map(|(index, server)| Peer {
                server: index,
                weight: i64::from(server.weight),
                effective_weight: i64::from(server.weight),
                current_weight: 0,
                max_fails: server.max_fails,
                fail_timeout: server.fail_timeout.as_ns() / 1_000_000_000,
                fails: 0,
                failed_at: 0,
                checked_at: 0,
            })
            .collect()
        };
        let count = config.servers.len() as u32;
        let limit = config.next_upstream_tries;
        Self {
            groups: [group(false), group(true)],
            conditions: config.next_upstream.clone(),
            tries: if limit == 0 { count } else { count.min(limit) },
            is_single: count == 1,
            wall_offset,
        }
    }

    /// A request that has tried nothing yet.
    pub fn request(&self) -> Passing {
        Passing { group: 0, tried: Vec::new(), tries: self.tries, at: None }
    }

    /// The server whose turn it is, by its place in the configuration. `None`: none is available, and the client gets
    /// [`NO_SERVER`].
    pub fn pick(&mut self, now: SimTime, passing: &mut Passing) -> Option<usize> {
        let second = self.second(now);
        loop {
            if let Some(at) = self.turn(second, passing) {
                passing.tried.push(at);
                passing.at = Some(at);
                return Some(self.groups[passing.group][at].server);
            }
            // Once a request has come to the backups it stays with them.
            if passing.group == 1 || self.groups[1].is_empty() {
                passing.at = None;
                return None;
            }
            passing.group = 1;
            passing.tried.clear();
        }
    }

    /// Smooth weighted round robin: each available server gains its weight, the richest pays for all.
    fn turn(&mut self, second: u64, passing: &Passing) -> Option<usize> {
        let peers = &mut self.groups[passing.group];
        if self.is_single {
            return (!peers.is_empty()).then_some(0);
        }
        let mut best: Option<usize> = None;
        let mut total = 0;
        for index in 0..peers.len() {
            let peer = &mut peers[index];
            if passing.tried.contains(&index) || peer.is_left_out(second) {
                continue;
            }
            peer.current_weight += peer.effective_weight;
            total += peer.effective_weight;
            peer.effective_weight = (peer.effective_weight + 1).min(peer.weight);
            let is_richer = |best: usize| peers[index].current_weight > peers[best].current_weight;
            if best.is_none_or(is_richer) {
                best = Some(index);
            }
        }
        let peer = &mut peers[best?];
        peer.current_weight -= total;
        if second.saturating_sub(peer.checked_at) > peer.fail_timeout {
            peer.checked_at = second;
        }
        best
    }

    /// The server answered. `is_unsafe`: the request's method is one that may not be repeated (POST, LOCK, PATCH).
    pub fn answered(
        &mut self,
        now: SimTime,
        passing: &mut Passing,
        status: u16,
        is_unsafe: bool,
    ) -> Next {
        let has = |condition| self.conditions.contains(&condition);
        let may_repeat = !is_unsafe || has(NextUpstream::NonIdempotent);
        if passing.tries > 1 && has(NextUpstream::Status(status)) && may_repeat {
            // 403 and 404 send the request on, but are no failures.
            self.let_go(now, passing, ![403, 404].contains(&status));
            return Next::Another;
        }
        self.let_go(now, passing, false);
        Next::Answer(status)
    }

    /// The try failed. `is_unsafe`: the request was sent already, and its method is one that may not be repeated.
    pub fn failed(
        &mut self,
        now: SimTime,
        passing: &mut Passing,
        failure: Failure,
        is_unsafe: bool,
    ) -> Next {
        self.let_go(now, passing, true);
        let (wanted, status) = match failure {
            Failure::Error => (NextUpstream::Error, 502),
            Failure::Timeout => (NextUpstream::Timeout, 504),
        };
        let has = |condition| self.conditions.contains(&condition);
        let may_repeat = !is_unsafe || has(NextUpstream::NonIdempotent);
        if passing.tries > 0 && has(wanted) && may_repeat {
            Next::Another
        } else {
            Next::Answer(status)
        }
    }

    /// The client left before the answer: no failure of the server.
    pub fn left(&mut self, now: SimTime, passing: &mut Passing) {
        self.let_go(now, passing, false);
    }

    /// Whether this server gets nothing now, for it has failed too often.
    pub fn is_left_out(&self, now: SimTime, server: usize) -> bool {
        let second = self.second(now);
        let mut peers = self.groups.iter().flatten();
        !self.is_single && peers.any(|peer| peer.server == server && peer.is_left_out(second))
    }

    /// How each server stands, by its place in the configuration, in words: its weights, and what it has failed.
    pub fn figures(&self, now: SimTime) -> Vec<String> {
        let second = self.second(now);
        let mut peers: Vec<&Peer> = self.groups.iter().flatten().collect();
        crate::kernel::small::sort_by_key(&mut peers, |peer| peer.server);
        let figure = |peer: &&Peer| {
            let Peer { weight, effective_weight, current_weight, fails, max_fails, .. } = **peer;
            let state = if self.is_single || !peer.is_left_out(second) {
                String::new()
            } else {
                let over = (peer.checked_at + peer.fail_timeout + 1).saturating_sub(second);
                format!(", left out for {over} s more")
            };
            format!(
                "weight {weight}, effective {effective_weight}, current {current_weight}; failures: {fails}, max_fails {max_fails}{state}"
            )
        };
        peers.iter().map(figure).collect()
    }

    fn let_go(&mut self, now: SimTime, passing: &mut Passing, has_failed: bool) {
        let second = self.second(now);
        let Some(at) = passing.at.take() else { return };
        passing.tries = passing.tries.saturating_sub(1);
        if self.is_single {
            passing.tries = 0;
            return;
        }
        let peer = &mut self.groups[passing.group][at];
        if has_failed {
            peer.fails += 1;
            peer.failed_at = second;
            peer.checked_at = second;
            if peer.max_fails > 0 {
                let loss = peer.weight / i64::from(peer.max_fails);
                peer.effective_weight = (peer.effective_weight - loss).max(0);
            }
        } else if peer.failed_at < peer.checked_at {
            peer.fails = 0;
        }
    }

    fn second(&self, now: SimTime) -> u64 {
        // One more, so that "never" lies before the first second.
        (now + self.wall_offset).as_ns() / 1_000_000_000 + 1
    }
}

impl Peer {
    const fn is_left_out(&self, second: u64) -> bool {
        self.max_fails > 0
            && self.fails >= self.max_fails
            && second.saturating_sub(self.checked_at) <= self.fail_timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::UpstreamServer;

    fn upstream(weights: &[u32]) -> Upstream {
        let server =
            |weight: &u32| UpstreamServer { weight: *weight, ..UpstreamServer::new("app", 80) };
        Upstream::new(&Config::new(weights.iter().map(server).collect()), SimDuration::ZERO)
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::from_ms(seconds * 1000)
    }

    /// So many requests that are answered, as letters.
    fn picks(upstream: &mut Upstream, now: SimTime, count: usize) -> String {
        let one = |_| {
            let mut passing = upstream.request();
            let server = upstream.pick(now, &mut passing);
            upstream.answered(now, &mut passing, 200, false);
            server.map_or('.', |server| char::from(b'a' + server as u8))
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn the_weights_are_spread_smoothly_as_measured() {
        assert_eq!(picks(&mut upstream(&[5, 1, 1]), at(0), 14), "aabacaaaabacaa");
        assert_eq!(picks(&mut upstream(&[1, 2, 3]), at(0), 6), "cbacbc");
    }

    #[test]
    fn a_server_that_failed_is_left_out_for_fail_timeout_and_then_tried_by_one_request() {
        let mut upstream = upstream(&[1, 1]);
        let mut passing = upstream.request();
        assert_eq!(upstream.pick(at(100), &mut passing), Some(0));
        assert_eq!(upstream.failed(at(100), &mut passing, Failure::Error, false), Next::Another);
        assert_eq!(upstream.pick(at(100), &mut passing), Some(1));
        assert_eq!(upstream.answered(at(100), &mut passing, 200, false), Next::Answer(200));
        assert_eq!(picks(&mut upstream, at(110), 4), "bbbb");
        assert!(upstream.is_left_out(at(110), 0) && !upstream.is_left_out(at(111), 0));
        // Not answered yet, so that it is not known to be well.
        let mut one = || upstream.pick(at(111), &mut upstream.request());
        let open: Vec<_> = (0..8).map(|_| one()).collect();
        assert_eq!(open.iter().filter(|picked| **picked == Some(0)).count(), 1, "{open:?}");
    }

    #[test]
    fn when_all_have_failed_the_client_gets_502_at_once_but_a_single_server_is_always_tried() {
        let mut two = upstream(&[1, 1]);
        let mut passing = two.request();
        for expected in [Next::Another, Next::Answer(502)] {
            assert!(two.pick(at(5), &mut passing).is_some());
            assert_eq!(two.failed(at(5), &mut passing, Failure::Error, false), expected);
        }
        assert_eq!(two.pick(at(6), &mut two.request()), None);
        let mut one = upstream(&[1]);
        for _ in 0..3 {
            let mut passing = one.request();
            assert_eq!(one.pick(at(5), &mut passing), Some(0));
            let next = one.failed(at(5), &mut passing, Failure::Timeout, false);
            assert_eq!(next, Next::Answer(504));
        }
    }

    #[test]
    fn a_post_that_was_sent_is_not_sent_again() {
        let mut upstream = upstream(&[1, 1]);
        let mut passing = upstream.request();
        upstream.pick(at(5), &mut passing);
        let next = upstream.failed(at(5), &mut passing, Failure::Error, true);
        assert_eq!(next, Next::Answer(502));
    }
}
