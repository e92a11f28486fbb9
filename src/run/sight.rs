//! What the eye has seen of a request that is followed. Within a site it moves in microseconds: each stage of its way is shown for long
//! enough, and time waits meanwhile. So what is shown is never old, and no stage is left out.

use std::sync::Arc;

use crate::infra::Place;
use crate::kernel::small::within;
use crate::kernel::{SimDuration, SimTime};
use crate::sim::{Message, MessageKind, Simulation};

use super::Run;
use super::permalink::LATEST;
use super::playback::{LONGEST_FRAME_MS, Playback};

/// Milliseconds on the wall for which each stage of the way in is shown at least: so long a line takes to be read.
const READ_MS: f64 = 700.0;
/// The same of each link on the way back, which is one step as a whole.
const BACK_MS: f64 = 350.0;
/// How much more slowly time passes while a stage has not been shown for so long whose end is not known.
const WAITING: f64 = 0.01;
/// Who has watched a request wait for so long has seen that it waits: from then on time passes so many times faster than real time.
const PATIENCE: SimDuration = SimDuration::from_ms(150);
const HASTE: f64 = 5.0;
/// Who chose a slower playback than this wants to watch time itself.
const SLOWEST: f64 = 0.1;
/// So often it is looked for the next step meanwhile: it is never older than the eye can tell.
const GLANCE: SimDuration = SimDuration::from_ms(2);

/// How far the eye has come with a request. Its way has two stages for each of its messages: under way, and arrived.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Its messages so far, also those that the run has forgotten.
    way: Vec<Arc<Message>>,
    /// The stage that is shown, and for how long it has been.
    stage: usize,
    shown_ms: f64,
    /// For how long it has only waited, with nothing of it under way.
    waited: SimDuration,
    /// When it was seen to have ended: the run forgets that, too.
    ended_at: Option<SimTime>,
}

/// What is shown of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen<'a> {
    /// Its messages up to the one that is shown.
    pub way: &'a [Arc<Message>],
    /// The last of these.
    pub message: &'a Message,
    /// Whether that has arrived.
    pub has_arrived: bool,
    /// How far it has come on its link, from 0 to 1.
    pub along: f64,
    /// Whether nothing has happened that is not shown yet.
    pub is_latest: bool,
}

impl Sight {
    /// Learns what became of a request, by its number, up to now.
    pub fn learn(&mut self, simulation: &Simulation, request: u64) {
        let now = simulation.now();
        self.way.retain(|message| message.request == request && message.sent_at <= now);
        if self.way.is_empty() {
            self.ended_at = None;
        }
        for message in simulation.messages().filter(|message| message.request == request) {
            if !self.way.contains(message) {
                self.way.push(Arc::clone(message));
            }
        }
        let ended = simulation.records().rfind(|record| record.request == request);
        let ended_at = ended.map(|record| record.ended_at).or(self.ended_at);
        self.ended_at = ended_at.filter(|at| *at <= now);
        if self.stage > self.latest(now) {
            (self.stage, self.shown_ms) = (self.latest(now), 0.0);
        }
    }

    /// A frame of so many milliseconds has passed in which the run would have gone from `now` to `target`: where to it may go.
    pub fn pass(&mut self, now: SimTime, target: SimTime, wall_ms: f64) -> SimTime {
        let wall_ms = within(wall_ms, 0.0, LONGEST_FRAME_MS);
        let latest = self.latest(now);
        if self.way.is_empty() {
            return target;
        }
        self.shown_ms += wall_ms;
        while self.stage < latest && self.shown_ms >= self.least() {
            (self.stage, self.shown_ms) = (self.stage + 1, 0.0);
        }
        let Some(message) = self.way.get(self.stage / 2).filter(|_| self.stage == latest) else {
            return now;
        };
        let ahead = target.since(now);
        if self.has_arrived() {
            let is_new = self.shown_ms < self.least();
            return now + if is_new { ahead.scaled(WAITING) } else { ahead };
        }
        let whole = message.due_at.since(message.sent_at);
        // A nanosecond at least: time must not stand still here.
        let share = whole.scaled(wall_ms / self.least()) + SimDuration::from_ns(1);
        (now + ahead.min(share)).min(message.due_at)
    }

