//! The steps of a lecture: each sets the stage, plays a short piece of a run, and stops at the teaching moment.

use crate::infra::{Component, Preset};
use crate::kernel::SimTime;
use crate::run::Run;
use crate::sim::{Action, History, Plan, PlanError, TimedAction};

/// A step of the lecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LectureStep {
    /// Its heading.
    pub title: &'static str,
    /// What to say, short enough to be read from the back of the hall.
    pub text: &'static str,
    /// The machines that it speaks of, the first and the last in the drawing; empty if it speaks of all.
    pub about: [&'static str; 2],
    /// What has died by then, and when: component and milliseconds.
    pub deaths: &'static [(&'static str, u64)],
    /// Where in the run the step begins, in milliseconds.
    pub from_ms: u64,
    /// Where it stops by itself; equal to the beginning if it stands still.
    pub until_ms: u64,
    /// How fast it plays: simulated seconds per second.
    pub speed: u32,
}

/// The lecture.
pub const LECTURE: [LectureStep; 8] = [
    LectureStep {
        title: "Six machines, one site",
        text: "Two balancers, a web server, two application servers, one database: each part has a machine of its own.",
        about: ["", ""],
        deaths: &[],
        from_ms: 0,
        until_ms: 0,
        speed: 1,
    },
    LectureStep {
        title: "The way of a request",
        text: "DNS gives two addresses. A balancer takes the request, ends TLS and chooses a server by path. Pages ask the database. The answer goes back the same way.",
        about: ["", ""],
        deaths: &[],
        from_ms: 2_000,
        until_ms: 8_000,
        speed: 1,
    },
    LectureStep {
        title: "app-1 dies. What do users see?",
        text: "Predict: how long until nobody notices any more? Raise your hands before you press next.",
        about: ["app-1", "app-1"],
        deaths: &[],
        from_ms: 9_900,
        until_ms: 9_900,
        speed: 1,
    },
    LectureStep {
        title: "The blind window",
        text: "Until three checks have failed, every second page goes to a dead machine and waits in vain.",
        about: ["app-1", "app-2"],
        deaths: &[("app-1", 10_000)],
        from_ms: 9_900,
        until_ms: 19_900,
        speed: 1,
    },
    LectureStep {
        title: "app-2 carries on alone",
        text: "Both balancers have marked app-1 DOWN. That is what the fourth server was bought for.",
        about: ["app-1", "app-2"],
        deaths: &[("app-1", 10_000)],
        from_ms: 24_000,
        until_ms: 30_000,
        speed: 1,
    },
    LectureStep {
        title: "A balancer dies",
        text: "lb-2 hears no advert for 3.6 seconds and takes VIP A over. The address moves; DNS never changes.",
        about: ["lb-1", "lb-2"],
        deaths: &[("lb-1", 10_000)],
        from_ms: 9_900,
        until_ms: 15_900,
        speed: 1,
    },
    LectureStep {
        title: "The database dies",
        text: "There is one database. Static files live; every page fails. Redundant balancers do not change that.",
        about: ["db-1", "db-1"],
        deaths: &[("db-1", 10_000)],
        from_ms: 9_900,
        until_ms: 39_900,
        speed: 3,
    },
    LectureStep {
        title: "What is still single?",
        text: "web-1 and db-1. A second web server and a replica with a plan to promote it come next.",
        about: ["web-1", "db-1"],
        deaths: &[("web-1", 10_000), ("db-1", 10_000)],
        from_ms: 20_000,
        until_ms: 20_000,
        speed: 1,
    },
];

impl LectureStep {
    /// Its run, at the instant where the step begins.
    ///
    /// # Errors
    /// If its data do not fit the infrastructure (a test shows that they do).
    pub fn run(&self) -> Result<Run, PlanError> {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let deaths = self.deaths.iter().map(|(host, ms)| TimedAction {
            at: SimTime::from_ms(*ms),
            action: Action::Kill(Component::host(host)),
        });
        let mut run = Run::with_actions(plan, deaths.collect(), History::Recent)?;
        run.advance_to(SimTime::from_ms(self.from_ms));
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_and_stops_within_ten_seconds_on_the_wall() {
        for step in LECTURE {
            let run = step.run().unwrap();
            assert_eq!(run.now(), SimTime::from_ms(step.from_ms), "{}", step.title);
            let seconds = (step.until_ms - step.from_ms) as f64 / 1000.0 / f64::from(step.speed);
            assert!(seconds <= 10.0, "{} plays {seconds} s", step.title);
            assert!(step.text.len() <= 200, "{} cannot be read from the back", step.title);
        }
    }

    #[test]
    fn what_a_step_shows_on_a_small_screen_stands_there_and_holds_what_has_died() {
        let infrastructure = Preset::Brief.infrastructure();
        let place = |name: &str| infrastructure.hosts.iter().position(|host| host.name == name);
        for step in LECTURE.iter().filter(|step| step.about != ["", ""]) {
            let [first, last] = step.about.map(|name| place(name).unwrap());
            assert!(first <= last, "{}", step.title);
            for (dead, _) in step.deaths {
                assert!((first..=last).contains(&place(dead).unwrap()), "{}: {dead}", step.title);
            }
        }
    }

    #[test]
    fn what_the_steps_say_is_what_the_run_shows() {
        let status_at_end = |index: usize| {
            let mut run = LECTURE[index].run().unwrap();
            run.advance_to(SimTime::from_ms(LECTURE[index].until_ms));
            run.simulation().snapshot()
        };
        let down = status_at_end(4).servers.into_iter().filter(|server| server.name == "app-1");
        assert!(down.clone().count() == 2);
        assert!(
            down.into_iter().all(|server| server.status == Some(crate::sim::ServerStatus::Down))
        );
        let owners = status_at_end(5).vips.into_iter().map(|vip| vip.owner);
        assert!(owners.into_iter().all(|owner| owner.as_deref() == Some("lb-2")));
        let single = Preset::Brief.infrastructure().single_points_of_failure();
        let names: Vec<&str> = single.iter().map(|point| point.host.as_str()).collect();
        assert!(LECTURE[7].text.starts_with(&names.join(" and ")));
    }
}
