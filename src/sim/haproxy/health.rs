//! A server's health: HAProxy's counter of lives, and the interval that follows from it.

use crate::infra::Server;
use crate::kernel::SimDuration;
use crate::sim::ServerStatus;

/// A counter from 0 to `rise + fall - 1`; the server is up while it is at least `rise` (HAProxy 2.6 manual 5.2).
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Health {
    lives: u32,
    rise: u32,
    fall: u32,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Change {
    None,
    WentDown,
    CameUp,
}

impl Health {
    /// A server just configured: up, but one failed check away from DOWN.
    pub(in crate::sim) const fn new(server: &Server) -> Self {
        Self { lives: server.rise, rise: server.rise, fall: server.fall }
    }

    /// A server whose checks have passed for a while.
    pub(in crate::sim) const fn proven(server: &Server) -> Self {
        let fresh = Self::new(server);
        Self { lives: fresh.full(), ..fresh }
    }

    pub(in crate::sim) const fn is_up(self) -> bool {
        self.lives >= self.rise
    }

    const fn full(self) -> u32 {
        self.rise + self.fall - 1
    }

    pub(in crate::sim) const fn check_passed(&mut self) -> Change {
        let was_up = self.is_up();
        if self.lives < self.full() {
            self.lives += 1;
        }
        if self.is_up() {
            self.lives = self.full();
        }
        if was_up || !self.is_up() { Change::None } else { Change::CameUp }
    }

    pub(in crate::sim) const fn check_failed(&mut self) -> Change {
        let was_up = self.is_up();
        self.lives = self.lives.saturating_sub(1);
        if !self.is_up() {
            self.lives = 0;
        }
        if was_up && !self.is_up() { Change::WentDown } else { Change::None }
    }

    /// From the end of this check to the next.
    pub(in crate::sim) fn interval(self, server: &Server) -> SimDuration {
        if self.lives == self.full() {
            server.inter
        } else if self.lives == 0 {
            server.downinter()
        } else {
            server.fastinter()
        }
    }

    /// Failed checks left before DOWN; 0 if it is down.
    pub(in crate::sim) const fn left(self) -> u32 {
        (self.lives + 1).saturating_sub(self.rise)
    }

    pub(in crate::sim) const fn status(self) -> ServerStatus {
        if self.lives == self.full() {
            ServerStatus::Up
        } else if self.is_up() {
            ServerStatus::GoingDown { left: self.left(), fall: self.fall }
        } else if self.lives == 0 {
            ServerStatus::Down
        } else {
            ServerStatus::GoingUp { passed: self.lives, rise: self.rise }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    fn health(rise: u32, fall: u32) -> (Health, Server) {
        let infrastructure = Preset::Brief.infrastructure();
        let backend = infrastructure.backends().next().unwrap();
        let server = Server { rise, fall, ..backend.servers[0].clone() };
        (Health::new(&server), server)
    }

    #[test]
    fn a_fresh_server_is_one_failed_check_from_down() {
        let (mut health, _) = health(2, 3);
        assert_eq!(health.status(), ServerStatus::GoingDown { left: 1, fall: 3 });
        assert_eq!(health.check_failed(), Change::WentDown);
    }

    #[test]
    fn fall_failures_take_it_down_and_rise_successes_bring_it_up() {
        let (mut health, _) = health(2, 3);
        health.check_passed();
        let down = [health.check_failed(), health.check_failed(), health.check_failed()];
        assert_eq!(down, [Change::None, Change::None, Change::WentDown]);
        assert_eq!([health.check_passed(), health.check_passed()], [Change::None, Change::CameUp]);
        assert_eq!(health.status(), ServerStatus::Up);
    }

    #[test]
    fn one_success_forgives_and_one_failure_while_rising_starts_over() {
        let (mut health, _) = health(2, 3);
        health.check_passed();
        health.check_failed();
        health.check_failed();
        health.check_passed();
        assert_eq!(health.left(), 3);
        for _ in 0..3 {
            health.check_failed();
        }
        health.check_passed();
        health.check_failed();
        assert_eq!([health.check_passed(), health.check_passed()], [Change::None, Change::CameUp]);
    }

    #[test]
    fn the_interval_follows_the_health() {
        let (mut health, server) = health(2, 3);
        let ms = SimDuration::from_ms;
        let server = Server {
            inter: ms(2000),
            fastinter: Some(ms(500)),
            downinter: Some(ms(900)),
            ..server
        };
        assert_eq!(health.interval(&server), ms(500));
        health.check_passed();
        assert_eq!(health.interval(&server), ms(2000));
        for _ in 0..3 {
            health.check_failed();
        }
        assert_eq!(health.interval(&server), ms(900));
    }
}
