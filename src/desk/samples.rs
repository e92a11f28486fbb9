//! What the charts are drawn from: the site as it is looked at every whole second.

use super::judged::{Judged, judged};
use crate::infra::{Infrastructure, Place};
use crate::kernel::{SimDuration, SimTime};
use crate::run::Run;
use crate::sim::{AdvertCount, Copying, MessageKind, Outcome};

/// What a machine was asked longer ago is given up: nobody waits for it any more.
const LONGEST: SimDuration = SimDuration::from_secs(60);

/// The site at a whole second.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// How requests ended since the start: answered well, with an error, or without an answer.
    pub(super) outcomes: [u64; 3],
    pub(super) requests_per_s: f64,
    pub(super) errors_per_s: f64,
    /// Milliseconds: the median, the 95th and the 99th percentile of the response time; 0 if nothing was answered well.
    pub(super) percentiles: [f64; 3],
    /// In the order of the infrastructure.
    pub(super) hosts: Vec<HostSample>,
    pub(super) ways: Vec<Way>,
    /// What the rules of the firewall decided about in the second before.
    pub(super) judged: Vec<Judged>,
    /// keepalived's adverts since the start.
    pub(super) adverts: Vec<AdvertCount>,
    /// How copying stands, by the replica as [`place`] counts it.
    pub(super) copies: Vec<(usize, Copying)>,
    /// What machines have been asked and have not answered; `None` where one no longer goes on from.
    asked: Option<Vec<Asked>>,
}

/// What set out from one place to another in the second before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Both ends, as [`place`] counts them.
    pub(super) ends: [usize; 2],
    /// Requests, and what they caused, that met silence.
    pub(super) lost: u32,
    /// Good answers on their way back.
    pub(super) answers: u32,
    /// Errors on their way back.
    pub(super) errors: u32,
}

/// A machine at a whole second.
#[derive(Clone, Debug, Default)]
pub(super) struct HostSample {
    /// Since the start, in seconds over all workers.
    pub(super) busy_s: f64,
    pub(super) queue: u32,
    pub(super) workers: u32,
    /// Of a balancer: sessions and 5xx since its start.
    pub(super) sessions: u64,
    pub(super) errors: u64,
    /// How long it took for each answer of the second before, in microseconds: what it waited for behind it is part of that.
    pub(super) times_us: Vec<u32>,
}

/// A request that has come to a machine.
#[derive(Clone, Copy, Debug)]
struct Asked {
    request: u64,
    /// Who asked, and who was asked.
    ends: [usize; 2],
    at: SimTime,
}

impl Sample {
    /// Of a run at a whole second, which goes on from the sample of the second before.
    pub(super) fn of(run: &Run, before: Option<&Self>) -> Self {
        let simulation = run.simulation();
        let readings = run.readings();
        let ms = |time: Option<SimDuration>| time.map_or(0.0, SimDuration::as_ms_f64);
        let snapshot = simulation.snapshot();
        let hosts = snapshot.hosts.iter().map(|view| {
            let effort = simulation.effort(&view.name).unwrap_or_default();
            let load = view.load;
            let [sessions, errors] = frontend(run, &view.name);
            let queued = snapshot.servers.iter().filter(|server| server.balancer == view.name);
            let queued: u32 = queued.map(|server| server.queued).sum();
            HostSample {
                busy_s: effort.busy.as_secs_f64(),
                queue: load.map_or(queued, |load| load.queue),
                workers: load.map_or(0, |load| load.workers),
                sessions,
                errors,
                times_us: Vec::new(),
            }
        });
        let copies = snapshot.hosts.iter().enumerate();
        let copies =
            copies.filter_map(|(index, view)| Some((index + 1, simulation.copying(&view.name)?)));
        let mut outcomes = [0; 3];
        for (outcome, count) in simulation.outcomes() {
            let how = match outcome {
                Outcome::Ok => 0,
                Outcome::Status { status: 1.., .. } => 1,
                _ => 2,
            };
            outcomes[how] += count;
        }
        let mut sample = Self {
            outcomes,
            requests_per_s: readings.requests_per_s,
            errors_per_s: readings.errors_per_s,
            percentiles: [ms(readings.p50), ms(readings.p95), ms(readings.p99)],
            hosts: hosts.collect(),
            ways: Vec::new(),
            judged: Vec::new(),
            adverts: simulation.adverts(),
            copies: copies.collect(),
            asked: before.map_or_else(|| Some(Vec::new()), |before| before.asked.clone()),
        };
        sample.take_in(run);
        sample
    }

    /// Whether the next second can go on from here.
    pub(super) const fn goes_on(&self) -> bool {
        self.asked.is_some()
    }

