//! What an application and Nginx do when they are asked to end: they finish what they work on (measured with gunicorn 20.1 after SIGTERM and
//! Nginx 1.22 after QUIT, which is what Debian's unit sends it).

use crate::kernel::SimDuration;

use super::event::Event;
use super::origin::{Kind, Origin};
use super::world::Simulation;

/// gunicorn's `graceful_timeout`.
const APP_GRACE: SimDuration = SimDuration::from_secs(30);
/// After so long Debian's unit has Nginx end at once (`--retry QUIT/5`).
const NGINX_GRACE: SimDuration = SimDuration::from_secs(5);

/// Whether a process was asked to end, and finishes what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    No,
    Ends,
    /// It is started again when it has ended.
    Restarts,
}

impl Origin {
    /// Whether it has closed its port, though it runs: Nginx does so at once. An application's port stays open until its last worker has
    /// ended; the kernel takes connections that nobody serves.
    pub(super) fn refuses(&self) -> bool {
        self.ending != Ending::No && matches!(self.kind, Kind::Nginx { .. })
    }
}

impl Simulation {
    /// A process is asked to end.
    pub(super) fn end_origin(&mut self, index: usize) {
        let of = &mut self.origins[index];
        of.ending = Ending::Ends;
        let epoch = of.epoch;
        let grace = if matches!(of.kind, Kind::App { .. }) {
            of.station.close();
            APP_GRACE
        } else {
            NGINX_GRACE
        };
        self.after(grace, Event::GraceOver { origin: index as u16, epoch });
        self.ends_if_idle(index);
    }

    /// Whether a process was asked to end, and nothing is left for it to do: then it ends.
    #[inline]
    pub(super) fn ends_if_idle(&mut self, index: usize) {
        let of = &self.origins[index];
        if of.ending != Ending::No && of.station.busy() == 0 && of.passed_on() == 0 {
            self.origin_ends(index);
        }
    }

    /// It has had long enough, if it is the same process still.
    pub(super) fn grace_over(&mut self, index: usize, epoch: u32) {
        if self.origins[index].epoch == epoch {
            self.origin_ends(index);
        }
    }

    /// Who waits for it in vain is reset.
    fn origin_ends(&mut self, index: usize) {
        let of = &self.origins[index];
        let (host, service, restarts) = (of.host, of.kind_name(), of.ending == Ending::Restarts);
        self.stop_origin(index, true);
        if restarts {
            self.start_service(host, service);
        }
    }
}
