//! What every writer here needs: lines with their depth, comments that stay comments whatever a plan is called, names and times as
//! the programs take them. Knows no program.

use std::net::Ipv4Addr;

use crate::infra::Zone;
use crate::kernel::SimDuration;

/// A file that grows.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// A file that begins with these lines as comments.
    pub(super) fn new(head: &[&str]) -> Self {
        let mut text = Self::default();
        for line in head {
            text.note(0, line);
        }
        text
    }

    /// A line, so many levels in.
    pub(super) fn line(&mut self, depth: usize, line: &str) {
        for _ in 0..depth {
            self.text.push_str("    ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment on the lines below it.
    pub(super) fn note(&mut self, depth: usize, note: &str) {
        self.line(depth, format!("# {}", clean(note)).trim_end());
    }

    /// An empty line, and what opens a new part.
    pub(super) fn part(&mut self, line: &str) {
        self.blank();
        self.line(0, line);
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// The file.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The text on one line: a plan's own words must not begin a directive.
pub(super) fn clean(text: &str) -> String {
    let is_break = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect()
}

/// The text as a name that every program takes: letters, digits and `-_.`; it does not begin with a dot.
pub(super) fn token(text: &str) -> String {
    of_letters(text, "-_.")
}

/// The text as HAProxy takes it for a name of a section or a server: a colon may stand in it, too.
pub(super) fn name(text: &str) -> String {
    of_letters(text, "-_.:")
}

fn of_letters(text: &str, more: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    let made: String = text.chars().take(100).map(|c| if fits(c) { c } else { '-' }).collect();
    match made.trim_start_matches('.') {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}

/// Whole milliseconds, rounded up.
pub(super) fn millis(time: SimDuration) -> u64 {
    time.as_ns().div_ceil(1_000_000)
}

/// Whole seconds, rounded up.
pub(super) fn seconds(time: SimDuration) -> u64 {
    time.as_ns().div_ceil(1_000_000_000)
}

/// A time in whole seconds or milliseconds, as HAProxy, Nginx and Prometheus write it: `2s`, `1500ms`.
pub(super) fn time(time: SimDuration) -> String {
    match millis(time) {
        ms if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// A time in a comment, which people read: `2 s`, `200 us`.
pub(super) fn said(time: SimDuration) -> String {
    format!("{time:#}")
}

/// The network of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    /// Its first address.
    pub(super) network: Ipv4Addr,
    /// The bits that all its addresses share.
    pub(super) bits: u32,
}

impl Subnet {
    /// What a zone says; `None` if that is no network.
    pub(super) fn of(zone: &Zone) -> Option<Self> {
        let (network, bits) = zone.subnet.split_once('/')?;
        let (network, bits) = (network.parse::<Ipv4Addr>().ok()?, bits.parse::<u32>().ok()?);
        if bits > 32 {
            return None;
        }
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Some(Self { network: Ipv4Addr::from_bits(network.to_bits() & mask), bits })
    }

    /// Whether all of another network lies in this one.
    pub(super) fn covers(self, other: Self) -> bool {
        let differing = self.network.to_bits() ^ other.network.to_bits();
        self.bits <= other.bits && differing.leading_zeros() >= self.bits
    }

    /// In CIDR notation.
    pub(super) fn cidr(self) -> String {
        format!("{}/{}", self.network, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_of_its_own_stays_in_the_comment() {
        let mut text = Text::new(&["a\nuser root"]);
        text.note(1, "b\r\nc");
        assert_eq!(text.finish(), "# a user root\n    # b  c\n");
    }

    #[test]
    fn names_lead_to_no_other_folder() {
        let names = ["lb-1", "../../etc", "a b", "", "..."].map(token);
        assert_eq!(names, ["lb-1", "-..-etc", "a-b", "unnamed", "unnamed"]);
    }

    #[test]
    fn times_are_whole() {
        let us = [0, 1, 1_000_000, 1_500_000].map(SimDuration::from_us);
        assert_eq!(us.map(time), ["0s", "1ms", "1s", "1500ms"]);
        assert_eq!(us.map(seconds), [0, 1, 1, 2]);
    }

    #[test]
    fn networks_are_masked_and_compared() {
        let subnet = |text: &str| {
            let zone =
                Zone { name: String::new(), title: String::new(), vlan: 1, subnet: text.into() };
            Subnet::of(&zone)
        };
        assert_eq!(subnet("10.0.10.5/24").map(Subnet::cidr).as_deref(), Some("10.0.10.0/24"));
        assert_eq!(subnet("10.0.10.5/0").map(Subnet::cidr).as_deref(), Some("0.0.0.0/0"));
        assert_eq!([subnet("10.0.10.0"), subnet("10.0.10.0/33"), subnet("x/8")], [None; 3]);
        let all = subnet("10.0.0.0/8").unwrap();
        assert!(all.covers(subnet("10.9.0.0/16").unwrap()));
        assert!(!subnet("10.9.0.0/16").unwrap().covers(all));
    }
}
