//! A random `upstream`, what happens to its servers, and what the model makes of it.

use std::fmt::Write as _;

use foobar_lab::infra::{NextUpstream, Upstream as Config, UpstreamServer};
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::nginx::{Failure, NO_SERVER, Next, Upstream};

use crate::backend::Mode;
use crate::chance::Chance;
use crate::real::Seen;

const REQUESTS: usize = 80;

/// What is done before a request is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// A server's new manner.
    pub(crate) turn: Option<(usize, Mode)>,
    /// Whether the request is a POST.
    pub(crate) is_post: bool,
    /// How long to wait before it, in seconds.
    pub(crate) pause: f64,
}

/// A configuration and a script.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) upstream: Config,
    pub(crate) steps: Vec<Step>,
}

impl Case {
    pub(crate) fn random(seed: u64, number: u64) -> Self {
        let mut chance = Chance::new(seed, number);
        let count = chance.whole(1, 5) as usize;
        let backups = usize::from(count > 2 && chance.percent(30));
        let servers = (0..count).map(|index| UpstreamServer {
            weight: chance.whole(1, 5) as u32,
            max_fails: chance.pick(&[1, 1, 1, 2, 3, 0]),
            fail_timeout: SimDuration::from_secs(chance.whole(1, 2)),
            backup: index >= count - backups,
            ..UpstreamServer::new("127.0.0.1", index as u16)
        });
        let mut upstream = Config::new(servers.collect());
        if chance.percent(40) {
            upstream.next_upstream.push(NextUpstream::Status(chance.pick(&[500, 503, 404])));
        }
        if chance.percent(20) {
            upstream.next_upstream.push(NextUpstream::NonIdempotent);
        }
        if chance.percent(10) {
            upstream.next_upstream.remove(0);
        }
        upstream.next_upstream_tries = chance.pick(&[0, 0, 0, 1, 2]);
        let steps = (0..REQUESTS).map(|_| Step {
            turn: chance.percent(14).then(|| {
                let mode = match chance.index(6) {
                    0 | 1 => Mode::Status(200),
                    2 | 3 => Mode::Refuse,
                    4 => Mode::Close,
                    _ => Mode::Status(chance.pick(&[500, 503, 404])),
                };
                (chance.index(count), mode)
            }),
            is_post: chance.percent(10),
            pause: chance.real(0.02, 0.06),
        });
        let steps = steps.collect();
        Self { upstream, steps }
    }

    /// The directives, as Nginx reads them; `port` 0 is the first server's.
    pub(crate) fn configuration(&self) -> String {
        let mut text = "upstream app {\n".to_owned();
        for server in &self.upstream.servers {
            let UpstreamServer { port, weight, max_fails, fail_timeout, .. } = server;
            let backup = if server.backup { " backup" } else { "" };
            let seconds = fail_timeout.as_ns() / 1_000_000_000;
            let _ = writeln!(
                text,
                "  server 127.0.0.1:PORT{port} weight={weight} max_fails={max_fails} fail_timeout={seconds}s{backup};"
            );
        }
        text.push_str("}\nproxy_next_upstream");
        for condition in &self.upstream.next_upstream {
            let _ = match condition {
                NextUpstream::Error => write!(text, " error"),
                NextUpstream::Timeout => write!(text, " timeout"),
                NextUpstream::Status(status) => write!(text, " http_{status}"),
                NextUpstream::NonIdempotent => write!(text, " non_idempotent"),
            };
        }
        let _ =
            write!(text, ";\nproxy_next_upstream_tries {};\n", self.upstream.next_upstream_tries);
        text
    }

    /// The first request in which the model does something else.
    pub(crate) fn difference(&self, seen: &[Seen]) -> Option<String> {
        let mut upstream = Upstream::new(&self.upstream, SimDuration::ZERO);
        let mut modes = vec![Mode::Status(200); self.upstream.servers.len()];
        for (index, (step, seen)) in self.steps.iter().zip(seen).enumerate() {
            if let Some((server, mode)) = step.turn {
                modes[server] = mode;
            }
            let now = SimTime::ZERO + SimDuration::from_secs_f64(seen.at);
            let (tried, status) = one(&mut upstream, now, &modes, step.is_post);
            if (&tried, status) != (&seen.tried, seen.status) {
                return Some(format!(
                    "request {index}: nginx tried {:?} and gave {}, the model {tried:?} and {status}; {modes:?}",
                    seen.tried, seen.status
                ));
            }
        }
        None
    }
}

/// The servers that one request tries, and the status it gets.
fn one(upstream: &mut Upstream, now: SimTime, modes: &[Mode], is_post: bool) -> (Vec<usize>, u16) {
    let mut passing = upstream.request();
    let mut tried = Vec::new();
    loop {
        let Some(server) = upstream.pick(now, &mut passing) else { return (tried, NO_SERVER) };
        tried.push(server);
        let next = match modes[server] {
            Mode::Status(status) => upstream.answered(now, &mut passing, status, is_post),
            Mode::Close => upstream.failed(now, &mut passing, Failure::Error, is_post),
            Mode::Refuse => upstream.failed(now, &mut passing, Failure::Error, false),
        };
        if let Next::Answer(status) = next {
            return (tried, status);
        }
    }
}
