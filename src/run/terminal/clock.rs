//! What a run's clock says as a date. A run has no date of its own: its start is taken for the beginning of 2026, in UTC, so that the same run is
//! always told the same dates.

use crate::kernel::SimTime;

/// What is said of such a date.
pub(super) const SINCE: &str = "# the date: a run begins on 1 January 2026 at 00:00:00 UTC";

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [(&str, u64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// A date in its parts; of runs that last longer than that year, the year begins anew.
struct Date {
    weekday: &'static str,
    day: u64,
    month: &'static str,
    clock: String,
}

fn date(at: SimTime) -> Date {
    let seconds = at.as_ns() / 1_000_000_000;
    let days = seconds / 86_400;
    let (mut left, mut month) = (days % 365, 0);
    while let Some((_, length)) = MONTHS.get(month).filter(|(_, length)| left >= *length) {
        left -= length;
        month += 1;
    }
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    Date {
        weekday: DAYS[(days % 7) as usize],
        day: left + 1,
        month: MONTHS.get(month).map_or("Dec", |month| month.0),
        clock: clock.map(|part| format!("{part:02}")).join(":"),
    }
}

/// As `Date` stands in the head of an answer (RFC 9110 5.6.7).
pub(super) fn http(at: SimTime) -> String {
    let Date { weekday, day, month, clock } = date(at);
    format!("{weekday}, {day:02} {month} 2026 {clock} GMT")
}

/// As `dig` writes it.
pub(super) fn dig(at: SimTime) -> String {
    let Date { weekday, day, month, clock } = date(at);
    format!("{weekday} {month} {day:02} {clock} UTC 2026")
}

/// As HAProxy writes it, with milliseconds.
pub(super) fn haproxy(at: SimTime) -> String {
    let Date { day, month, clock, .. } = date(at);
    let ms = at.as_ns() / 1_000_000 % 1000;
    format!("{day:02}/{month}/2026:{clock}.{ms:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_start_of_2026_and_the_time_since() {
        let at = |seconds: u64, ms: u64| SimTime::from_ms(seconds * 1000 + ms);
        assert_eq!(http(at(0, 0)), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(http(at(3 * 3600 + 125, 999)), "Thu, 01 Jan 2026 03:02:05 GMT");
        // `date -u -d @1772323200`: the 60th day of the year.
        assert_eq!(http(at(59 * 86_400, 0)), "Sun, 01 Mar 2026 00:00:00 GMT");
        assert_eq!(dig(at(31 * 86_400 + 1, 0)), "Sun Feb 01 00:00:01 UTC 2026");
        assert_eq!(haproxy(at(5, 40)), "01/Jan/2026:00:00:05.040");
        assert_eq!(haproxy(at(364 * 86_400, 0)), "31/Dec/2026:00:00:00.000");
    }
}
