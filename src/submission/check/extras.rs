//! The link to the diagram, and what makes a submission a document: picture, scaling rationale, technical documentation.

use super::point::NO_TEXT;
use super::text::Text;
use super::words::has;
use super::{Finding, Section, Task, Verdict};

/// The graded point that every task has: the diagram can be opened from the text.
pub(super) fn diagram_link(task: Task, text: Option<&Text>) -> Finding {
    let id = if task == Task::ScaleUp { "G3-7" } else { "G-all-2" };
    let (verdict, found) = match text {
        None => (Verdict::NotShown, NO_TEXT),
        Some(text) if text.has_link => (Verdict::Pass, "the text leads to a picture or an address"),
        Some(_) => (Verdict::Fail, "the text leads to no picture and no address"),
    };
    let why = "without its link nobody sees the diagram";
    let todo = "put the diagram's link or picture into the text";
    let (section, found) = (Section::Graded, found.to_owned());
    Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
}

/// A part of the document, the terms that tell it, and what it should hold.
const PARTS: [(&str, &str, &str, &str); 6] = [
    (
        "X-rationale",
        "scaling rationale|horizontal|vertical|scale out|scale up|scaling out|scaling up",
        "which tier grows first, and how",
        "say which tier reaches its limit first, and whether it grows by bigger or by more machines",
    ),
    (
        "X-checks",
        "health check|health of|checks|httpchk",
        "how the balancer notices a dead server",
        "say how the load balancer checks its servers",
    ),
    (
        "X-network",
        "vlan|zone|subnet|network segment|segmentation|dmz",
        "how the network is divided",
        "name the zones, and what may pass between them",
    ),
    (
        "X-monitoring",
        "alert|alarm|threshold|notif",
        "who is told when something is wrong",
        "say which figure raises an alert",
    ),
    (
        "X-backup",
        "backup|back up|backed up|dump",
        "how the data survives a mistake",
        "say how the data is backed up: a replica repeats a mistaken deletion",
    ),
    (
        "X-next",
        "next step|improve|future|further|could be|would be",
        "what the next step would be",
        "say what you would add next, and which failure it would cure",
    ),
];

/// What the exercise does not ask for.
pub(super) fn findings(text: Option<&Text>) -> Vec<Finding> {
    let part = |(id, terms, about, todo): (&'static str, &str, &str, &str)| {
        let said = text.map(|text| text.sentences().find(|sentence| has(&sentence.words, terms)));
        let (verdict, found) = match said {
            None => (Verdict::NotShown, NO_TEXT.to_owned()),
            Some(Some(sentence)) => (Verdict::Pass, sentence.quoted()),
            Some(None) => (Verdict::Advice, format!("the text does not say {about}")),
        };
        let why = "not asked for; it shows that the design was thought through";
        let section = Section::Extra;
        Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
    };
    PARTS.into_iter().map(part).collect()
}
