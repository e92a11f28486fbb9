//! Queueing theory: Poisson arrivals at exponential servers. Rates are per second, times in seconds.

/// What a station does in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// The probability that an arrival has to wait.
    pub wait_probability: f64,
    /// Mean waiting time.
    pub waiting_time: f64,
    /// Mean response time: waiting and service.
    pub response_time: f64,
    /// Mean queue length (Little: arrival rate x waiting time).
    pub queue_length: f64,
    /// Share of time a server is busy.
    pub utilisation: f64,
}

/// Erlang B: the share of arrivals that find all of `servers` busy and are lost; `offered` = arrival rate / service rate.
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| offered * blocked / (f64::from(k) + offered * blocked))
}

/// M/M/c (Erlang C): `None` if the station cannot keep up.
pub fn mmc(servers: u32, arrival_rate: f64, service_rate: f64) -> Option<Steady> {
    let utilisation = arrival_rate / (f64::from(servers) * service_rate);
    if !(0.0..1.0).contains(&utilisation) {
        return None;
    }
    let blocked = erlang_b(servers, arrival_rate / service_rate);
    let wait_probability = blocked / (1.0 - utilisation * (1.0 - blocked));
    let waiting_time = wait_probability / (f64::from(servers) * service_rate - arrival_rate);
    Some(Steady {
        wait_probability,
        waiting_time,
        response_time: waiting_time + 1.0 / service_rate,
        queue_length: arrival_rate * waiting_time,
        utilisation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-7, "{found} is not {expected}");
    }

    #[test]
    fn erlang_b_has_its_tabled_values() {
        close(erlang_b(1, 0.5), 0.333_333);
        close(erlang_b(5, 3.0), 0.110_054);
        close(erlang_b(50, 40.0), 0.018_691);
    }

    #[test]
    fn erlang_c_has_its_tabled_values() {
        for (c, arrivals, services, wait, waiting, response, queue) in [
            (1, 80.0, 100.0, 0.8, 0.04, 0.05, 3.2),
            (2, 150.0, 100.0, 0.642_857, 0.012_857, 0.022_857, 1.928_571),
            (4, 320.0, 100.0, 0.596_432, 0.007_455, 0.017_455, 2.385_730),
            (10, 900.0, 100.0, 0.668_732, 0.006_687, 0.016_687, 6.018_584),
        ] {
            let steady = mmc(c, arrivals, services).unwrap();
            close(steady.wait_probability, wait);
            close(steady.waiting_time, waiting);
            close(steady.response_time, response);
            close(steady.queue_length, queue);
        }
        assert_eq!(mmc(1, 100.0, 100.0), None);
    }
}
