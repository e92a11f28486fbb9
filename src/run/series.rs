//! The figures of the last seconds, computed from the raw requests in a sliding window: no sampling, no smoothing.

use std::collections::{BinaryHeap, VecDeque};

use crate::infra::Place;
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{MessageKind, Simulation};

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

/// The flow over each link, from the messages of the window.
pub(super) fn link_flows(simulation: &Simulation) -> Vec<LinkFlow> {
    let now = simulation.now();
    let seconds = WINDOW.min(now.since(SimTime::ZERO)).as_secs_f64().max(1e-3);
    let mut flows: Vec<LinkFlow> = Vec::new();
    let recent =
        simulation.messages().rev().take_while(|message| now.since(message.sent_at) <= WINDOW);
    let inward = |kind| matches!(kind, MessageKind::Request | MessageKind::Lost);
    for message in recent.filter(|message| inward(message.kind)) {
        let known =
            flows.iter_mut().find(|flow| flow.from == message.from && flow.to == message.to);
        match known {
            Some(flow) => flow.per_second += 1.0 / seconds,
            None => flows.push(LinkFlow {
                from: message.from.clone(),
                to: message.to.clone(),
                per_second: 1.0 / seconds,
            }),
        }
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::run::Run;
    use crate::sim::{History, Plan, RequestRecord};

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
