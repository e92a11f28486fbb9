//! Availability of parts that fail independently of each other.

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

/// Hours of a year in which it does not work.
pub fn downtime_hours_per_year(availability: f64) -> f64 {
    HOURS_PER_YEAR * (1.0 - availability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_balancers_hardly_matter_while_web_and_database_are_single() {
        let balancers = parallel(&[availability(4380.0, 1.0); 2]);
        let apps = parallel(&[availability(1460.0, 2.0); 2]);
        let stack =
            series(&[balancers, availability(2190.0, 2.0), apps, availability(4380.0, 4.0)]);
        assert!((stack - 0.998_174).abs() < 5e-7, "{stack}");
        assert!((downtime_hours_per_year(stack) - 15.995).abs() < 5e-3);
    }
}
