//! `observe`: a server's traffic as a health check (HAProxy 2.6 manual 5.2 `observe`, `error-limit`, `on-error`).

use super::effect::{CheckResult, Timer};
use super::proxy::Proxy;
use crate::infra::{Observe, OnError};

/// What a server's traffic shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Connected,
    NotConnected,
    /// An answer that is no error.
    Answered,
    /// An error, or no answer.
    Error,
}

impl Proxy {
    pub(super) fn observe(&mut self, server: usize, sign: Sign) {
        let of = &mut self.servers[server];
        let Some(observe) = of.config.observe.filter(|_| of.config.check && !of.is_maint) else {
            return;
        };
        let is_error = match (observe, sign) {
            (_, Sign::NotConnected) | (Observe::Layer7, Sign::Error) => true,
            (Observe::Layer4, Sign::Connected) | (Observe::Layer7, Sign::Answered) => false,
            (Observe::Layer7, Sign::Connected)
            | (Observe::Layer4, Sign::Answered | Sign::Error) => return,
        };
        if !is_error {
            of.errors = 0;
            return;
        }
        of.counters.traffic_errors += 1;
        of.errors += 1;
        if of.errors >= of.config.error_limit {
            of.errors = 0;
            self.act_on_errors(server);
        }
    }

    fn act_on_errors(&mut self, server: usize) {
        let of = &mut self.servers[server];
        match of.config.on_error {
            OnError::Fastinter => {}
            OnError::FailCheck => self.check_counted(server, CheckResult::Hana),
            OnError::SuddenDeath => {
                of.health.weaken();
                self.check_counted(server, CheckResult::Hana);
            }
            OnError::MarkDown => {
                if of.health.is_up() {
                    of.health.doom();
                }
                self.check_counted(server, CheckResult::Hana);
            }
        }
        self.check_sooner(server);
    }

    /// With `fastinter` set, the next check is no further away than that.
    fn check_sooner(&mut self, server: usize) {
        let of = &mut self.servers[server];
        let Some(fastinter) = of.config.fastinter else { return };
        if of.is_checking || of.next_check_at <= self.now + fastinter {
            return;
        }
        let ticket = self.next_check(server, fastinter);
        self.set(fastinter, Timer::Check(ticket));
    }
}
