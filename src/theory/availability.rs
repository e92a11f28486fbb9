//! Availability of parts that fail and are repaired independently of each other, each with a repairer of its own, and whose
//! tasks are taken over at once and without fail: real figures are worse by the time it takes to notice.
//! Source: Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science Applications (2001).

/// Hours of a year.
const HOURS_PER_YEAR: f64 = 8760.0;

/// The share of time a part works: MTBF / (MTBF + MTTR), both in the same unit, MTBF counted to the failure.
pub fn availability(mtbf: f64, mttr: f64) -> f64 {
    mtbf / (mtbf + mttr)
}

/// All parts are needed.
pub fn series(parts: &[f64]) -> f64 {
    parts.iter().product()
}

/// One part is enough.
pub fn parallel(parts: &[f64]) -> f64 {
    1.0 - parts.iter().map(|part| 1.0 - part).product::<f64>()
}

/// At least `k` of `n` equal parts are needed.
pub fn k_of_n(k: u32, n: u32, part: f64) -> f64 {
    // exactly[i]: the probability that i of the parts looked at so far work.
    let mut exactly = vec![0.0; n as usize + 1];
    exactly[0] = 1.0;
    for _ in 0..n {
        for i in (0..exactly.len()).rev() {
            let one_fewer = if i == 0 { 0.0 } else { exactly[i - 1] };
            exactly[i] = exactly[i] * (1.0 - part) + one_fewer * part;
        }
    }
    exactly.iter().skip(k as usize).sum()
}

/// Availability of a part as users meet it when its return is noticed only so long after the repair, and it stays unused
/// until then. All in one unit.
pub fn noticed_late(mtbf: f64, mttr: f64, unnoticed: f64) -> f64 {
    (mtbf - unnoticed) / (mtbf + mttr)
}

/// Availability of a part that others stand in for, as users meet it when its failure is noticed only after so long: until
/// then its `share` of the requests is lost. All times in one unit.
pub fn taken_over_late(mtbf: f64, mttr: f64, unnoticed: f64, share: f64) -> f64 {
    1.0 - share * unnoticed / (mtbf + mttr)
}

/// Hours of a year in which it does not work.
pub fn downtime_hours_per_year(availability: f64) -> f64 {
    HOURS_PER_YEAR * (1.0 - availability)
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;

    #[test]
    fn parts_have_their_tabled_values() {
        close(availability(1000.0, 1.0), 0.999_001);
        close(availability(8760.0, 4.0), 0.999_544);
        close(availability(720.0, 0.5), 0.999_306);
        close(availability(2000.0, 8.0), 0.996_016);
    }

    #[test]
    fn series_and_parallel_have_their_tabled_values() {
        let parts =
            [availability(1000.0, 1.0), availability(8760.0, 4.0), availability(720.0, 0.5)];
        close(series(&parts), 0.997_852);
        let pair = parallel(&[availability(1000.0, 1.0); 2]);
        assert!((pair - 0.999_999_002).abs() < 5e-10, "{pair}");
        close(parallel(&[availability(2000.0, 8.0); 2]), 0.999_984);
    }

    #[test]
    fn k_of_n_has_its_tabled_values_and_ends_in_series_and_parallel() {
        close(k_of_n(2, 3, 0.99), 0.999_702);
        close(k_of_n(3, 5, 0.95), 0.998_842);
        close(k_of_n(4, 4, 0.99), 0.960_596);
        close(k_of_n(1, 2, 0.9), parallel(&[0.9; 2]));
        close(k_of_n(3, 3, 0.9), series(&[0.9; 3]));
        close(k_of_n(0, 3, 0.9), 1.0);
    }

    #[test]
    fn two_balancers_hardly_matter_while_web_and_database_are_single() {
        let balancers = parallel(&[availability(4380.0, 1.0); 2]);
        let apps = parallel(&[availability(1460.0, 2.0); 2]);
        let stack =
            series(&[balancers, availability(2190.0, 2.0), apps, availability(4380.0, 4.0)]);
        close(stack, 0.998_174);
        assert!((downtime_hours_per_year(stack) - 15.995).abs() < 5e-4);
        assert!((downtime_hours_per_year(0.999) - 8.76).abs() < 5e-3);
        assert!((downtime_hours_per_year(0.9999) - 0.876).abs() < 5e-4);
    }

    #[test]
    fn what_is_noticed_late_is_a_longer_repair() {
        close(noticed_late(100.0, 10.0, 0.0), availability(100.0, 10.0));
        close(1.0 - noticed_late(100.0, 10.0, 3.0), 13.0 / 110.0);
    }

    #[test]
    fn what_is_taken_over_late_costs_its_share_of_the_window() {
        close(taken_over_late(80.0, 20.0, 5.0, 0.5), 0.975);
        close(taken_over_late(80.0, 20.0, 0.0, 0.5), 1.0);
    }
}
