//! Which letters a name may be made of: it is shown in one line, on paper too, and whoever reads it must see all of it.

/// Whether a letter has a place of its own in a line, and leaves the letters around it where they are: no control character, none that turns
/// the direction of writing, none that programs leave out when they show a text (those that Unicode calls default ignorable).
pub(super) fn is_printable(letter: char) -> bool {
    let is_hidden = matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !letter.is_control() && !is_hidden
}

/// Whether a printable letter is more than a blank. The selectors of a variant (U+FE00 to U+FE0F) stand in many an emoji and show nothing alone;
/// U+2800 is Braille without a dot.
pub(super) fn is_visible(letter: char) -> bool {
    !letter.is_whitespace() && !matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{2800}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_not_printable() {
        for letter in
            "\u{7}\u{85}\u{ad}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{202e}\u{2066}".chars()
        {
            assert!(!is_printable(letter), "{letter:?}");
        }
        for letter in "\u{3164}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\u{e0001}\u{e0041}\u{e007f}".chars()
        {
            assert!(!is_printable(letter), "{letter:?}");
        }
    }

    #[test]
    fn what_people_write_is_printable_and_visible() {
        for letter in "aZ0-_.,&<>\"'ñßжλעبनไ한あ漢€→\u{1f600}\u{fffd}".chars() {
            assert!(is_printable(letter) && is_visible(letter), "{letter:?}");
        }
    }

    #[test]
    fn blanks_are_printable_and_not_visible() {
        for letter in " \u{a0}\u{2003}\u{3000}\u{2800}\u{fe0f}".chars() {
            assert!(is_printable(letter) && !is_visible(letter), "{letter:?}");
        }
    }
}
