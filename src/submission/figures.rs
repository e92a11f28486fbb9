//! Figures that follow from the directives (the closed forms are `theory`'s): how long a death goes unseen, when an
//! address moves, what a tier can do on paper; and how a number is written. Holds no sentences.

use crate::infra::{App, Mysql, Nginx, Server, Timeouts, TrackScript};
use crate::kernel::SimDuration;
use crate::kernel::small::decimal;
use crate::theory::{detection, vrrp};

/// From a shortest to a longest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) shortest: SimDuration,
    pub(super) longest: SimDuration,
}

/// How a server fails, as a check sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// The port is closed: a check fails at once.
    Refuses,
    /// Nothing comes back: a check fails when its time is over.
    Silent,
}

impl From<detection::Bounds> for Span {
    fn from(bounds: detection::Bounds) -> Self {
        Self { shortest: bounds.shortest, longest: bounds.longest }
    }
}

/// From the death of a fully healthy server to DOWN.
pub(super) fn down(server: &Server, timeouts: &Timeouts, death: Death) -> Span {
    let check_fails = match (death, timeouts.check) {
        (Death::Refuses, _) => SimDuration::ZERO,
        (Death::Silent, None) => server.inter,
        (Death::Silent, Some(_)) => server.inter.min(timeouts.connect),
    };
    detection::down(server.fall.max(1), server.inter, server.fastinter(), check_fails).into()
}

/// From the return of a server that refused connections to UP.
pub(super) fn up(server: &Server) -> Span {
    let (fast, slow) = (server.fastinter(), server.downinter());
    detection::up(server.rise.max(1), slow, fast, SimDuration::ZERO).into()
}

/// From the silent death of the MASTER to the BACKUP's takeover.
pub(super) fn takeover(advert_int: SimDuration, backup_priority: u8) -> Span {
    let [shortest, longest] = vrrp::takeover_bounds(advert_int, backup_priority);
    Span { shortest, longest }
}

/// From the death of the tracked program alone to the BACKUP's takeover: `fall` runs of the script, then priority 0.
pub(super) fn tracked_takeover(script: &TrackScript, backup_priority: u8) -> Span {
    let [shortest, longest] =
        vrrp::tracked_takeover_bounds(script.interval, script.fall, backup_priority);
    Span { shortest, longest }
}

/// How long a request waits for `503` while its server is dead and it may not go to another.
pub(super) fn given_up_after(retries: u32, timeouts: &Timeouts, death: Death) -> SimDuration {
    let retries = u64::from(retries);
    match death {
        // HAProxy pauses a second before it tries the same server again.
        Death::Refuses => timeouts.connect.min(SimDuration::from_secs(1)) * retries,
        Death::Silent => timeouts.connect * (retries + 1),
    }
}

/// Files a second, all workers busy.
pub(super) fn nginx_rate(nginx: &Nginx) -> f64 {
    f64::from(nginx.worker_processes) / nginx.service_time.as_secs_f64()
}

/// Pages a second, all workers busy with their own work and one query each.
pub(super) fn app_rate(app: &App, mysql: Option<&Mysql>) -> f64 {
    let query = mysql.map_or(SimDuration::ZERO, |mysql| mysql.service_time);
    f64::from(app.workers) / (app.service_time + query).as_secs_f64()
}

/// Queries a second, all threads busy.
pub(super) fn mysql_rate(mysql: &Mysql) -> f64 {
    f64::from(mysql.threads) / mysql.service_time.as_secs_f64()
}

/// A time for people: `2 s`, `0.609 s`, `30 ms`.
pub fn time(duration: SimDuration) -> String {
    if duration >= SimDuration::from_ms(100) || duration == SimDuration::ZERO {
        format!("{} s", number(duration.as_secs_f64()))
    } else {
        format!("{} ms", number(duration.as_ms_f64()))
    }
}

/// Two times for people: `4 to 6 s`.
pub(super) fn span(span: Span) -> String {
    let seconds = |of: SimDuration| number(of.as_secs_f64());
    format!("{} to {} s", seconds(span.shortest), seconds(span.longest))
}

/// At most three decimals, none that say nothing.
pub(super) fn number(value: f64) -> String {
    decimal(value, 3)
}

/// `1 machine`, `6 machines`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// What is said of one thing, or of several: `its` or `their`.
pub(super) const fn of_many(n: usize, one: &'static str, many: &'static str) -> &'static str {
    if n == 1 { one } else { many }
}

/// The same text with a small letter first.
pub(super) fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The same text with a capital first.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn the_times_of_the_brief_are_those_of_the_real_programs() {
        let infrastructure = Preset::Brief.infrastructure();
        let haproxy = infrastructure.hosts[0].haproxy().unwrap();
        let (server, timeouts) = (&haproxy.backends[1].servers[0], &haproxy.timeouts);
        assert_eq!(span(down(server, timeouts, Death::Refuses)), "4 to 6 s");
        assert_eq!(span(down(server, timeouts, Death::Silent)), "7 to 9 s");
        assert_eq!(span(up(server)), "2 to 4 s");
        let master_down = vrrp::master_down_interval(SimDuration::from_secs(1), 100);
        assert_eq!(time(master_down), "3.609 s");
        assert_eq!(span(takeover(SimDuration::from_secs(1), 100)), "2.609 to 3.609 s");
        let script = infrastructure.hosts[0].keepalived().unwrap().track_script.unwrap();
        assert_eq!(span(tracked_takeover(&script, 100)), "1.609 to 2.609 s");
        assert_eq!(time(given_up_after(3, timeouts, Death::Refuses)), "3 s");
        assert_eq!(time(given_up_after(3, timeouts, Death::Silent)), "4 s");
    }

    #[test]
    fn numbers_are_written_one_way() {
        assert_eq!(time(SimDuration::from_us(200)), "0.2 ms");
        assert_eq!(time(SimDuration::ZERO), "0 s");
        assert_eq!(time(vrrp::skew(100)), "0.609 s");
        assert_eq!(number(1000.0), "1000");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(
            (count(1, "host", "hosts"), count(2, "host", "hosts")),
            ("1 host".into(), "2 hosts".into())
        );
        assert_eq!(count(1, "rule says", "rules say"), "1 rule says");
        assert_eq!(count(2, "rule says", "rules say"), "2 rules say");
        assert_eq!((of_many(1, "its", "their"), of_many(2, "its", "their")), ("its", "their"));
        assert_eq!((lower("Static"), capital("backend")), ("static".into(), "Backend".into()));
    }
}
