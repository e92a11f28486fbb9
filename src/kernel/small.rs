//! Plain tools for short lists and short numbers. The standard library's sorts, tree maps and float formatting are the
//! better ones natively, but each use of them adds 3 to 8 KB to what a phone must load first (measured with `make size`).

/// Sorts a short list by a key, keeping the order of equals. Quadratic: for tens of items, not for thousands.
pub fn sort_by_key<T, K: PartialOrd>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut index = end;
        while index > 0 && key(&items[index]) < key(&items[index - 1]) {
            items.swap(index, index - 1);
            index -= 1;
        }
    }
}

/// The value of a key in a short list of pairs, made if it is not there.
pub fn entry<K: PartialEq, V>(list: &mut Vec<(K, V)>, key: K, fresh: impl FnOnce() -> V) -> &mut V {
    let index = list.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        list.push((key, fresh()));
        list.len() - 1
    });
    &mut list[index].1
}

/// The value of a key in a short list of pairs.
pub fn find<'a, K: PartialEq, V>(list: &'a [(K, V)], key: &K) -> Option<&'a V> {
    list.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

/// A number held between two others; what is no number stays none. `f64::clamp` would bring the library's writing of numbers along,
/// for the message of a panic: 10 KB of first load.
pub const fn within(value: f64, low: f64, high: f64) -> f64 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// A number with at most so many decimals (9 or fewer), without trailing zeros: `0.5`, `12`, `-3.25`. What is no number
/// is written `-`.
pub fn decimal(value: f64, places: u32) -> String {
    trim(fixed(value, places))
}

/// A number as somebody may have written it, however large or small: `20.5`, `-3`, `1e30`.
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || size < f64::MIN_POSITIVE || (1e-6..1e9).contains(&size) {
        return decimal(value, 9);
    }
    let (mut mantissa, mut power) = (value, 0_i32);
    // Half of the last decimal below 10 and below 1: many steps leave a little too little.
    while mantissa.abs() >= 9.999_999_999_5 {
        mantissa /= 10.0;
        power += 1;
    }
    while mantissa.abs() < 0.999_999_999_95 {
        mantissa *= 10.0;
        power -= 1;
    }
    format!("{}e{power}", decimal(mantissa, 9))
}

/// A number with exactly so many decimals (9 or fewer): `0.50`. What is no number is written `-`.
pub fn fixed(value: f64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let scaled = libm::round(value * unit as f64);
    if !scaled.is_finite() || scaled.abs() > 9e18 {
        return "-".to_owned();
    }
    let whole = scaled.abs() as u64;
    let sign = if scaled < 0.0 { "-" } else { "" };
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{}.{:0width$}", whole / unit, whole % unit, width = places as usize)
}

/// Reads a number that is written plainly, with digits and at most one point, 18 digits at most: `0.5`, `12`. No sign, no exponent. What has
/// 15 digits at most is read to the bit; `f64::from_str` would bring 15 KB of tables.
pub fn read_decimal(text: &str) -> Option<f64> {
    read_over(text, 1)
}

/// Reads hundredths: `33.3` is the number that [`read_decimal`] reads as `0.333`, to the last bit.
pub fn read_percent(text: &str) -> Option<f64> {
    read_over(text, 100)
}

/// Reads a plain decimal number, and divides it by this.
fn read_over(text: &str, by: u64) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let count = whole.len() + part.len();
    let is_plain = !whole.is_empty() && !text.ends_with('.') && count <= 18;
    if !is_plain {
        return None;
    }
    let mut digits = 0_u64;
    for byte in whole.bytes().chain(part.bytes()) {
        digits = digits * 10 + u64::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
    }
    Some(digits as f64 / (10_u64.pow(part.len() as u32) * by) as f64)
}

fn trim(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(mut items in prop::collection::vec((0_u8..9, any::<u8>()), 0..40)) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by_key(&mut items, |item| item.0);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn numbers_are_read_as_the_standard_library_reads_them(digits in 0_u64..1_000_000_000_000_000, places in 0_usize..12) {
            let text = format!("{digits:016}");
            let text = format!("{}.{}", &text[..16 - places], &text[16 - places..]);
            let text = text.trim_end_matches('.');
            prop_assert_eq!(read_decimal(text).map(f64::to_bits), text.parse::<f64>().ok().map(f64::to_bits));
        }

        #[test]
        fn fixed_agrees_with_the_standard_library_to_the_last_place(value in -1e6_f64..1e6) {
            let own: f64 = fixed(value, 3).parse().unwrap();
            prop_assert!((own - value).abs() <= 0.000_500_001, "{own} {value}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_none() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1e3",
            "NaN",
            "inf",
            "1.2.3",
            "1234567890123456789",
            "\u{661}",
        ] {
            assert_eq!(read_decimal(text), None, "{text}");
        }
        assert_eq!(read_decimal("007.50"), Some(7.5));
        for (percent, share) in [("33.3", "0.333"), ("7", "0.07"), ("12.34", "0.1234")] {
            let [read, meant] = [read_percent(percent), read_decimal(share)];
            assert_eq!(read.map(f64::to_bits), meant.map(f64::to_bits), "{percent}");
        }
    }

    #[test]
    fn figures_are_told_as_they_were_written() {
        for (value, text) in [
            (0.0, "0"),
            (-3.0, "-3"),
            (0.0001, "0.0001"),
            (20.125, "20.125"),
            (1e30, "1e30"),
            (-2.5e-9, "-2.5e-9"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn numbers_are_written_short() {
        let written = [
            decimal(0.5, 2),
            decimal(12.0, 2),
            decimal(-3.25, 2),
            decimal(-0.001, 2),
            decimal(f64::NAN, 1),
        ];
        assert_eq!(written, ["0.5", "12", "-3.25", "0", "-"]);
        assert_eq!([fixed(1.0, 1), fixed(2.345, 2), fixed(7.6, 0)], ["1.0", "2.35", "8"]);
    }
}
