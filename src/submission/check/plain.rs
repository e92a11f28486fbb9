//! What people write in plain words: lower case, single spaces, one way of writing for what has several.

/// Ways of writing one thing, and the one that is looked for.
const SAME: [(&str, &str); 13] = [
    (" single points of failures ", " spof "),
    (" single points of failure ", " spof "),
    (" single point of failures ", " spof "),
    (" single point of failure ", " spof "),
    (" single failure point ", " spof "),
    (" spofs ", " spof "),
    (" spof spof ", " spof "),
    (" loadbalanc", " load balanc"),
    (" webserver", " web server"),
    (" roundrobin ", " round robin "),
    (" leastconn ", " least conn "),
    (" fail over ", " failover "),
    (" ha proxy ", " haproxy "),
];

/// Lower case, single spaces, a space before and after, and one way of writing for what has several. The DNS record's capital A is kept apart
/// from the article: `an A record` and `a record of all names` are two things.
pub(super) fn plain_words(said: &str) -> String {
    let mut words = String::from(" ");
    let mut rest = said.split(|mark: char| !mark.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut word = rest.next();
    while let Some(here) = word {
        word = rest.next();
        let is_record = |next: &str| next.to_lowercase().starts_with("record");
        if here == "A" && word.is_some_and(is_record) {
            words.push_str("a type ");
        } else {
            words.extend([here.to_lowercase().as_str(), " "]);
        }
    }
    for (written, same) in SAME {
        if words.contains(written) {
            words = words.replace(written, same);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_told_from_the_article() {
        let words = |said: &str| plain_words(said).contains(" a type record");
        assert!(words("www is an A record.") && words("an \"A\" Record") && words("an A-record"));
        assert!(!words("It keeps a record of names.") && !words("An A is no record."));
    }
}
