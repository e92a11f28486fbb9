//! How wide a text is in the widest font of the stack, so that what fits here fits everywhere: advance widths of
//! `DejaVu Sans` and `DejaVu Sans Bold` in thousandths of the type size, for the printable ASCII characters.

/// The font stack of the file; every text is laid out for its first, which is its widest.
pub const FAMILY: &str = "DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif";

#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337, 637, 637, 637, 637, 637, 637, 637, 637,
    637, 637, 337, 337, 838, 838, 838, 531, 1000, 685, 687, 699, 771, 632, 576, 775, 752, 295, 295, 656, 558, 863, 749, 788,
    604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838, 500, 500, 613, 635, 550, 635, 616, 353, 635,
    634, 278, 278, 580, 278, 975, 634, 612, 635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637, 337, 637, 838,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373, 373, 775, 638, 996, 837, 851,
    733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 500, 500, 675, 716, 593, 716, 679, 436, 716,
    712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583, 712, 366, 712, 838,
];

/// What stands for the rest of a text that had to be cut.
const ELLIPSIS: char = '…';

/// The width of a text at this type size.
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|c| advance(c, bold)).sum::<f64>() * size / 1000.0
}

fn advance(c: char, bold: bool) -> f64 {
    let table = if bold { &BOLD } else { &REGULAR };
    let ascii = (c as usize).checked_sub(0x20).and_then(|index| table.get(index));
    match (ascii, c) {
        (Some(width), _) => f64::from(*width),
        (None, '·') if bold => 380.0,
        (None, '·') => 318.0,
        (None, _) if (c as u32) < 0x250 => 800.0,
        (None, _) => 1000.0,
    }
}

/// The text itself if it fits, else as much of it as fits, and an ellipsis.
pub(super) fn fit(text: &str, size: f64, bold: bool, width: f64) -> String {
    if text_width(text, size, bold) <= width {
        return text.to_owned();
    }
    let room = width - advance(ELLIPSIS, bold) * size / 1000.0;
    let mut used = 0.0;
    let mut kept = String::new();
    for c in text.chars() {
        used += advance(c, bold) * size / 1000.0;
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    kept.push(ELLIPSIS);
    kept
}

/// The text in lines that fit, broken at spaces; what fits in no line of its own is cut.
pub(super) fn wrap(text: &str, size: f64, bold: bool, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if text_width(&longer, size, bold) <= width {
                *line = longer;
                continue;
            }
        }
        lines.push(fit(word, size, bold, width));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_word_has_its_measured_width() {
        // Measured in Chromium with DejaVu Sans at 14 px (../shared/svg.md C.3): 180.
        let width = text_width("app-01 application server", 14.0, false);
        assert!((width - 180.0).abs() < 1.5, "{width}");
    }

    proptest! {
        #[test]
        fn what_is_fitted_fits(text in "\\PC{0,60}", width in 20.0..300.0_f64, bold: bool) {
            let fitted = fit(&text, 14.0, bold, width);
            prop_assert!(text_width(&fitted, 14.0, bold) <= width + 1e-9);
        }

        #[test]
        fn every_wrapped_line_fits(text in "[a-z ]{0,120}", width in 40.0..300.0_f64) {
            for line in wrap(&text, 12.0, false, width) {
                prop_assert!(text_width(&line, 12.0, false) <= width + 1e-9);
            }
        }
    }
}
