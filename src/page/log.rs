//! Lines of the event log, and where the cause chain behind a request is told.

use crate::kernel::SimTime;
use crate::kernel::small::fixed;
use crate::lesson::STEPS;
use crate::run::{Gravity, LogLine};
use crate::sim::RequestRecord;
use crate::submission::escape_html;

/// Names up to so many bytes stand in one line wherever there is one.
const LONGEST_NAME: usize = 20;

/// A line of the log. How many more facts it stands for goes into the element of class `more`; a line about failed
/// requests can be asked why.
pub fn line(line: &LogLine) -> String {
    let gravity = match line.gravity {
        Gravity::Deed => "deed",
        Gravity::Good => "good",
        Gravity::Warning => "warning",
        Gravity::Bad => "bad",
    };
    let why = line.request.map_or(String::new(), |request| why(request, "Why?"));
    format!(
        "<li data-gravity=\"{gravity}\">{}<span>{}<span class=\"more\"></span>{why}</span></li>",
        instant(line.at),
        unbroken(&line.text),
    )
}

/// An instant of the run, as a button that leads there.
pub(super) fn instant(at: SimTime) -> String {
    let clock = at.clock();
    format!(
        "<button class=\"at needs-script\" data-do=\"seek\" data-on=\"{at}\" title=\"Go to this instant\"><time>{clock}</time></button>"
    )
}

/// Sentences in one message that is spoken; what is more is told as a number.
const SENTENCES: usize = 3;

/// What is new as one message that is spoken.
pub fn spoken(news: &[String]) -> String {
    let mut text = news[..news.len().min(SENTENCES)].join(" ");
    let more = news.len().saturating_sub(SENTENCES);
    if more > 0 {
        let ending = if more == 1 { "" } else { "s" };
        text.push_str(&format!(" And {more} more change{ending}."));
    }
    text
}

/// A directive's name as markup that may break at its joints, and nowhere else: `max_used_<wbr/>connections`.
pub fn joined(name: &str) -> String {
    escape_html(name).replace('_', "_<wbr/>")
}

/// A sentence as markup in which no line ends within a name such as `app-1`: browsers break after a hyphen.
pub fn unbroken(sentence: &str) -> String {
    let mut markup = String::new();
    for piece in sentence.split_inclusive(' ') {
        let word = piece.trim_end();
        let is_name = word.len() <= LONGEST_NAME && word.contains('-');
        let [before, after] =
            if is_name { ["<span class=\"unbroken\">", "</span>"] } else { [""; 2] };
        markup.push_str(before);
        markup.push_str(&escape_html(word));
        markup.push_str(after);
        markup.push_str(&piece[word.len()..]);
    }
    markup
}

/// A sentence as markup: what stands between backticks is something to type.
pub fn with_code(sentence: &str) -> String {
    let pieces = sentence.split('`').enumerate();
    let marked = pieces.map(|(index, piece)| {
        let piece = escape_html(piece);
        if index % 2 == 1 { format!("<code>{piece}</code>") } else { piece }
    });
    marked.collect()
}

/// A place for the cause chain of a request, which the desk tells when it is opened.
pub(super) fn why(request: u64, summary: &str) -> String {
    format!(
        "<details class=\"why\" data-ask=\"why\" data-about=\"{request}\"><summary>{summary}</summary><div class=\"answer\"></div></details>"
    )
}

/// The six steps of a request that is followed; at which it is the app marks (`data-step`, counted from 0), which it has left out
/// (`data-left-out`), where it failed (`data-failed`), and says why. While it only waits (`data-hurries`) the style says so in the paragraph.
pub fn followed(request: u64, is_slowed: bool) -> String {
    let slowed = if is_slowed { "<span>At least 10x slower while followed.</span>" } else { "" };
    let steps: String =
        STEPS.iter().map(|step| format!("<li><span>{step}</span> <b></b></li>")).collect();
    format!(
        "<div id=\"followed\"><div class=\"title\"><h2>Request {request}</h2><button data-do=\"unfollow\">Close</button></div><p>{slowed}</p>\
         <ol class=\"six\">{steps}</ol><div class=\"outcome\" role=\"status\"></div>\
         <div class=\"actions\"><button data-do=\"follow\">Follow the next request</button></div></div>"
    )
}

/// How the followed request ended, and why: in a few words, if it failed, and the chain of causes, which is then open.
pub fn outcome(record: &RequestRecord, reason: &str) -> String {
    let took = fixed(record.response_time().as_ms_f64(), 0);
    let chain = why(record.request, "Why?");
    if record.outcome.is_ok() {
        return format!("<p>Answered after {took} ms.</p>{chain}");
    }
    let colon = if reason.is_empty() { "" } else { ": " };
    let (reason, outcome) = (unbroken(reason), record.outcome);
    let chain = chain.strip_prefix("<details").unwrap_or_default();
    format!("<p>Failed after {took} ms{colon}{reason} ({outcome}).</p><details open=\"\"{chain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_one_line_and_the_words_are_the_same() {
        let markup = unbroken("lb-1 marks <app-1> DOWN.");
        assert_eq!(
            markup,
            "<span class=\"unbroken\">lb-1</span> marks <span class=\"unbroken\">&lt;app-1&gt;</span> DOWN."
        );
        let long = "a-name-that-is-longer-than-a-line";
        assert_eq!(unbroken(long), long);
    }

    #[test]
    fn what_is_not_spoken_is_told_as_a_number() {
        let news = |count: u32| (1..=count).map(|number| format!("{number}.")).collect::<Vec<_>>();
        assert_eq!(spoken(&news(2)), "1. 2.");
        assert_eq!(spoken(&news(3)), "1. 2. 3.");
        assert_eq!(spoken(&news(4)), "1. 2. 3. And 1 more change.");
        assert_eq!(spoken(&news(5)), "1. 2. 3. And 2 more changes.");
    }
}