    /// Lets a frame of so many milliseconds pass in a run, by so many events at most; whether these were enough. While the request only
    /// waits, after a while time passes faster than the playback says, up to the request's next step or its end.
    pub fn advance(
        &mut self,
        run: &mut Run,
        request: u64,
        playback: Playback,
        wall_ms: f64,
        budget: u32,
    ) -> bool {
        let begun = run.now();
        let slow = playback.target(begun, wall_ms).min(LATEST);
        let mut target = self.pass(begun, slow, wall_ms);
        let is_waiting = target == slow && playback.speed().factor >= SLOWEST && self.only_waits();
        if !is_waiting {
            self.waited = SimDuration::ZERO;
        }
        let hurries = self.hurries();
        if hurries {
            target = self.playback(playback).target(begun, wall_ms).min(LATEST);
        }
        loop {
            let now = run.now();
            let next = if hurries { target.min(now + GLANCE) } else { target };
            if !run.advance_within(next, budget) {
                return false;
            }
            if next == target || has_news(run.simulation(), request, now) {
                break;
            }
        }
        if is_waiting {
            self.waited = self.waited + run.now().since(begun);
        }
        true
    }

    /// Whether the request has only waited for so long that time passes faster until its next step.
    pub fn hurries(&self) -> bool {
        self.waited >= PATIENCE
    }

    /// How time passes while the request is followed, if it would pass so otherwise.
    #[must_use]
    pub fn playback(&self, otherwise: Playback) -> Playback {
        let speed = if self.hurries() { Playback::nearest(HASTE) } else { otherwise.speed };
        Playback { speed, ..otherwise }
    }

    /// Whether nothing of the request is under way, and something will be: it is not there yet, or it waits somewhere.
    fn only_waits(&self) -> bool {
        let Some(last) = self.way.last() else { return true };
        self.has_arrived() && last.to != Place::Users && self.ended_at.is_none()
    }

    /// What is shown at `now`, before the first message nothing; what is true then, if it is not `paced`.
    pub fn seen(&self, now: SimTime, paced: bool) -> Option<Seen<'_>> {
        let latest = self.latest(now);
        let stage = if paced { self.stage.min(latest) } else { latest };
        let message = self.way.get(stage / 2)?;
        let has_arrived = stage % 2 == 1;
        let whole = message.due_at.since(message.sent_at).as_ns() as f64;
        let along = if has_arrived {
            1.0
        } else if stage == latest {
            now.since(message.sent_at).as_ns() as f64 / whole.max(1.0)
        } else {
            self.shown_ms / self.least().max(1.0)
        };
        let along = within(along, 0.0, 1.0);
        let way = &self.way[..=stage / 2];
        Some(Seen { way, message, has_arrived, along, is_latest: stage == latest })
    }

    /// The stage in which the request really is.
    fn latest(&self, now: SimTime) -> usize {
        let Some(last) = self.way.last() else { return 0 };
        self.way.len() * 2 - if now >= last.due_at { 1 } else { 2 }
    }

    const fn has_arrived(&self) -> bool {
        self.stage % 2 == 1
    }

    /// For how many milliseconds the stage that is shown is shown at least.
    fn least(&self) -> f64 {
        let message = self.way.get(self.stage / 2);
        let is_back =
            message.is_some_and(|it| matches!(it.kind, MessageKind::Answer | MessageKind::Error));
        match (is_back, self.has_arrived()) {
            (false, _) => READ_MS,
            (true, false) => BACK_MS,
            (true, true) => 0.0,
        }
    }
}

/// Whether something of a request has set out since then, or it has ended.
fn has_news(simulation: &Simulation, request: u64, since: SimTime) -> bool {
    let mut fresh = simulation.messages().rev().take_while(|message| message.sent_at >= since);
    let mut ended = simulation.records().rev().take_while(|record| record.ended_at >= since);
    fresh.any(|message| message.request == request) || ended.any(|record| record.request == request)
}
