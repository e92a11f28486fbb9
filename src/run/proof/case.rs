//! The open stations of queueing theory as data: which station, under what load, and what theory claims of it.

use crate::infra::Distribution;
use crate::kernel::SimDuration;
use crate::theory::finite::{Bounded, mmck};
use crate::theory::queueing::{Steady, mg1, mm1_quantile, mmc};

/// A station, its load, and what is claimed of it.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The law's name and its parameters, for people.
    pub law: &'static str,
    /// Which program is the station.
    pub tier: Tier,
    /// Servers in the sense of queueing theory.
    pub servers: u32,
    /// How many may come.
    pub room: Room,
    /// Requests per second.
    pub arrival_rate: f64,
    /// Mean service time.
    pub service_time: SimDuration,
    /// How it spreads.
    pub distribution: Distribution,
    /// Requests of each run.
    pub requests: u32,
    /// The figures, and the widest half-width of each as a share of its closed form.
    pub figures: &'static [(Figure, f64)],
}

/// The program that is the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Nginx.
    Web,
    /// The application server.
    App,
    /// `MySQL`.
    Database,
}

/// How many a station has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// For all.
    Endless,
    /// For so many, those in service counted too; who comes then is lost.
    For(u32),
}

/// What a station comes to in the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// W, as users measure it.
    ResponseTime,
    /// Its 95th percentile, as users measure it.
    Percentile95,
    /// Wq, as the station measures it.
    WaitingTime,
    /// L, as the station measures it.
    InStation,
    /// U, as the station measures it.
    Utilisation,
    /// The share of requests lost.
    Blocked,
}

use Figure::{Blocked, InStation, Percentile95, ResponseTime, Utilisation, WaitingTime};

const MS_10: SimDuration = SimDuration::from_ms(10);

/// Every law on open stations, spread over the three tiers.
pub const CASES: [Case; 9] = [
    Case {
        law: "M/M/1, λ 50/s, μ 100/s, application",
        figures: &[
            (ResponseTime, 0.03),
            (Percentile95, 0.04),
            (InStation, 0.04),
            (Utilisation, 0.03),
        ],
        requests: 10_000,
        ..mm1_case()
    },
    Case {
        law: "M/M/3, λ 200/s, μ 100/s, application",
        servers: 3,
        arrival_rate: 200.0,
        requests: 20_000,
        figures: &[
            (ResponseTime, 0.03),
            (WaitingTime, 0.08),
            (InStation, 0.04),
            (Utilisation, 0.03),
        ],
        ..mm1_case()
    },
    Case {
        law: "M/D/1, λ 50/s, S 10 ms, Nginx",
        tier: Tier::Web,
        distribution: Distribution::Constant,
        requests: 7_000,
        figures: &[(ResponseTime, 0.03), (WaitingTime, 0.05), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "M/G/1, λ 50/s, S 10 ms, C² 1/4 (Erlang), MySQL",
        tier: Tier::Database,
        distribution: Distribution::Erlang { stages: 4 },
        requests: 7_000,
        figures: &[(ResponseTime, 0.03), (WaitingTime, 0.05), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "M/G/1, λ 30/s, S 10 ms, C² 4 (hyperexponential), Nginx",
        tier: Tier::Web,
        arrival_rate: 30.0,
        distribution: Distribution::Hyperexponential { squared_cv: 4.0 },
        requests: 16_000,
        figures: &[(ResponseTime, 0.05), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "M/M/1/5, λ 80/s, μ 100/s, application",
        room: Room::For(5),
        arrival_rate: 80.0,
        requests: 12_000,
        figures: &[(Blocked, 0.08), (ResponseTime, 0.03), (InStation, 0.03), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "M/M/4/20, λ 500/s, μ 100/s, Nginx",
        tier: Tier::Web,
        servers: 4,
        room: Room::For(20),
        arrival_rate: 500.0,
        requests: 8_000,
        figures: &[(Blocked, 0.08), (ResponseTime, 0.04), (InStation, 0.03), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "Erlang B, c 5, a 3, exponential, MySQL",
        tier: Tier::Database,
        servers: 5,
        room: Room::For(5),
        arrival_rate: 300.0,
        requests: 10_000,
        figures: &[(Blocked, 0.08), (Utilisation, 0.03)],
        ..mm1_case()
    },
    Case {
        law: "Erlang B, c 5, a 3, constant (any distribution), MySQL",
        tier: Tier::Database,
        servers: 5,
        room: Room::For(5),
        arrival_rate: 300.0,
        distribution: Distribution::Constant,
        requests: 10_000,
        figures: &[(Blocked, 0.08), (Utilisation, 0.03)],
        ..mm1_case()
    },
];

const fn mm1_case() -> Case {
    Case {
        law: "",
        tier: Tier::App,
        servers: 1,
        room: Room::Endless,
        arrival_rate: 50.0,
        service_time: MS_10,
        distribution: Distribution::Exponential,
        requests: 0,
        figures: &[],
    }
}

impl Figure {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ResponseTime => "W, ms",
            Self::Percentile95 => "W p95, ms",
            Self::WaitingTime => "Wq, ms",
            Self::InStation => "L",
            Self::Utilisation => "U",
            Self::Blocked => "P_block",
        }
    }
}

impl Case {
    /// The host that the station is on.
    pub const fn host(&self) -> &'static str {
        match self.tier {
            Tier::Web => "web-1",
            Tier::App => "app-1",
            Tier::Database => "db-1",
        }
    }

    /// What theory says; `None` where it says nothing.
    pub fn closed_form(&self, figure: Figure) -> Option<f64> {
        let (rate, service) = (self.arrival_rate, self.service_time.as_secs_f64());
        let is_exponential = self.distribution == Distribution::Exponential;
        let squared_cv = self.distribution.squared_cv();
        match self.room {
            Room::Endless => {
                let steady = if is_exponential {
                    mmc(self.servers, rate, 1.0 / service)
                } else if self.servers == 1 {
                    mg1(rate, service, squared_cv)
                } else {
                    None
                };
                let Steady { response_time, waiting_time, in_station, utilisation, .. } = steady?;
                match figure {
                    ResponseTime => Some(response_time * 1e3),
                    WaitingTime => Some(waiting_time * 1e3),
                    InStation => Some(in_station),
                    Utilisation => Some(utilisation),
                    Blocked => Some(0.0),
                    Percentile95 if is_exponential && self.servers == 1 => {
                        Some(mm1_quantile(rate, 1.0 / service, 0.95)? * 1e3)
                    }
                    Percentile95 => None,
                }
            }
            // Without a queue the distribution does not matter (Erlang B).
            Room::For(capacity) if is_exponential || capacity == self.servers => {
                let bounded = mmck(self.servers, capacity, rate, 1.0 / service)?;
                let Bounded { blocked, in_station, response_time, waiting_time, .. } = bounded;
                match figure {
                    ResponseTime => Some(response_time * 1e3),
                    WaitingTime => Some(waiting_time * 1e3),
                    InStation => Some(in_station),
                    Utilisation => Some(bounded.utilisation),
                    Blocked => Some(blocked),
                    Percentile95 => None,
                }
            }
            Room::For(_) => None,
        }
    }
}
