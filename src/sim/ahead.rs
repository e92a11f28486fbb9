//! Draws made before they are needed. A draw is a function of its address (law 3), so when it is made changes nothing; but its logarithm takes
//! the processor longer than most of an event. Made together when a user comes, it works on all of them at once, and on what the user does
//! meanwhile.

use crate::infra::Distribution;
use crate::kernel::{Draw, SimDuration};

use super::origin::Kind;
use super::world::{Purpose, Simulation};

/// The draws of so many users are kept, the latest; of others they are made when they are needed.
const USERS: usize = 64;

/// What has been drawn, as factors of the mean.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    /// The gap after so many users.
    gap: (u64, f64),
    /// Of users, each at its number's place. Empty where nobody would use it.
    users: Vec<User>,
}

#[derive(Clone, Copy, Debug)]
struct User {
    number: u64,
    app: f64,
    query: f64,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { gap: (u64::MAX, 0.0), users: Vec::new() }
    }
}

impl Simulation {
    /// Looks whether the applications' times are drawn such that it pays.
    pub(super) fn look_ahead(&mut self) {
        let pays = self.origins.iter().any(|origin| match &origin.kind {
            Kind::App { app, .. } => app.service_distribution == Distribution::Exponential,
            Kind::Nginx { .. } => false,
        });
        let nobody = User { number: u64::MAX, app: 0.0, query: 0.0 };
        self.ahead.users = if pays { vec![nobody; USERS] } else { Vec::new() };
    }

    /// The gap after so many users. The one after it is drawn.
    pub(super) fn next_gap(&mut self, users: u64) -> SimDuration {
        let factor = match self.ahead.gap {
            (of, factor) if of == users => factor,
            _ => self.exponential_factor(Purpose::InterArrival, users),
        };
        self.ahead.gap = (users + 1, self.exponential_factor(Purpose::InterArrival, users + 1));
        self.mean_gap.scaled(factor)
    }

    /// A user of this number is there, who asks for a page.
    pub(super) fn draw_ahead(&mut self, number: u64) {
        if self.ahead.users.is_empty() {
            return;
        }
        let app = self.exponential_factor(Purpose::AppService, number);
        let query = self.exponential_factor(Purpose::QueryService, number);
        self.ahead.users[number as usize % USERS] = User { number, app, query };
    }

    /// How long a service takes for the request of this number, with this mean and distribution.
    #[inline]
    pub(super) fn drawn(
        &self,
        purpose: Purpose,
        number: u64,
        mean: SimDuration,
        distribution: Distribution,
    ) -> SimDuration {
        match distribution {
            Distribution::Exponential => mean.scaled(self.factor(purpose, number)),
            Distribution::Constant => mean,
            Distribution::Erlang { .. } | Distribution::Hyperexponential { .. } => {
                drawn_from_several(self.draw(purpose, number), mean, distribution)
            }
        }
    }

    fn factor(&self, purpose: Purpose, number: u64) -> f64 {
        let user = self.ahead.users.get(number as usize % USERS);
        match (user.filter(|user| user.number == number), purpose) {
            (Some(user), Purpose::AppService) => user.app,
            (Some(user), Purpose::QueryService) => user.query,
            _ => self.exponential_factor(purpose, number),
        }
    }

    fn exponential_factor(&self, purpose: Purpose, index: u64) -> f64 {
        self.draw(purpose, index).exponential_factor()
    }
}

/// Where one exponential is not enough: apart, so that the usual way stays short.
#[inline(never)]
fn drawn_from_several(
    mut draw: Draw,
    mean: SimDuration,
    distribution: Distribution,
) -> SimDuration {
    match distribution {
        Distribution::Erlang { stages } => draw.erlang(mean, stages),
        Distribution::Hyperexponential { squared_cv } => draw.hyperexponential(mean, squared_cv),
        Distribution::Exponential => draw.exponential(mean),
        Distribution::Constant => mean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::sim::{History, Plan};

    /// Whoever is looked up, the latest user or one long gone: it is what would have been drawn then.
    #[test]
    fn what_was_drawn_ahead_is_what_would_be_drawn_now() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 7);
        let mut simulation = Simulation::new(&plan, History::Off).unwrap();
        let mean = SimDuration::from_ms(30);
        for number in 1..=200 {
            simulation.draw_ahead(number);
            for asked in [number, number.saturating_sub(63), number / 2, number + 1] {
                for purpose in [Purpose::AppService, Purpose::QueryService, Purpose::NginxService] {
                    let told = simulation.drawn(purpose, asked, mean, Distribution::Exponential);
                    assert_eq!(told, simulation.draw(purpose, asked).exponential(mean), "{asked}");
                }
            }
        }
        for users in [0, 1, 2, 7, 8, 3] {
            let drawn = simulation.draw(Purpose::InterArrival, users);
            let gap = { drawn }.exponential(simulation.mean_gap);
            assert_eq!(simulation.next_gap(users), gap, "{users}");
        }
    }
}