    /// Nobody will go back to here: what was under way need not be kept.
    pub(super) fn settle(&mut self) {
        self.asked = None;
    }

    /// What was sent in the second before.
    fn take_in(&mut self, run: &Run) {
        let simulation = run.simulation();
        let infrastructure = &simulation.plan().infrastructure;
        let (now, second) = (simulation.now(), SimDuration::from_secs(1));
        let recent = simulation.messages().rev();
        let recent: Vec<_> =
            recent.take_while(|message| now.since(message.sent_at) < second).collect();
        self.judged = judged(simulation, recent.iter().map(|message| &***message));
        let mut asked = self.asked.take().unwrap_or_default();
        for message in recent.into_iter().rev() {
            let ends = [place(infrastructure, &message.from), place(infrastructure, &message.to)];
            let known = self.ways.iter().position(|way| way.ends == ends);
            let known = known.unwrap_or(self.ways.len());
            if known == self.ways.len() {
                self.ways.push(Way { ends, lost: 0, answers: 0, errors: 0 });
            }
            let way = &mut self.ways[known];
            match message.kind {
                MessageKind::Request => {
                    asked.push(Asked { request: message.request, ends, at: message.due_at });
                }
                MessageKind::Lost => way.lost += 1,
                MessageKind::Answer | MessageKind::Error => {
                    if message.kind == MessageKind::Answer {
                        way.answers += 1;
                    } else {
                        way.errors += 1;
                    }
                    let is_its = |own: &Asked| {
                        own.request == message.request && own.ends == [ends[1], ends[0]]
                    };
                    if let Some(its) = asked.iter().rposition(is_its) {
                        let took = message.sent_at.since(asked.remove(its).at);
                        let us = u32::try_from(took.as_ns() / 1_000).unwrap_or(u32::MAX);
                        let index = ends[0].checked_sub(1);
                        if let Some(host) = index.and_then(|index| self.hosts.get_mut(index)) {
                            host.times_us.push(us);
                        }
                    }
                }
            }
        }
        asked.retain(|own| now.since(own.at) < LONGEST);
        self.asked = Some(asked);
    }
}

/// A place by its number: 0 are the users, from 1 on the machines in the order of the infrastructure.
pub(super) fn place(infrastructure: &Infrastructure, place: &Place) -> usize {
    match place {
        Place::Users => 0,
        Place::Host(name) => {
            let index = infrastructure.hosts.iter().position(|host| host.name == *name);
            index.map_or(usize::MAX, |index| index + 1)
        }
    }
}

/// Sessions and 5xx answers of a balancer's frontend, from its statistics page.
fn frontend(run: &Run, host: &str) -> [u64; 2] {
    let rows = run.simulation().statistics(host).unwrap_or_default();
    let front = rows.iter().find(|row| row.value("svname") == "FRONTEND");
    ["stot", "hrsp_5xx"]
        .map(|field| front.and_then(|row| row.value(field).parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::permalink;
    use crate::sim::{History, RequestRecord};

    /// A balancer has an answer as long as its users wait for it, but for their way to the site and back.
    #[test]
    fn the_times_of_the_balancers_are_those_of_the_users() {
        let (mut run, _) = permalink::begin("run/1/brief;seed=1", History::Recent).unwrap();
        let mut samples: Vec<Sample> = Vec::new();
        for second in 0..=20 {
            run.advance_to(SimTime::from_ms(second * 1_000));
            let sample = Sample::of(&run, samples.last());
            samples.push(sample);
        }
        let balancers = samples.iter().flat_map(|sample| &sample.hosts[..2]);
        let mut times: Vec<u32> = balancers.flat_map(|host| &host.times_us).copied().collect();
        let records: Vec<&RequestRecord> = run.simulation().records().collect();
        let on_its_way = |record: &&&RequestRecord| {
            record.ended_at.since(SimTime::ZERO) + SimDuration::from_ms(20)
                > SimDuration::from_secs(20)
        };
        let late = records.iter().filter(on_its_way).count();
        assert!(times.len() >= records.len() - late, "{} of {}", times.len(), records.len());
        times.sort_unstable();
        let mut whole: Vec<SimDuration> =
            records.iter().map(|record| record.response_time()).collect();
        whole.sort_unstable();
        let middle = |count: usize| count / 2;
        let own = f64::from(times[middle(times.len())]) / 1_000.0;
        let whole = whole[middle(whole.len())].as_ms_f64();
        assert!(own > 0.0 && own < whole, "{own} {whole}");
        let total: u64 = samples.last().unwrap().outcomes.iter().sum();
        assert_eq!(total, run.simulation().record_count());
    }
}
