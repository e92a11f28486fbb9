//! What people add in their own words, as one text: what stands under a line `## SECTION` belongs to the section of that name.

use super::{SectionId, UnknownSection};

/// Reads it. What stands before the first such line belongs to what the exercise grades.
///
/// # Errors
/// If a line names no section.
pub fn read_own_words(text: &str) -> Result<Vec<(SectionId, String)>, UnknownSection> {
    let mut all: Vec<(SectionId, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            all.push((name.trim().parse()?, String::new()));
        } else if let Some((_, words)) = all.last_mut() {
            words.push_str(line);
            words.push('\n');
        } else if !line.trim().is_empty() {
            all.push((SectionId::Graded, format!("{line}\n")));
        }
    }
    all.retain(|(_, words)| !words.trim().is_empty());
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_has_what_stands_under_its_name() {
        let text = "First.\n## balancing\nMine,\nof two lines.\n## firewall\n\n## graded\nLast.";
        let read = read_own_words(text).unwrap();
        let expected = [
            (SectionId::Graded, "First.\n"),
            (SectionId::Balancing, "Mine,\nof two lines.\n"),
            (SectionId::Graded, "Last."),
        ];
        let trimmed = |(section, words): &(SectionId, String)| (*section, words.trim().to_owned());
        let expected = expected.map(|(section, words)| (section, words.trim().to_owned()));
        assert_eq!(read.iter().map(trimmed).collect::<Vec<_>>(), expected);
        assert!(read_own_words("## tea\nHot.").is_err());
    }
}
