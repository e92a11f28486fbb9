//! What each setting means, for people: only what explains it needs these words, so they stand apart from what sets it.

use super::Setting;
use super::rows::MEANINGS;

/// What is to be said of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// As the program's configuration writes it, or what it is called where no directive sets it.
    pub directive: &'static str,
    /// What is counted; empty where a word is chosen.
    pub unit: &'static str,
    /// The program's own default.
    pub default: &'static str,
    /// One line.
    pub line: &'static str,
}

impl Setting {
    /// What it means.
    pub fn meaning(self) -> Meaning {
        let [directive, unit, default, line] = MEANINGS[self as usize];
        Meaning { directive, unit, default, line }
    }
}
