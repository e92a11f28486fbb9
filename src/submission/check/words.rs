//! Looking for words in a sentence that [`text`](super::text) has made plain: lower case, single spaces, a space before and after.
//! A term is found where a word begins with it; a space at its end asks for the whole word. Holds no word of any task.

/// What turns a statement around.
pub(super) const NEGATED: &str = "not |no |never|cannot|can t |isn t |aren t |doesn t |don t |won t |without|nor |neither|nothing|nobody|none|only reads|read only|reads only";

/// What makes a sentence no statement about the design as it is.
pub(super) const SUPPOSED: &str = "if |would|could|might|may |should|when |unless|instead|rather|suppose|imagine|otherwise|goal|aim|ideal|want|future|later|next step|before|previous|earlier|until|used to|for example|alternativ|question|wrong|mistake|claim|false|myth";

/// What the load balancer is called.
pub(super) const BALANCER: &str = "load balanc|balancer|haproxy|lb |lbs ";
/// What the web server is called.
pub(super) const WEB: &str = "web server|nginx|web tier|apache";
/// What the application server is called.
pub(super) const APPLICATION: &str = "application|app server|app tier|gunicorn";
/// What the database is called.
pub(super) const DATABASE: &str = "database|mysql|db |dbs ";
/// What a replica is called.
pub(super) const REPLICA: &str = "replica |replicas |slave|secondary|standby";

/// Whether one of these terms, with `|` between them, begins at some word.
pub(super) fn has(words: &str, terms: &str) -> bool {
    let begins = |term: &str| words.match_indices(term).any(|(at, _)| words[..at].ends_with(' '));
    terms.split('|').any(begins)
}

/// Whether words of these groups follow each other, each at most so many words after the one before it.
pub(super) fn follows(words: &str, groups: &[&str], gap: usize) -> bool {
    let mut here: Option<Vec<bool>> = None;
    for group in groups {
        let is_next = |(at, word): (usize, &str)| {
            let near = |here: &Vec<bool>| here[at.saturating_sub(gap)..at].contains(&true);
            is_one_of(word, group) && here.as_ref().is_none_or(near)
        };
        here = Some(words.split_whitespace().enumerate().map(is_next).collect());
    }
    here.is_some_and(|here| here.contains(&true))
}

fn is_one_of(word: &str, group: &str) -> bool {
    group.split('|').any(|term| match term.strip_suffix(' ') {
        Some(whole) => word == whole,
        None => word.starts_with(term),
    })
}

/// Whether a sentence says how things are: it turns nothing around and supposes nothing.
pub(super) fn is_plain(words: &str) -> bool {
    !has(words, NEGATED) && !has(words, SUPPOSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_begins_a_word_and_a_space_ends_it() {
        let words = " the app server deploys applications ";
        assert!(has(words, "deploy") && has(words, "nothing|app ") && has(words, "app server"));
        assert!(!has(words, "eploy") && !has(words, "application ") && !has(words, "ploys|erver"));
    }

    #[test]
    fn groups_follow_each_other_within_the_gap() {
        let words = " the replica also accepts all writes ";
        assert!(follows(words, &["replica", "accept|take", "write"], 2));
        assert!(!follows(words, &["replica", "accept|take", "write"], 1));
        assert!(!follows(words, &["accept", "replica"], 9));
        assert!(!follows(words, &[], 3) && !follows(" ", &["a"], 3));
    }
}
