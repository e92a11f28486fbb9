//! The lanes of a gutter: every source has one trunk there, and the trunks stand in the order that makes the fewest lines
//! cross.

use crate::kernel::small;

/// A source's way through a gutter: in at one height, out at others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trunk {
    /// Where it comes in.
    pub(super) enters: f64,
    /// Where it goes out.
    pub(super) leaves: Vec<f64>,
}

impl Trunk {
    /// Its upper and lower end.
    pub(super) fn span(&self) -> (f64, f64) {
        let top = self.leaves.iter().copied().fold(self.enters, f64::min);
        let bottom = self.leaves.iter().copied().fold(self.enters, f64::max);
        (top, bottom)
    }
}

/// More trunks than this keep their order: there would be too many orders to try.
const TRIED: usize = 5;

/// For every trunk its lane, counted from the side where they come in.
pub(super) fn order(trunks: &[Trunk]) -> Vec<usize> {
    let identity: Vec<usize> = (0..trunks.len()).collect();
    if trunks.len() > TRIED {
        return identity;
    }
    let mut best = (cost(trunks, &identity), identity.clone());
    let mut lanes = identity;
    permute(&mut lanes, 0, &mut |lanes| {
        let cost = cost(trunks, lanes);
        if cost < best.0 {
            best = (cost, lanes.to_vec());
        }
    });
    best.1
}

fn permute(lanes: &mut [usize], from: usize, visit: &mut impl FnMut(&[usize])) {
    if from + 1 >= lanes.len() {
        visit(lanes);
        return;
    }
    for index in from..lanes.len() {
        lanes.swap(from, index);
        permute(lanes, from + 1, visit);
        lanes.swap(from, index);
    }
}

/// Crossings; two lines on top of each other are worse than any number of these.
fn cost(trunks: &[Trunk], lanes: &[usize]) -> usize {
    let mut cost = 0;
    for (near, near_lane) in trunks.iter().zip(lanes) {
        for (far, far_lane) in trunks.iter().zip(lanes).filter(|(_, far)| *far > near_lane) {
            debug_assert!(near_lane != far_lane);
            let crosses = |y: f64, trunk: &Trunk| {
                let (top, bottom) = trunk.span();
                y > top - 1.0 && y < bottom + 1.0
            };
            cost += near.leaves.iter().filter(|y| crosses(**y, far)).count();
            cost += usize::from(crosses(far.enters, near));
            cost += 100 * near.leaves.iter().filter(|y| (**y - far.enters).abs() < 3.0).count();
        }
    }
    cost
}

/// For every trunk that comes in and goes out on one side its lane, counted from that side: the short ones inside, and
/// trunks that do not meet share one.
pub(super) fn nested(trunks: &[Trunk]) -> Vec<usize> {
    let length = |trunk: &Trunk| trunk.span().1 - trunk.span().0;
    let mut by_length: Vec<usize> = (0..trunks.len()).collect();
    small::sort_by_key(&mut by_length, |index| length(&trunks[*index]));
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut lanes = vec![0; trunks.len()];
    for index in by_length {
        let (top, bottom) = trunks[index].span();
        let is_free = |lane: &Vec<(f64, f64)>| {
            lane.iter().all(|(other_top, other_bottom)| {
                bottom + 4.0 < *other_top || *other_bottom + 4.0 < top
            })
        };
        let lane = taken.iter().position(is_free).unwrap_or(taken.len());
        if lane == taken.len() {
            taken.push(Vec::new());
        }
        taken[lane].push((top, bottom));
        lanes[index] = lane;
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(enters: f64, leaves: &[f64]) -> Trunk {
        Trunk { enters, leaves: leaves.to_vec() }
    }

    #[test]
    fn two_trunks_that_need_not_cross_do_not() {
        // Both end below: the upper source has to take the far lane.
        let trunks = [trunk(0.0, &[100.0]), trunk(50.0, &[120.0])];
        let lanes = order(&trunks);
        assert_eq!(cost(&trunks, &lanes), 0, "{lanes:?}");
    }

    #[test]
    fn trunks_that_do_not_meet_share_a_lane() {
        let lanes = nested(&[trunk(0.0, &[50.0]), trunk(20.0, &[90.0]), trunk(60.0, &[80.0])]);
        assert_eq!(lanes, [0, 1, 0]);
    }
}
