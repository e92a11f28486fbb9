//! Claims about how requests are spread: active-active or active-passive, and by which algorithm.

use super::super::super::reading::{Mode, mode, mode_of_servers};
use super::super::super::wording::workflow::manner;
use super::super::Task;
use super::super::text::Text;
use super::super::words::{DATABASE, has, is_plain};
use super::Claim;
use crate::infra::{Balance, Infrastructure};

/// What makes a sentence say how the balancers are set up, rather than what a word means.
const SET_UP: &str = "we use|we chose|we choose|we have|we run|our |configured|is set up|are set up|is used|are used|run in |runs in |run as |runs as |operate|work in |works in |is active|are active|this infrastructure|this design|this setup|deployed";
/// What makes a sentence explain a word.
const DEFINES: &str = "mean|refer|differ|whereas|unlike|versus|vs |compar|defin|called|either|or |such as|in contrast|on the other hand|the other";

/// Whether another mode is told than the one of the plan.
pub(super) fn cluster_mode(task: Task, infrastructure: &Infrastructure, text: &Text) -> Claim {
    let of_balancers = task == Task::ScaleUp;
    let actual = if of_balancers { mode(infrastructure) } else { mode_of_servers(infrastructure) };
    let (own, other) = match actual {
        Mode::ActiveActive => ("active active", "active passive|active standby|active backup"),
        Mode::ActivePassive | Mode::NoCluster => {
            ("active passive|active standby|active backup", "active active")
        }
    };
    let is_about = |words: &str| {
        !has(words, DATABASE)
            && (!of_balancers || has(words, "load balanc|balancer|haproxy|lb |lbs |cluster"))
    };
    let starts_with_it = |words: &str| {
        [" active", " in active", " in an active", " an active", " with active", " with an active"]
            .iter()
            .any(|start| words.starts_with(start))
    };
    let sets_up = |words: &str, which: &str, not: &str| {
        has(words, which)
            && !has(words, not)
            && has(words, SET_UP)
            && is_plain(words)
            && is_about(words)
            && !has(words, DEFINES)
            && !starts_with_it(words)
    };
    let says_own = text.quote(|words| sets_up(words, own, other)).is_some();
    let says_other = text.quote(|words| sets_up(words, other, own));
    let is_known = actual != Mode::NoCluster && !says_own;
    let shown = match actual {
        Mode::ActiveActive => "active-active",
        Mode::ActivePassive => "active-passive",
        Mode::NoCluster => "neither",
    };
    Claim {
        id: if of_balancers { "C3-2" } else { "C-mode" },
        wrong: says_other.filter(|_| is_known).map(|said| format!("{said}: the plan is {shown}")),
        right: "the mode in the text does not contradict the plan",
        why: "text and diagram must show the same set-up, or one of them is wrong",
        todo: "say the mode that the diagram shows, or draw the one you mean",
    }
}

/// The algorithms that people name, and how they are called.
const ALGORITHMS: [&str; 3] =
    ["round robin", "least conn", "source ip|ip hash|source hash|source address|balance source"];
const CHOOSES: &str =
    "we use|uses |using |is used|are used|configured|algorithm|distribut|balance ";

/// How an algorithm is called.
const fn called(balance: &Balance) -> &'static str {
    match balance {
        Balance::Roundrobin | Balance::StaticRr => ALGORITHMS[0],
        Balance::Leastconn => ALGORITHMS[1],
        Balance::Source => ALGORITHMS[2],
        Balance::First => "first",
        Balance::Random { .. } => "random",
        Balance::Uri(_) => "uri|path",
        Balance::UrlParam { .. } => "param",
        Balance::Hdr { .. } => "header|hdr",
    }
}

/// Whether another algorithm is told than the one of the plan.
pub(super) fn algorithm(infrastructure: &Infrastructure, text: &Text) -> Claim {
    let own: Vec<&str> =
        infrastructure.backends().map(|backend| called(&backend.balance)).collect();
    let is_told = own.is_empty() || own.iter().any(|own| text.mentions(own));
    let other: Vec<&str> = ALGORITHMS.into_iter().filter(|name| !own.contains(name)).collect();
    let claims = |words: &str| {
        has(words, CHOOSES)
            && is_plain(words)
            && !has(words, DEFINES)
            && !has(words, "dns|like |better|e g |also")
            && !has(words, DATABASE)
            && has(words, &other.join("|"))
    };
    let said = text.quote(claims).filter(|_| !is_told && !other.is_empty());
    let actual = infrastructure.backends().next().map(|backend| manner(&backend.balance));
    Claim {
        id: "C-algorithm",
        wrong: said
            .zip(actual)
            .map(|(said, actual)| format!("{said}: the plan distributes {actual}")),
        right: "the algorithm in the text does not contradict the plan",
        why: "another algorithm sends other requests to other servers",
        todo: "name the algorithm of the plan, or set the one you mean",
    }
}
