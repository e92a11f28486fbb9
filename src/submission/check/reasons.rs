//! Whether a text says why each part is there, what web and application server are, and what it all costs.

use super::asked::WEB_AND_APPLICATION;
use super::point::NO_TEXT;
use super::text::Text;
use super::words::{APPLICATION, BALANCER, DATABASE, WEB, has};
use super::{Finding, Section, Task, Verdict};

/// A part of the infrastructure: what it is, and the terms that name it.
type Element = (&'static str, &'static str);

/// What gives a reason away.
const REASON: &str = "because|so that|so the|so |since|in order|reason|purpose|why |allow|provid|enabl|ensur|guarant|avoid|prevent|distribut|redundan|handl|serv|stor|increas|improv|reduc|share|spread|need|respons|otherwise|without|keeps|keep |to run|to make|to have|to process|to host|to split|to separate|its own|isolat|independent|scal|dedicated";

/// What gives a cost away.
const COST: &str = "cost|price|expens|money|pay |trade off|tradeoff|latency|hop |hops|complex|overhead|more work|drawback|downside|disadvantage|session|budget|harder";

const DISTRIBUTED: [Element; 6] = [
    ("the servers", "server"),
    ("the load balancer", BALANCER),
    ("the web server", WEB),
    ("the application server", APPLICATION),
    ("the application files", "application file|code base|codebase|code |source|files"),
    ("the database", DATABASE),
];

const SCALE_UP: [Element; 5] = [
    ("the added server", "server"),
    ("the second load balancer", BALANCER),
    ("the web server on its own", WEB),
    ("the application server on its own", APPLICATION),
    ("the database on its own", DATABASE),
];

/// The graded point of task 1: why each element was added.
pub(super) fn graded(task: Task, text: Option<&Text>) -> Option<Finding> {
    (task == Task::Distributed).then(|| reasons(Section::Graded, "G1-4", &DISTRIBUTED, text))
}

/// What is asked for in task 3 beside what is graded.
pub(super) fn correctness(task: Task, text: Option<&Text>) -> Vec<Finding> {
    if task != Task::ScaleUp {
        return Vec::new();
    }
    let mut difference = WEB_AND_APPLICATION.judge(text);
    if difference.verdict == Verdict::Fail {
        difference.verdict = Verdict::Advice;
    }
    vec![reasons(Section::Correctness, "G3-6", &SCALE_UP, text), difference, costs(text)]
}

fn reasons(
    section: Section,
    id: &'static str,
    elements: &[Element],
    text: Option<&Text>,
) -> Finding {
    let why = "the exercise asks of every additional element why it was added";
    let finding = |verdict, found| {
        let todo = "for each element, a sentence on why it was added";
        Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
    };
    let Some(text) = text else { return finding(Verdict::NotShown, NO_TEXT.to_owned()) };
    let is_explained = |terms: &str| {
        text.passages
            .iter()
            .any(|passage| has(&passage.words, terms) && has(&passage.words, REASON))
    };
    let missing: Vec<&str> = elements
        .iter()
        .filter(|element| !is_explained(element.1))
        .map(|element| element.0)
        .collect();
    if missing.is_empty() {
        finding(Verdict::Pass, "a reason is given for every element".to_owned())
    } else {
        finding(Verdict::Fail, format!("no reason is given for: {}", missing.join(", ")))
    }
}

fn costs(text: Option<&Text>) -> Finding {
    let finding = |verdict, found| {
        let (section, id) = (Section::Correctness, "C3-12");
        let why = "whoever adds machines has to know what they cost: money, hops, work";
        let todo = "name one cost of what was added";
        Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
    };
    let Some(text) = text else { return finding(Verdict::NotShown, NO_TEXT.to_owned()) };
    match text.sentences().find(|sentence| has(&sentence.words, COST)) {
        Some(sentence) => finding(Verdict::Pass, sentence.quoted()),
        None => finding(Verdict::Advice, "no cost is named".to_owned()),
    }
}
