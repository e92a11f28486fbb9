//! The figures of the last seconds, computed from the raw requests in a sliding window: no sampling, no smoothing.

use std::collections::{BinaryHeap, VecDeque};

use crate::infra::Place;
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{MESSAGE_LIMIT, MessageKind, Simulation};

/// The length of the window.
pub(super) const WINDOW: SimDuration = SimDuration::from_secs(5);

/// Requests that ended within the window.
#[derive(Clone, Debug, Default)]
pub struct Series {
    ended: VecDeque<Ended>,
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    at: SimTime,
    response_time: SimDuration,
    is_ok: bool,
}

/// What the counters show: rates over the last 5 s (or since the start, if that is less), and percentiles of the response
/// times of the requests answered well in that window, by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Readings {
    /// Requests that ended, per second.
    pub requests_per_s: f64,
    /// Of these, failed.
    pub errors_per_s: f64,
    /// Median response time; `None` if no request was answered well in the window.
    pub p50: Option<SimDuration>,
    /// 95th percentile of the response time.
    pub p95: Option<SimDuration>,
    /// 99th percentile of the response time.
    pub p99: Option<SimDuration>,
}

/// How much goes over a link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFlow {
    /// Who opens the connection.
    pub from: Place,
    /// Who accepts it.
    pub to: Place,
    /// Requests per second, over the window.
    pub per_second: f64,
    /// Of these, such as met silence, and errors that came back, per second.
    pub failed_per_second: f64,
}

impl LinkFlow {
    /// What it carries in words, such as `140/s`, and how much of that fails: `12 % errors`, empty if nothing does.
    pub fn words(&self) -> [String; 2] {
        let rate = self.per_second;
        let rate = if rate < 9.95 { decimal(rate, 1) } else { fixed(rate, 0) };
        // An error may come back from what went in before the window.
        let share = (self.failed_per_second / self.per_second.max(1e-9)).min(1.0) * 100.0;
        let errors = match share {
            _ if self.failed_per_second <= 0.0 => String::new(),
            few if few < 1.0 => "<1 % errors".to_owned(),
            share => format!("{} % errors", fixed(share, 0)),
        };
        [format!("{rate}/s"), errors]
    }
}

impl Series {
    /// Takes in the requests that ended since the last call.
    pub(super) fn read(&mut self, simulation: &Simulation) {
        let fresh = (simulation.record_count() - self.seen) as usize;
        self.seen = simulation.record_count();
        let skip = simulation.records().count().saturating_sub(fresh);
        self.ended.extend(simulation.records().skip(skip).map(|record| Ended {
            at: record.ended_at,
            response_time: record.response_time(),
            is_ok: record.outcome.is_ok(),
        }));
        while self.ended.front().is_some_and(|first| simulation.now().since(first.at) > WINDOW) {
            self.ended.pop_front();
        }
    }

    /// The figures at `now`.
    pub(super) fn readings(&self, now: SimTime) -> Readings {
        let seconds = WINDOW.min(now.since(SimTime::ZERO)).as_secs_f64();
        if seconds <= 0.0 {
            return Readings::default();
        }
        let failed = self.ended.iter().filter(|ended| !ended.is_ok).count();
        let well = self.ended.iter().filter(|ended| ended.is_ok);
        let times: BinaryHeap<SimDuration> = well.map(|ended| ended.response_time).collect();
        let times = times.into_sorted_vec();
        let quantile = |share: f64| {
            let rank = libm::ceil(share * times.len() as f64) as usize;
            times.get(rank.max(1) - 1).copied()
        };
        Readings {
            requests_per_s: self.ended.len() as f64 / seconds,
            errors_per_s: failed as f64 / seconds,
            p50: quantile(0.50),
            p95: quantile(0.95),
            p99: quantile(0.99),
        }
    }
}

/// Of how long the messages of the last seconds are there: where very much happens, of less than the window.
pub(super) fn message_window(simulation: &Simulation) -> SimDuration {
    let now = simulation.now();
    let window = WINDOW.min(now.since(SimTime::ZERO));
    let mut messages = simulation.messages();
    if messages.len() >= MESSAGE_LIMIT
        && let Some(oldest) = messages.next()
    {
        return window.min(now.since(oldest.sent_at));
    }
    window
}

