//! A server's health: HAProxy's counter of lives, and the interval that follows from it (HAProxy 2.6 manual 5.2 `rise`, `fall`).

use crate::infra::Server;
use crate::kernel::SimDuration;

/// A counter from 0 to `rise + fall - 1`; the server is up while it is at least `rise`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    lives: u32,
    rise: u32,
    fall: u32,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    WentDown,
    CameUp,
}

impl Health {
    /// A server just configured, or just out of maintenance: up, but one failed check away from DOWN.
    pub(super) const fn new(server: &Server) -> Self {
        Self { lives: server.rise, rise: server.rise, fall: server.fall }
    }

    pub(super) const fn is_up(self) -> bool {
        self.lives >= self.rise
    }

    pub(super) const fn is_full(self) -> bool {
        self.lives == self.full()
    }

    pub(super) const fn lives(self) -> u32 {
        self.lives
    }

    const fn full(self) -> u32 {
        self.rise + self.fall - 1
    }

    /// Every life back, or none left: by command, or after a quiet night.
    pub(super) const fn set(&mut self, is_up: bool) {
        self.lives = if is_up { self.full() } else { 0 };
    }

    /// `on-error sudden-death`: the failure that follows leaves one life, or none.
    pub(super) const fn weaken(&mut self) {
        if self.lives > self.rise {
            self.lives = self.rise + 1;
        }
    }

    /// `on-error mark-down`: the failure that follows is the last.
    pub(super) const fn doom(&mut self) {
        self.lives = self.rise;
    }

    pub(super) const fn check_passed(&mut self) -> Change {
        let was_up = self.is_up();
        if self.lives < self.full() {
            self.lives += 1;
        }
        if self.is_up() {
            self.lives = self.full();
        }
        if was_up || !self.is_up() { Change::None } else { Change::CameUp }
    }

    pub(super) const fn check_failed(&mut self) -> Change {
        let was_up = self.is_up();
        self.lives = self.lives.saturating_sub(1);
        if !self.is_up() {
            self.lives = 0;
        }
        if was_up && !self.is_up() { Change::WentDown } else { Change::None }
    }

    /// From the end of this check to the next.
    pub(super) fn interval(self, server: &Server) -> SimDuration {
        if self.is_full() {
            server.inter
        } else if self.lives == 0 {
            server.downinter()
        } else {
            server.fastinter()
        }
    }

    /// Failed checks left before DOWN; 0 if it is down.
    pub(super) const fn left(self) -> u32 {
        (self.lives + 1).saturating_sub(self.rise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(rise: u32, fall: u32) -> Server {
        Server { rise, fall, check: true, ..Server::new("a", "a", 80) }
    }

    #[test]
    fn a_fresh_server_is_one_failed_check_from_down() {
        let mut health = Health::new(&server(2, 3));
        assert_eq!(health.left(), 1);
        assert_eq!(health.check_failed(), Change::WentDown);
    }

    #[test]
    fn fall_failures_take_it_down_and_rise_successes_bring_it_up() {
        let mut health = Health::new(&server(2, 3));
        health.check_passed();
        let down = [health.check_failed(), health.check_failed(), health.check_failed()];
        assert_eq!(down, [Change::None, Change::None, Change::WentDown]);
        assert_eq!([health.check_passed(), health.check_passed()], [Change::None, Change::CameUp]);
        assert!(health.is_full());
    }

    #[test]
    fn one_success_forgives_and_one_failure_while_rising_starts_over() {
        let mut health = Health::new(&server(2, 3));
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
        let ms = SimDuration::from_ms;
        let server = Server {
            inter: ms(2000),
            fastinter: Some(ms(500)),
            downinter: Some(ms(900)),
            ..server(2, 3)
        };
        let mut health = Health::new(&server);
        assert_eq!(health.interval(&server), ms(500));
        health.check_passed();
        assert_eq!(health.interval(&server), ms(2000));
        for _ in 0..3 {
            health.check_failed();
        }
        assert_eq!(health.interval(&server), ms(900));
        health.check_passed();
        assert_eq!(health.interval(&server), ms(500));
    }
}
