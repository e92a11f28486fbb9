//! The links as they run through a landscape's columns.

use super::wires::Wire;
use crate::infra::Place;

/// A wire as it runs: from a column to one that is not before it.
pub(super) struct Way<'a> {
    pub(super) wire: &'a Wire,
    pub(super) from: &'a Place,
    pub(super) to: &'a Place,
    pub(super) columns: (usize, usize),
    pub(super) is_turned: bool,
}

/// A trunk: its gutter, its source, and whether it comes from the corridor below the columns.
pub(super) type Key<'a> = (usize, &'a Place, bool);

impl<'a> Way<'a> {
    /// The way of a wire between these columns.
    pub(super) fn new(wire: &'a Wire, (from, to): (usize, usize)) -> Self {
        if from <= to {
            Self { wire, from: &wire.from, to: &wire.to, columns: (from, to), is_turned: false }
        } else {
            Self { wire, from: &wire.to, to: &wire.from, columns: (to, from), is_turned: true }
        }
    }
}

impl Way<'_> {
    /// Whether it leads to a later column.
    pub(super) fn is_forward(&self) -> bool {
        self.columns.0 < self.columns.1
    }

    /// Whether it comes to its column through this gutter.
    pub(super) fn arrives_through(&self, gutter: usize) -> bool {
        self.is_forward() && self.columns.1 - 1 == gutter
    }

    /// Whether it passes a column by.
    pub(super) fn is_long(&self) -> bool {
        self.columns.1 > self.columns.0 + 1
    }

    /// Its trunk in its first gutter, and the one in its last if that is another.
    pub(super) fn keys(&self) -> (Key<'_>, Option<Key<'_>>) {
        let last = self.is_long().then(|| (self.columns.1 - 1, self.from, true));
        ((self.columns.0, self.from, false), last)
    }
}
