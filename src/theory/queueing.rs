//! Queueing theory: stations with room for everybody and Poisson arrivals. Rates are per second, times in seconds.
//! Sources: Kleinrock, Queueing Systems I (1975), chapters 3 and 5; Little (1961).

/// What a station does in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// The probability that an arrival has to wait.
    pub wait_probability: f64,
    /// Mean waiting time Wq.
    pub waiting_time: f64,
    /// Mean response time W: waiting and service.
    pub response_time: f64,
    /// Mean queue length Lq.
    pub queue_length: f64,
    /// Mean number in the station L: waiting and in service.
    pub in_station: f64,
    /// Share of time a server is busy U.
    pub utilisation: f64,
}

/// Little's law: the mean number of those inside, from the rate at which they come and the mean time they stay.
pub fn little(arrival_rate: f64, time_inside: f64) -> f64 {
    arrival_rate * time_inside
}

/// The utilisation law: the share of time that each of `servers` is busy.
pub fn utilisation(arrival_rate: f64, service_time: f64, servers: u32) -> f64 {
    arrival_rate * service_time / f64::from(servers)
}

/// Erlang B: the share of arrivals that find all of `servers` busy and are lost; `offered` = arrival rate x mean service
/// time, in erlangs. It holds for every distribution of the service time (Sevastyanov 1957).
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| offered * blocked / (f64::from(k) + offered * blocked))
}

/// Erlang C: the share of arrivals that find all of `servers` busy and wait; 1 if the station cannot keep up.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let blocked = erlang_b(servers, offered);
    let load = offered / f64::from(servers);
    if load < 1.0 { blocked / (1.0 - load * (1.0 - blocked)) } else { 1.0 }
}

/// M/M/1: `None` if the station cannot keep up.
pub fn mm1(arrival_rate: f64, service_rate: f64) -> Option<Steady> {
    mmc(1, arrival_rate, service_rate)
}

/// M/M/1: the response time that this share (0 to 1, exclusive) of all do not exceed: it is exponential.
pub fn mm1_quantile(arrival_rate: f64, service_rate: f64, share: f64) -> Option<f64> {
    let steady = mm1(arrival_rate, service_rate)?;
    Some(-libm::log(1.0 - share) * steady.response_time)
}

/// M/M/c: `None` if the station cannot keep up.
pub fn mmc(servers: u32, arrival_rate: f64, service_rate: f64) -> Option<Steady> {
    let capacity = f64::from(servers) * service_rate;
    let wait_probability = erlang_c(servers, arrival_rate / service_rate);
    let waiting_time = wait_probability / (capacity - arrival_rate);
    steady(servers, arrival_rate, 1.0 / service_rate, wait_probability, waiting_time)
}

/// M/D/1, every service as long as the other: `None` if the station cannot keep up.
pub fn md1(arrival_rate: f64, service_time: f64) -> Option<Steady> {
    mg1(arrival_rate, service_time, 0.0)
}

/// M/G/1 (Pollaczek 1930, Khinchine 1932): `squared_cv` is the variance of the service time over its mean's square, 0 if
/// constant, 1 if exponential. `None` if the station cannot keep up.
pub fn mg1(arrival_rate: f64, service_time: f64, squared_cv: f64) -> Option<Steady> {
    let load = arrival_rate * service_time;
    let waiting_time = load * service_time * (1.0 + squared_cv) / (2.0 * (1.0 - load));
    steady(1, arrival_rate, service_time, load, waiting_time)
}

/// What follows from the waiting time by the two laws, if the station can keep up.
fn steady(
    servers: u32,
    arrival_rate: f64,
    service_time: f64,
    wait_probability: f64,
    waiting_time: f64,
) -> Option<Steady> {
    let utilisation = utilisation(arrival_rate, service_time, servers);
    let response_time = waiting_time + service_time;
    (0.0..1.0).contains(&utilisation).then(|| Steady {
        wait_probability,
        waiting_time,
        response_time,
        queue_length: little(arrival_rate, waiting_time),
        in_station: little(arrival_rate, response_time),
        utilisation,
    })
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn mm1_has_its_tabled_values() {
        for (arrivals, inside, queue, response, waiting, p95) in [
            (50.0, 1.0, 0.5, 0.02, 0.01, 0.059_915),
            (80.0, 4.0, 3.2, 0.05, 0.04, 0.149_787),
            (95.0, 19.0, 18.05, 0.2, 0.19, 0.599_146),
        ] {
            let steady = mm1(arrivals, 100.0).unwrap();
            close(steady.in_station, inside);
            close(steady.queue_length, queue);
            close(steady.response_time, response);
            close(steady.waiting_time, waiting);
            close(steady.wait_probability, arrivals / 100.0);
            close(mm1_quantile(arrivals, 100.0, 0.95).unwrap(), p95);
        }
    }

    #[test]
    fn erlang_b_has_its_tabled_values() {
        close(erlang_b(1, 0.5), 0.333_333);
        close(erlang_b(5, 3.0), 0.110_054);
        close(erlang_b(10, 8.0), 0.121_661);
        close(erlang_b(50, 40.0), 0.018_691);
    }

    #[test]
    fn mmc_and_erlang_c_have_their_tabled_values() {
        for (c, arrivals, services, lost, wait, waiting, response, queue) in [
            (2, 150.0, 100.0, 0.310_345, 0.642_857, 0.012_857, 0.022_857, 1.928_571),
            (4, 320.0, 100.0, 0.228_145, 0.596_432, 0.007_455, 0.017_455, 2.385_730),
            (10, 900.0, 100.0, 0.167_963, 0.668_732, 0.006_687, 0.016_687, 6.018_584),
            (3, 2.0, 1.0, 0.210_526, 0.444_444, 0.444_444, 1.444_444, 0.888_889),
        ] {
            close(erlang_b(c, arrivals / services), lost);
            close(erlang_c(c, arrivals / services), wait);
            let steady = mmc(c, arrivals, services).unwrap();
            close(steady.wait_probability, wait);
            close(steady.waiting_time, waiting);
            close(steady.response_time, response);
            close(steady.queue_length, queue);
        }
    }

    #[test]
    fn md1_and_mg1_have_their_tabled_values() {
        for (arrivals, service, waiting, response) in [
            (50.0, 0.01, 0.005, 0.015),
            (80.0, 0.01, 0.02, 0.03),
            (95.0, 0.01, 0.095, 0.105),
            (9.0, 0.1, 0.45, 0.55),
        ] {
            let steady = md1(arrivals, service).unwrap();
            close(steady.waiting_time, waiting);
            close(steady.response_time, response);
        }
        for (arrivals, squared_cv, waiting) in
            [(80.0, 0.0, 0.02), (80.0, 1.0, 0.04), (80.0, 4.0, 0.1), (50.0, 0.25, 0.00625)]
        {
            close(mg1(arrivals, 0.01, squared_cv).unwrap().waiting_time, waiting);
        }
    }

    #[test]
    fn a_station_that_cannot_keep_up_has_no_steady_state() {
        assert_eq!(mm1(100.0, 100.0), None);
        assert_eq!(mmc(2, 250.0, 100.0), None);
        assert_eq!(mg1(100.0, 0.01, 0.0), None);
        close(erlang_c(2, 2.5), 1.0);
    }

    #[test]
    fn the_two_laws_tie_the_figures_together() {
        close(little(150.0, 0.022_857_142_857), 3.428_571);
        close(utilisation(150.0, 0.01, 2), 0.75);
        let steady = mmc(2, 150.0, 100.0).unwrap();
        close(steady.in_station - steady.queue_length, 2.0 * steady.utilisation);
    }
}