/// The flow over each link, from the messages of the window.
pub(super) fn link_flows(simulation: &Simulation) -> Vec<LinkFlow> {
    let now = simulation.now();
    let window = message_window(simulation);
    let messages = simulation.messages();
    let each = 1.0 / window.as_secs_f64().max(1e-3);
    let mut flows: Vec<LinkFlow> = Vec::new();
    for message in messages.rev().take_while(|message| now.since(message.sent_at) <= WINDOW) {
        let (from, to, goes_in, fails) = match message.kind {
            MessageKind::Request => (&message.from, &message.to, each, 0.0),
            MessageKind::Lost => (&message.from, &message.to, each, each),
            MessageKind::Error => (&message.to, &message.from, 0.0, each),
            MessageKind::Answer => continue,
        };
        let known = flows.iter().position(|flow| flow.from == *from && flow.to == *to);
        let index = known.unwrap_or(flows.len());
        if index == flows.len() {
            let (from, to) = (from.clone(), to.clone());
            flows.push(LinkFlow { from, to, per_second: 0.0, failed_per_second: 0.0 });
        }
        flows[index].per_second += goes_in;
        flows[index].failed_per_second += fails;
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::run::Run;
    use crate::sim::{History, Plan, RequestRecord, TimedAction};

    fn sum(flows: &[LinkFlow], from: &str, to: &str) -> [f64; 2] {
        let its = flows.iter().filter(|flow| flow.from.name() == from && flow.to.name() == to);
        its.fold([0.0; 2], |[all, failed], flow| {
            [all + flow.per_second, failed + flow.failed_per_second]
        })
    }

    /// A dead server answers nothing, and the users of both balancers get errors for it; the other server has none.
    #[test]
    fn what_fails_is_told_where_it_does() {
        let kill =
            TimedAction { at: SimTime::from_ms(10_000), action: "kill app-1".parse().unwrap() };
        let plan = Plan::new(Preset::Brief.infrastructure(), 3);
        let mut run = Run::with_actions(plan, vec![kill], History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(9_000));
        assert!(run.link_flows().iter().all(|flow| flow.failed_per_second <= 0.0));
        run.advance_to(SimTime::from_ms(15_500));
        let flows = run.link_flows();
        let mut to_users = 0.0;
        for balancer in ["lb-1", "lb-2"] {
            let [all, failed] = sum(&flows, balancer, "app-1");
            assert!(all > 0.0 && (all - failed).abs() < 1e-9, "{balancer}: {failed} of {all}");
            assert!(sum(&flows, balancer, "app-2")[1] <= 0.0, "{balancer}");
            to_users += sum(&flows, "users", balancer)[1];
        }
        let readings = run.readings();
        assert!(readings.errors_per_s > 0.0);
        assert!((to_users - readings.errors_per_s).abs() < 1.0, "{to_users} {readings:?}");
    }

    #[test]
    fn a_flow_is_told_in_few_words() {
        let flow = |per_second, failed_per_second| {
            let (from, to) = (Place::Users, Place::Host("lb-1".to_owned()));
            LinkFlow { from, to, per_second, failed_per_second }.words().join(" ")
        };
        assert_eq!(flow(139.7, 0.0), "140/s ");
        assert_eq!(flow(0.2, 0.2), "0.2/s 100 % errors");
        assert_eq!(flow(140.0, 16.8), "140/s 12 % errors");
        assert_eq!(flow(1_000.0, 0.2), "1000/s <1 % errors");
        assert_eq!(flow(0.2, 0.4), "0.2/s 100 % errors");
    }

    /// The figures against a brute-force computation over all records.
    #[test]
    fn the_readings_are_those_of_the_raw_requests() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 3);
        let mut run = Run::new(plan, History::Recent).unwrap();
        for second in 1..=20 {
            run.advance_to(SimTime::from_ms(second * 1000));
            let from = SimTime::from_ms((second * 1000_u64).saturating_sub(5000));
            let in_window = run.simulation().records().filter(|record| record.ended_at >= from);
            let mut times: Vec<SimDuration> = in_window.map(RequestRecord::response_time).collect();
            times.sort_unstable();
            let readings = run.readings();
            let seconds = second.min(5) as f64;
            assert!((readings.requests_per_s - times.len() as f64 / seconds).abs() < 1e-9);
            assert_eq!(readings.p50, Some(times[times.len().div_ceil(2) - 1]));
        }
    }
}
