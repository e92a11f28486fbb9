//! Queueing theory where not everybody can come: stations with bounded room, and a bounded number of users. Rates are per
//! second, times in seconds. Sources: Kleinrock, Queueing Systems I (1975), chapter 3; Reiser and Lavenberg (1980).

use super::queueing::{little, utilisation};

/// What a station with bounded room does in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The share of arrivals that find it full and are lost.
    pub blocked: f64,
    /// Arrivals let in each second.
    pub accepted_rate: f64,
    /// Mean number in the station L.
    pub in_station: f64,
    /// Mean response time W of those let in.
    pub response_time: f64,
    /// Mean waiting time Wq of those let in.
    pub waiting_time: f64,
    /// Share of time a server is busy U.
    pub utilisation: f64,
}

/// M/M/c/K: `capacity` counts those in service too. It needs no stability. `None` if there are no servers, or fewer places
/// than servers.
pub fn mmck(servers: u32, capacity: u32, arrival_rate: f64, service_rate: f64) -> Option<Bounded> {
    if servers == 0 || capacity < servers {
        return None;
    }
    // p(n) = p(n-1) x arrival rate / (service rate x busy servers), up to a factor that cancels.
    let (mut weight, mut sum, mut weighted) = (1.0, 1.0, 0.0);
    for n in 1..=capacity {
        weight *= arrival_rate / (service_rate * f64::from(n.min(servers)));
        sum += weight;
        weighted += weight * f64::from(n);
    }
    let blocked = weight / sum;
    let accepted_rate = arrival_rate * (1.0 - blocked);
    let in_station = weighted / sum;
    let response_time = in_station / accepted_rate;
    Some(Bounded {
        blocked,
        accepted_rate,
        in_station,
        response_time,
        waiting_time: response_time - 1.0 / service_rate,
        utilisation: utilisation(accepted_rate, 1.0 / service_rate, servers),
    })
}

/// What a closed loop does in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Mean response time R.
    pub response_time: f64,
    /// Requests served each second X.
    pub throughput: f64,
    /// Mean number in the station Q; the other users think.
    pub in_station: f64,
}

/// A closed loop: each of `users` thinks for a mean of `think_time`, sends a request to one exponential server and waits for
/// the answer. Exact mean value analysis: who comes sees the station as it is with one user fewer.
pub fn closed_loop(users: u32, think_time: f64, service_time: f64) -> Closed {
    let alone = Closed { response_time: service_time, throughput: 0.0, in_station: 0.0 };
    (1..=users).fold(alone, |fewer, n| {
        let response_time = service_time * (1.0 + fewer.in_station);
        let throughput = f64::from(n) / (response_time + think_time);
        Closed { response_time, throughput, in_station: little(throughput, response_time) }
    })
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::super::queueing::{erlang_b, mmc};
    use super::*;

    #[test]
    fn mmck_has_its_tabled_values() {
        for (c, k, arrivals, services, blocked, accepted, inside, response, busy) in [
            (1, 5, 80.0, 100.0, 0.088_819, 72.894_440, 1.868_332, 0.025_631, 0.728_944),
            (2, 10, 150.0, 100.0, 0.016_906, 147.464_162, 2.892_423, 0.019_614, 0.737_321),
            (4, 20, 500.0, 100.0, 0.202_843, 398.578_558, 16.270_549, 0.040_821, 0.996_446),
            (1, 1, 50.0, 100.0, 0.333_333, 33.333_333, 0.333_333, 0.01, 0.333_333),
        ] {
            let bounded = mmck(c, k, arrivals, services).unwrap();
            close(bounded.blocked, blocked);
            close(bounded.accepted_rate, accepted);
            close(bounded.in_station, inside);
            close(bounded.response_time, response);
            close(bounded.utilisation, busy);
        }
        assert_eq!(mmck(2, 1, 1.0, 1.0), None);
    }

    #[test]
    fn without_a_queue_it_is_erlang_b_and_with_endless_room_erlang_c() {
        close(mmck(5, 5, 3.0, 1.0).unwrap().blocked, erlang_b(5, 3.0));
        let roomy = mmck(2, 400, 150.0, 100.0).unwrap();
        close(roomy.response_time, mmc(2, 150.0, 100.0).unwrap().response_time);
    }

    #[test]
    fn the_closed_loop_has_its_tabled_values() {
        for (users, think, service, response, throughput) in [
            (10, 1.0, 0.05, 0.082_165, 9.240_737),
            (50, 1.0, 0.05, 1.5, 20.0),
            (100, 2.0, 0.01, 0.019_445, 49.518_564),
        ] {
            let closed = closed_loop(users, think, service);
            close(closed.response_time, response);
            close(closed.throughput, throughput);
            close(closed.in_station, throughput * response_time_of(users, think, service));
        }
    }

    /// The response time law: users / throughput - think time.
    fn response_time_of(users: u32, think: f64, service: f64) -> f64 {
        f64::from(users) / closed_loop(users, think, service).throughput - think
    }
}
