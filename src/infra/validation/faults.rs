//! The walk over a plan: where it is, and what is wrong there. A check is one call that makes no text while all is well: there are many.

use std::fmt::Display;

use crate::infra::printable::{is_printable, is_visible};
use crate::infra::{Distribution, Invalid, Setting};
use crate::kernel::{SimDuration, small};

/// The shortest time that is more than none.
pub(super) const MS: SimDuration = SimDuration::from_ms(1);
pub(super) const SECOND: SimDuration = SimDuration::from_secs(1);
pub(super) const MINUTE: SimDuration = SimDuration::from_secs(60);
pub(super) const HOUR: SimDuration = SimDuration::from_secs(3600);
pub(super) const DAY: SimDuration = SimDuration::from_secs(86_400);
/// The most that HAProxy's `int` holds: counts of a haproxy.cfg come by here.
pub(super) const MOST: u32 = i32::MAX as u32;
/// The most characters of a name.
const NAME: usize = 60;
/// And of a name that is made of others, as a rule's is.
pub(super) const LONG_NAME: usize = 200;
/// The most characters of a line for people.
const LINE: usize = 300;

/// What is wrong, and where the walk is, such as `infrastructure.hosts[2]`.
pub(super) struct Faults {
    pub(super) found: Vec<Invalid>,
    path: String,
}

impl Faults {
    /// At the field of a plan file that holds what stands there.
    pub(super) fn new() -> Self {
        Self { found: Vec::new(), path: "infrastructure".to_owned() }
    }

    /// Goes down by a part of the path; what it returns is for [`leave`](Self::leave).
    pub(super) fn enter(&mut self, part: &str) -> usize {
        let back = self.path.len();
        self.path.push('.');
        self.path.push_str(part);
        back
    }

    /// Goes down to an item of a list.
    pub(super) fn enter_item(&mut self, list: &str, index: usize) -> usize {
        let back = self.enter(list);
        self.path.push('[');
        self.path.push_str(&index.to_string());
        self.path.push(']');
        back
    }

    pub(super) fn leave(&mut self, back: usize) {
        self.path.truncate(back);
    }

    #[inline(never)]
    pub(super) fn expect(&mut self, holds: bool, field: &str, found: &dyn Display, allowed: &str) {
        if !holds {
            let back = self.enter(field);
            // A terminal would take orders from what it is shown.
            let shown = |letter| if is_printable(letter) { letter } else { '\u{fffd}' };
            let found: String = found.to_string().chars().take(60).map(shown).collect();
            let field = self.path.clone();
            self.leave(back);
            self.found.push(Invalid {
                field,
                found: format!("`{found}`"),
                allowed: allowed.to_owned(),
            });
        }
    }

    /// A count lies within bounds.
    pub(super) fn count(&mut self, field: &str, found: u32, least: u32, most: u32) {
        if !(least..=most).contains(&found) {
            self.expect(false, field, &found, &format!("{least} to {most}"));
        }
    }

    /// A count lies within what an edit may make it.
    pub(super) fn set(&mut self, field: &str, found: u32, setting: Setting) {
        let (least, most) = setting.range();
        self.count(field, found, least, most);
    }

    /// A time lies within bounds.
    pub(super) fn time(
        &mut self,
        field: &str,
        found: SimDuration,
        least: SimDuration,
        most: SimDuration,
    ) {
        if found < least || found > most {
            let allowed = format!("{least} to {}", in_hours(most));
            self.expect(false, field, &found, &allowed);
        }
    }

    /// A name that people give.
    pub(super) fn name(&mut self, field: &str, name: &str, most: usize) {
        let is_short = (1..=most).contains(&name.chars().count());
        let is_fine = is_short && name.chars().all(is_printable);
        if !is_fine {
            self.expect(false, field, &name, &format!("1 to {most} printable characters"));
        } else if !name.chars().any(is_visible) {
            let allowed = format!("1 to {most} printable characters, not only blanks");
            self.expect(false, field, &name, &allowed);
        }
    }

    /// A name as long as most are.
    pub(super) fn short_name(&mut self, field: &str, name: &str) {
        self.name(field, name, NAME);
    }

    /// A line for people, or for a program: it may be empty.
    pub(super) fn line(&mut self, field: &str, text: &str) {
        let is_fine = text.chars().count() <= LINE && text.chars().all(is_printable);
        self.expect(is_fine, field, &text, "at most 300 printable characters");
    }

    pub(super) fn distribution(&mut self, distribution: Distribution) {
        if let Some((figure, found, allowed)) = distribution.fault() {
            let back = self.enter("service_distribution");
            self.expect(false, figure, &found, allowed);
            self.leave(back);
        }
    }

    /// Each value, with its field's path from here, stands once.
    pub(super) fn unique(&mut self, values: Vec<(String, String)>) {
        let mut seen: Vec<(String, String)> = Vec::new();
        for (value, field) in values {
            match small::find(&seen, &value) {
                Some(first) => {
                    let allowed = format!("a value of its own ({first} has this one)");
                    self.expect(false, &field, &value, &allowed);
                }
                None => seen.push((value, field)),
            }
        }
    }
}

/// The values of a field of every item of a list, with their paths.
pub(super) fn each<T>(
    list: &str,
    own: &str,
    of: &[T],
    value: fn(&T) -> String,
) -> Vec<(String, String)> {
    let path = |index: usize| format!("{list}[{index}].{own}");
    of.iter().enumerate().map(|(index, one)| (value(one), path(index))).collect()
}

/// Names with commas between.
pub(super) fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A label of a DNS name (RFC 1123 2.1): what a machine may be called.
pub(super) fn is_label(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let ends_well = !name.starts_with('-') && !name.ends_with('-');
    (1..=63).contains(&name.len()) && name.bytes().all(fits) && ends_well
}

/// A time as people say it: whole hours as such.
fn in_hours(time: SimDuration) -> String {
    let hour = HOUR.as_ns();
    let is_whole = time >= HOUR && time.as_ns().is_multiple_of(hour);
    if is_whole { format!("{}h", time.as_ns() / hour) } else { time.to_string() }
}
