//! Claims about single points of failure: that none is left, that the balancer is none, and which are named.

use super::super::super::reading::Role;
use super::super::text::Text;
use super::super::words::{APPLICATION, BALANCER, SUPPOSED, WEB, follows, has};
use super::super::{Finding, Section, Task, Verdict};
use super::Claim;
use crate::infra::{Host, Infrastructure};

/// Where a part of the site is meant, not all of it.
const PART: &str = "entry|entrance|load|balanc|haproxy|lb |front|web|application|app |database|mysql|tier|level|layer|this|that|edge";
const WHOLE_SITE: &str = "infrastructure|system|architecture|anywhere|whole|entire|design|version";
const EXCEPT: &str = "except|besides|but |apart|other than|still|however|although|not |never";

fn says_none_left(words: &str) -> bool {
    let none = has(
        words,
        "no spof|no more spof|no remaining spof|no longer any spof|zero spof|without any spof|free of spof|free from spof",
    ) || follows(
        words,
        &["all|every", "spof", "remov|eliminat|resolv|gone|solv|fixed|disappear"],
        5,
    ) || follows(words, &["remov|eliminat|resolv|solv", "all|every|any", "spof"], 2)
        || follows(words, &["spof", "have|has|are|were", "remov|eliminat|gone"], 2);
    let of_a_part =
        follows(words, &["spof", "at|in |of |for |on |from |before|behind|among", PART], 5)
            || follows(words, &["at|in |for |on ", PART, "spof"], 6)
            || follows(words, &[PART, "is |are ", "no ", "spof"], 2);
    let of_all = has(words, WHOLE_SITE);
    none && (of_all || !of_a_part) && !has(words, EXCEPT) && !has(words, SUPPOSED)
}

/// Whether the text says that none is left, and names those that are.
pub(super) fn spof(task: Task, infrastructure: &Infrastructure, text: &Text) -> Finding {
    let id = if task == Task::ScaleUp { "C3-5" } else { "C-spof" };
    let points = infrastructure.single_points_of_failure();
    let hosts: Vec<&Host> =
        points.iter().filter_map(|point| infrastructure.host(&point.host)).collect();
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let claimed = text.quote(says_none_left).filter(|_| !hosts.is_empty());
    let unnamed: Vec<&str> =
        hosts.iter().filter(|host| !is_told(host, text)).map(|host| host.name.as_str()).collect();
    let (verdict, found) = match claimed {
        Some(said) => (Verdict::Fail, format!("{said}: single are still {}", names.join(", "))),
        None if hosts.is_empty() => (
            Verdict::Pass,
            "the plan has no single machine without which users lose something".to_owned(),
        ),
        None if unnamed.is_empty() => {
            (Verdict::Pass, format!("the text names what is single: {}", names.join(", ")))
        }
        None => {
            let unnamed = unnamed.join(", ");
            (
                Verdict::Advice,
                format!("the text does not name as single points of failure: {unnamed}"),
            )
        }
    };
    let why = "whoever believes that nothing is single is not prepared for the failure that comes";
    let todo = format!("name what is still a single point of failure: {}", names.join(", "));
    let section = Section::Correctness;
    Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(&todo)
}

/// Whether a host is named where a sentence, or its heading, speaks of single points of failure.
fn is_told(host: &Host, text: &Text) -> bool {
    let part = match Role::of(host) {
        Role::Balancer => BALANCER,
        Role::Web => WEB,
        Role::App => APPLICATION,
        Role::Database => "database|mysql|db |primary|master",
        Role::Mixed | Role::Other => "server|database|mysql|primary|master",
    };
    let name = host.name.to_lowercase().replace('-', " ");
    let called = format!("{part}|{name} ");
    let denied = "!not a spof|no longer|isn t a spof|no spof|never";
    text.passages.iter().any(|passage| passage.says(&["spof", &called, denied]))
}

/// Whether a lone balancer is said to be none.
pub(super) fn one_balancer(infrastructure: &Infrastructure, text: &Text) -> Claim {
    let is_one = infrastructure.balancers().count() == 1;
    let denies = |words: &str| {
        let denied = has(words, "not a spof|no longer a spof|isn t a spof|is no spof|not spof");
        denied && has(words, BALANCER) && !has(words, SUPPOSED)
    };
    let said = text.quote(denies).filter(|_| is_one);
    Claim {
        id: "C-one-balancer",
        wrong: said.map(|said| format!("{said}: there is one load balancer")),
        right: "the text does not deny that a lone load balancer is a single point of failure",
        why: "every request passes the one balancer",
        todo: "say that the one load balancer is a single point of failure",
    }
}
