//! Where one is, in the fragment of the address: never sent to a server, and it works from a file.

use crate::lesson::{LECTURE, WhatIf};

/// A place in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The lab.
    Lab,
    /// An exercise.
    WhatIf(WhatIf),
    /// A step of the lecture, counted from 0.
    Lecture(usize),
    /// The self-check of this browser.
    Check,
}

impl Route {
    /// Whether it is the lab itself, not an exercise or the lecture.
    pub(super) const fn is_in_lab(self) -> bool {
        matches!(self, Self::Lab | Self::Check)
    }

    /// The place a fragment names, with or without `#`; `None` if it names none.
    pub(super) fn parse(fragment: &str) -> Option<Self> {
        let fragment = fragment.trim_start_matches('#');
        match fragment.split_once('/') {
            None if fragment.is_empty() || fragment == "lab" => Some(Self::Lab),
            None if fragment == "lecture" => Some(Self::Lecture(0)),
            None if fragment == "check" => Some(Self::Check),
            Some(("what-if", id)) => WhatIf::find(id).map(Self::WhatIf),
            Some(("lecture", step)) => {
                let step: usize = step.parse().ok()?;
                (1..=LECTURE.len()).contains(&step).then(|| Self::Lecture(step - 1))
            }
            _ => None,
        }
    }

    /// The fragment that names this place.
    pub(super) fn fragment(self) -> String {
        match self {
            Self::Lab => "#lab".to_owned(),
            Self::WhatIf(what_if) => format!("#what-if/{}", what_if.id),
            Self::Lecture(step) => format!("#lecture/{}", step + 1),
            Self::Check => "#check".to_owned(),
        }
    }

    /// Goes there: the address changes, and with it the page.
    pub(super) fn go(self) {
        let _ = leptos::prelude::window().location().set_hash(&self.fragment());
    }
}
