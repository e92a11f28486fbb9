//! Whether a text says why each part is there, what web and application server are, and what it all costs.

use super::asked::WEB_AND_APPLICATION;
use super::point::to_explain;
use super::text::{Sentence, Text};
use super::words::{APPLICATION, BALANCER, DATABASE, WEB, follows, has};
use super::{Finding, Section, Task, Verdict};

/// A part of the infrastructure: what it is, and the terms that name it.
type Element = (&'static str, &'static str);

/// What gives a reason away. What a machine runs is none, nor that it stands alone: a list of machines gives no reasons.
const REASON: &str = "because|so that|so the|so it|so we|so users|so if|since|in order|for this reason|purpose is|allow|enabl|ensur|guarant|avoid|prevent|distribut|redundan|handles|handle |handling|serves|serve |serving|stores|store |to store|executes|execute |increas|improv|reduc|shared|shares|share |spread|need|responsib|otherwise|without|keeps|keep |to run|to make|to have|to process|to host|to split|to separate|to balance|to execute|to add|to protect|to remove|to scale|with it |isolat|independent|scale|scaling|dedicated|helps|lets|gives|go down|goes down|takes over|take over|outlive|survive|thanks to|due to|computes|generates";

/// What a cost is called.
const COST: &str = "cost|costs|price|expens|money|pay |paid|budget|bill |latency|hop |hops|complex|overhead|more work|drawback|downside|disadvantage|harder|trade off|tradeoff|maintenance";
/// The most words of a row that is only a table's head.
const LABEL: usize = 7;
/// What has it.
const COSTLY: &str = "server|machine|balancer|haproxy|component|tier|infrastructure|design|setup|set up|hardware|cluster|database|replica|configuration|certificate|each |every |extra|additional|more |twice|double|network|firewall|two|we ";
/// What turns a cost into a gain.
const LESS: &str = "reduc|lower|low |decreas|minimi|avoid|sav|cut |cuts |no |less|without";

const DISTRIBUTED: [Element; 6] = [
    (
        "the servers",
        "servers|second server|another server|added server|additional server|new server|server was added|server is added",
    ),
    ("the load balancer", BALANCER),
    ("the web server", WEB),
    ("the application server", APPLICATION),
    ("the application files", "application file|code base|codebase|code |source code|files"),
    ("the database", DATABASE),
];

const SCALE_UP: [Element; 6] = [
    (
        "the added server",
        "additional server|added server|add a server|another server|extra server|new server|second server|third server|fourth server|fifth server|more server|one server|1 server|server was added|server is added|servers were added|servers are added|additional machine|another machine",
    ),
    (
        "the second load balancer",
        "second load balanc|other load balanc|another load balanc|additional load balanc|added load balanc|extra load balanc|new load balanc|more load balanc|two load balanc|2 load balanc|both load balanc|load balancers|load balancer cluster|cluster of|second haproxy|another haproxy|additional haproxy|two haproxy|2 haproxy|both haproxy|haproxy cluster|haproxies|second lb |two lb|lbs |second balancer|balancers|single balancer|one haproxy|cluster",
    ),
    ("the web server on its own", WEB),
    ("the application server on its own", APPLICATION),
    ("the database on its own", DATABASE),
    (
        "splitting the components",
        "own |separat|split|dedicat|isolat|alone|independen|apart|single component|one component",
    ),
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
    let Some(text) = text else {
        return finding(Verdict::NotShown, to_explain("why each element was added"));
    };
    let is_explained =
        |terms: &str| text.passages.iter().any(|passage| passage.says(&[terms, REASON]));
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
    let Some(text) = text else {
        return finding(Verdict::NotShown, to_explain("what the added machines cost"));
    };
    match text.sentences().find(|sentence| names_cost(sentence)) {
        Some(sentence) => finding(Verdict::Pass, sentence.quoted()),
        None => finding(Verdict::Advice, "no cost is named".to_owned()),
    }
}

/// Whether a sentence says what something of the design costs: not that requests cost the same, nor that something costs less.
fn names_cost(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    let is_told = sentence.is_prose || words.split_whitespace().count() > LABEL;
    let of_requests =
        follows(words, &["request|requests|query|queries|page|pages", "cost|costs"], 2);
    is_told
        && has(words, COST)
        && has(words, COSTLY)
        && !of_requests
        && !has(words, "cost effective|cost efficient")
        && !follows(words, &[LESS, COST], 2)
}
