//! The closed forms judge the simulation: over many seeds each must lie in the simulation's confidence interval, and the
//! interval must be narrow enough for a wrong model to fall out of it. The seeds are fixed: a test that passes goes on
//! passing until the model or its chance is changed. Of 1,000 true rows one falls out of its interval by such a change.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use foobar_lab::infra::Distribution;
use foobar_lab::kernel::{SimDuration, SimTime};
use foobar_lab::run::proof::{self, CASES, Case, Room, Row};
use foobar_lab::sim::{History, Simulation};

#[track_caller]
fn assert_proved(rows: &[Row]) {
    println!("{}", proof::table(rows));
    for row in rows {
        assert!(row.holds(), "the closed form does not hold: {row} {:?}", row.extent);
        assert!(row.is_sharp(), "the interval proves nothing: {row}");
    }
}

#[test]
fn stations_hold_queueing_theory() {
    assert_proved(&proof::queueing().unwrap());
}

#[test]
fn deaths_and_returns_are_noticed_in_the_time_the_formulas_give() {
    let rows = proof::detection().unwrap();
    assert_proved(&rows);
    for row in &rows {
        assert_eq!(row.samples % (24 * 60), 0, "each is noticed by all who watch: {row}");
    }
    // Every phase of the checks and adverts is met: what was seen reaches from end to end.
    for row in rows {
        let extent = row.extent.unwrap();
        let [seen, allowed] = [extent.found, extent.allowed].map(|[low, high]| high - low);
        assert!(seen > 0.97 * allowed, "{row}: {extent:?}");
    }
}

#[test]
fn failures_and_repairs_hold_reliability_theory() {
    assert_proved(&proof::availability().unwrap());
}

/// The judge can say no: stations 5 % slower than claimed fall out of the interval.
#[test]
fn a_model_five_percent_wrong_is_found_out() {
    for case in [CASES[0], CASES[2], CASES[8]] {
        let slower = Case { service_time: case.service_time.scaled(1.05), ..case };
        let wrong = slower.prove().unwrap();
        let refuted = case.figures.iter().zip(&wrong).filter(|((figure, _), row)| {
            let closed_form = case.closed_form(*figure).unwrap();
            !Row { closed_form, ..(*row).clone() }.holds()
        });
        assert!(refuted.count() > 0, "{}: {wrong:?}", case.law);
        assert!(wrong.iter().all(Row::holds), "its own closed forms hold: {wrong:?}");
    }
}

/// Runs a case until the last user has left, and nobody new is there.
fn emptied(case: &Case) -> Simulation {
    let mut simulation = Simulation::new(&case.plan(1), History::Off).unwrap();
    simulation.advance_to(SimTime::from_ms(20_000));
    while simulation.counts().in_flight > 0 {
        let next = simulation.next_event_at().unwrap();
        simulation.advance_to(next + SimDuration::from_ns(1));
    }
    simulation
}

/// Little's law is no matter of chance: from one moment of emptiness to another, the time that users waited for answers,
/// summed by the users, is the number in the station, summed over time by the station. To the nanosecond.
#[test]
fn littles_law_is_exact_between_two_moments_of_emptiness() {
    // The overloaded one is never empty again.
    for case in CASES.iter().filter(|case| case.arrival_rate < 400.0) {
        let simulation = emptied(case);
        let station = simulation.effort(case.host()).unwrap();
        assert_eq!(
            simulation.response_times().sum(),
            station.busy + station.waited,
            "{}",
            case.law
        );
        assert_eq!(simulation.counts().ok, station.served, "{}", case.law);
        assert!(station.served > 400, "{}", case.law);
        assert_eq!(case.room == Room::Endless, simulation.counts().failed == 0, "{}", case.law);
    }
}

/// The utilisation law too: with constant service times the workers were busy for so many times one service.
#[test]
fn the_utilisation_law_is_exact_for_constant_service_times() {
    for case in CASES.iter().filter(|case| case.distribution == Distribution::Constant) {
        let station = emptied(case).effort(case.host()).unwrap();
        assert_eq!(station.busy, case.service_time * station.served, "{}", case.law);
    }
}
