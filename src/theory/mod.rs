//! Closed forms: what queueing theory, reliability theory and the protocols' own formulas say. The judge of the
//! simulation, and so ignorant of it.

pub mod availability;
pub mod detection;
pub mod finite;
pub mod queueing;
pub mod vrrp;

/// For the tests of this room: equal to the printed digits of a value.
#[cfg(test)]
#[track_caller]
fn close(found: f64, printed: f64) {
    assert!((found - printed).abs() < 5.000_001e-7, "{found} is not {printed}");
}
