//! A table of keywords: what becomes of a word, and which word was probably meant.

/// The keywords of one place.
#[derive(Debug)]
pub(super) struct Table {
    /// What is read.
    pub(super) modelled: &'static [&'static str],
    /// What changes nothing that is modelled.
    pub(super) without_effect: &'static [&'static str],
    /// What the model does not have, by the reason.
    pub(super) not_modelled: &'static [(&'static str, &'static [&'static str])],
}

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is read.
    Modelled,
    /// It changes nothing that is modelled.
    WithoutEffect,
    /// Why it is not modelled.
    NotModelled(&'static str),
}

impl Table {
    /// What becomes of a keyword, and whether a value follows it; `None` if HAProxy has no such keyword there.
    pub(super) fn find(&self, word: &str) -> Option<(Treatment, bool)> {
        self.entries().find_map(|(name, treatment)| {
            let (bare, valued) = name.strip_suffix('=').map_or((name, false), |bare| (bare, true));
            let is_it = match bare.strip_suffix('*') {
                Some(beginning) => word.starts_with(beginning),
                None => word == bare,
            };
            is_it.then_some((treatment, valued))
        })
    }

    fn entries(&self) -> impl Iterator<Item = (&'static str, Treatment)> {
        let modelled = self.modelled.iter().map(|name| (*name, Treatment::Modelled));
        let silent = self.without_effect.iter().map(|name| (*name, Treatment::WithoutEffect));
        let not = self.not_modelled.iter().flat_map(|(reason, names)| {
            names.iter().map(|name| (*name, Treatment::NotModelled(reason)))
        });
        modelled.chain(silent).chain(not)
    }

    /// What may stand there instead of a word that is no keyword: the nearest one.
    pub(super) fn allowed(&self, place: &str) -> String {
        let names: Vec<&str> =
            self.modelled.iter().map(|name| name.trim_end_matches(['=', '*'])).collect();
        format!("{place} of HAProxy 2.6, such as {}", names.join(", "))
    }

    /// The same, with the keyword that was probably meant.
    pub(super) fn instead_of(&self, word: &str, place: &str) -> String {
        let names = self.entries().map(|(name, _)| name.trim_end_matches(['=', '*']));
        let far = |name: &str| {
            let is_cut = word.len() > 1 && name.starts_with(word);
            if is_cut { 0 } else { distance(word, name) }
        };
        match names.map(|name| (far(name), name)).min() {
            Some((0..=2, name)) if word.len() > 1 => {
                format!("{place} of HAProxy 2.6; did you mean `{name}`?")
            }
            _ => self.allowed(place),
        }
    }
}

/// Letters to change, add or take away until one word is the other (Levenshtein); of long words the beginnings.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        modelled: &["check", "weight="],
        without_effect: &["tune.*"],
        not_modelled: &[("it is not there", &["ssl", "no-*"])],
    };

    #[test]
    fn a_word_is_found_by_name_or_beginning() {
        assert_eq!(TABLE.find("weight"), Some((Treatment::Modelled, true)));
        assert_eq!(TABLE.find("tune.bufsize"), Some((Treatment::WithoutEffect, false)));
        assert_eq!(TABLE.find("no-ssl"), Some((Treatment::NotModelled("it is not there"), false)));
        assert_eq!(TABLE.find("weigh"), None);
    }

    #[test]
    fn the_word_that_was_meant_is_offered() {
        for (word, meant) in [("chek", "check"), ("we", "weight"), ("wieght", "weight")] {
            let told = TABLE.instead_of(word, "a word");
            assert!(told.ends_with(&format!("did you mean `{meant}`?")), "{told}");
        }
        assert_eq!(
            TABLE.instead_of("xyzzy", "a word"),
            "a word of HAProxy 2.6, such as check, weight"
        );
        assert_eq!(
            (distance("abc", "abc"), distance("", "abc"), distance("kitten", "sitting")),
            (0, 3, 3)
        );
    }
}
