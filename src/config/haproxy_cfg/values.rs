//! Values as HAProxy writes them: times, whole numbers, sizes, addresses, names.

use super::words::{Args, Refusal, refuse};
use crate::kernel::SimDuration;

/// The longest time HAProxy holds: milliseconds in 31 bits.
const LONGEST_MS: u64 = 2_147_483_647;
const TIME: &str = "a time such as 500ms, 2s or 1m, at most 2147483647 ms";
/// Units of time, in microseconds; without one milliseconds are meant (HAProxy 2.6 manual 2.5).
const UNITS: [(&str, u64); 7] = [
    ("", 1_000),
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];
/// Units of `size` (HAProxy 2.6 manual 4.2 `stick-table`).
const SIZES: [(&str, u64); 4] = [("", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)];

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit))
}

fn milliseconds(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let (_, us) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let ms = number.checked_mul(*us)?.div_ceil(1_000);
    (ms <= LONGEST_MS).then_some(ms)
}

/// The time after a keyword, in whole milliseconds, rounded up as HAProxy does.
pub(super) fn time(args: &mut Args<'_>, keyword: &str) -> Result<SimDuration, Refusal> {
    let word = args.value(TIME)?;
    match milliseconds(word) {
        Some(ms) => Ok(SimDuration::from_ms(ms)),
        None => refuse(&format!("{keyword} {word}"), TIME),
    }
}

/// The same where 0 has no sense.
pub(super) fn time_above_zero(args: &mut Args<'_>, keyword: &str) -> Result<SimDuration, Refusal> {
    match time(args, keyword)? {
        SimDuration::ZERO => refuse(&format!("{keyword} 0"), "a time above 0"),
        time => Ok(time),
    }
}

/// The whole number after a keyword, within bounds.
pub(super) fn whole(
    args: &mut Args<'_>,
    keyword: &str,
    least: u32,
    most: u32,
) -> Result<u32, Refusal> {
    let allowed = format!("a whole number, {least} to {most}");
    let word = args.value(&allowed)?;
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let number = word.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.map_or_else(|| refuse(&format!("{keyword} {word}"), allowed), Ok)
}

/// The most that HAProxy's `int` holds.
pub(super) const MOST: u32 = i32::MAX as u32;

/// The size after a keyword, such as `10k`.
pub(super) fn size(args: &mut Args<'_>, keyword: &str) -> Result<u32, Refusal> {
    let allowed = "a number of entries, 1 or more, such as 5000, 10k or 1m";
    let word = args.value(allowed)?.to_ascii_lowercase();
    let size = number_and_unit(&word).and_then(|(number, unit)| {
        let (_, factor) = SIZES.iter().find(|(name, _)| *name == unit)?;
        u32::try_from(number.checked_mul(*factor)?).ok()
    });
    let size = size.filter(|size| (1..=MOST).contains(size));
    size.map_or_else(|| refuse(&format!("{keyword} {word}"), allowed), Ok)
}

/// One of the words of a table.
pub(super) fn one_of<T: Copy>(
    args: &mut Args<'_>,
    keyword: &str,
    table: &[(&str, T)],
) -> Result<T, Refusal> {
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    let word = args.value(&format!("one of {}", names.join(", ")))?;
    match table.iter().find(|(name, _)| *name == word) {
        Some((_, value)) => Ok(*value),
        None => refuse(&format!("{keyword} {word}"), format!("one of {}", names.join(", "))),
    }
}

/// A name of a section or a server.
pub(super) fn name(args: &mut Args<'_>, what: &str) -> Result<String, Refusal> {
    let allowed = format!("a name for the {what}, of letters, digits and - _ . :");
    let word = args.value(&allowed)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if word.chars().all(fits) && (1..=200).contains(&word.len()) {
        Ok(word.to_owned())
    } else {
        refuse(word, allowed)
    }
}

/// Where a `bind` or `server` line points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A machine and a port; the port of a range's beginning.
    Inet {
        /// An address or a name; empty for any.
        host: String,
        /// The port, where one stands there.
        port: Option<u16>,
        /// Whether more ports follow.
        range: bool,
    },
    /// A socket of the machine itself.
    Local,
}

/// Reads an address; `None` if it is none.
pub(super) fn address(text: &str) -> Option<Address> {
    const LOCAL: [&str; 5] = ["/", "unix@", "abns@", "fd@", "sockpair@"];
    const INET: [&str; 4] = ["ipv4@", "ipv6@", "quic4@", "quic6@"];
    if LOCAL.iter().any(|prefix| text.starts_with(prefix)) {
        return Some(Address::Local);
    }
    let text = INET.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    if text.ends_with(']') {
        let host = text.trim_matches(['[', ']']).to_owned();
        return Some(Address::Inet { host, port: None, range: false });
    }
    let (host, ports) =
        text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let host = host.trim_matches(['[', ']']);
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:*%".contains(c);
    if host.len() > 255 || !host.chars().all(fits) {
        return None;
    }
    let (first, last) = match ports {
        None | Some("") => (None, None),
        Some(ports) => match ports.split_once('-') {
            Some((first, last)) => (Some(port(first)?), Some(port(last)?)),
            None => (Some(port(ports)?), None),
        },
    };
    let range = last.is_some_and(|last| Some(last) > first);
    Some(Address::Inet { host: host.to_owned(), port: first, range })
}

fn port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_milliseconds_rounded_up() {
        let cases = [
            ("0", Some(0)),
            ("250", Some(250)),
            ("500us", Some(1)),
            ("2s", Some(2_000)),
            ("24d", Some(2_073_600_000)),
            ("2147483647", Some(2_147_483_647)),
            ("2147483648", None),
            ("25d", None),
            ("1.5s", None),
            ("5sx", None),
            ("s", None),
            ("-1", None),
            ("", None),
            ("99999999999999999999", None),
            ("18446744073709551615d", None),
        ];
        for (text, ms) in cases {
            assert_eq!(milliseconds(text), ms, "{text}");
        }
    }

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        let inet =
            |host: &str, port, range| Some(Address::Inet { host: host.to_owned(), port, range });
        assert_eq!(address("10.0.0.1:80"), inet("10.0.0.1", Some(80), false));
        assert_eq!(address("*:80-90"), inet("*", Some(80), true));
        assert_eq!(address(":443"), inet("", Some(443), false));
        assert_eq!(address("[::1]:80"), inet("::1", Some(80), false));
        assert_eq!(address("[::1]"), inet("::1", None, false));
        assert_eq!(address("ipv4@app.local:80"), inet("app.local", Some(80), false));
        assert_eq!(address("app-1"), inet("app-1", None, false));
        assert_eq!(address("/run/app.sock"), Some(Address::Local));
        for text in ["a:0", "a:65536", "a:http", "a:+1", "a b:1", "a:1-x"] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
