//! Runs that were kept as evidence beside the one on the desk. Each is a link's end, and as a run is a value, that is all that has to be
//! kept: here it is run again, once for as long as it is asked for.

use std::fmt::Write;

use super::DeskError;
use crate::infra::Preset;
use crate::kernel::SimTime;
use crate::kernel::small::decimal;
use crate::page;
use crate::run::{Run, permalink};
use crate::sim::{Action, Fact, FactKind, History, Workload};
use crate::submission::{Evidence, escape_html};

/// The most runs that are kept; those beyond are left out.
pub const MOST_RUNS: usize = 5;
/// So many deeds of a run are told in the list; of more, how many they are.
const MOST_DEEDS: usize = 6;

/// The runs that were last asked for, as their links and what they came to.
#[derive(Debug, Default)]
pub(super) struct Kept {
    made: Vec<(String, Evidence)>,
}

impl Kept {
    /// These runs as evidence, but for the one that is on the desk.
    pub(super) fn evidence(
        &mut self,
        links: &[&str],
        on_desk: &str,
    ) -> Result<Vec<Evidence>, DeskError> {
        let mut made = Vec::new();
        for (&link, number) in links.iter().take(MOST_RUNS).zip(1..) {
            if link == on_desk {
                continue;
            }
            let known = self.made.iter().find(|(of, _)| of == link);
            let evidence = if let Some((_, evidence)) = known {
                evidence.clone()
            } else {
                let run = permalink::read(link, History::Off);
                Evidence::of(&run.map_err(|error| DeskError::Kept { number, error })?)
            };
            made.push((link.to_owned(), evidence));
        }
        self.made = made;
        Ok(self.made.iter().map(|(_, evidence)| evidence.clone()).collect())
    }
}

/// Markup with the runs of these links, one a line: what each is, and a button that removes it.
pub(super) fn list(links: &str, on_desk: &str) -> String {
    let mut markup = String::new();
    let mut count = 0;
    for link in links.lines().take(MOST_RUNS) {
        count += 1;
        let what = match permalink::begin(link, History::Off) {
            Ok((run, at)) => told(&run, at),
            Err(error) => format!("It cannot be made again: {error}"),
        };
        let same = if link == on_desk { " (the run on the stage)" } else { "" };
        let _ = write!(
            markup,
            "<li>{}{same} <button data-do=\"drop-run\" data-on=\"{}\">Remove<span class=\"visually-hidden\"> kept run {count}</span></button>{}</li>",
            page::with_code(&what),
            escape_html(link),
            comparing(link, on_desk, count),
        );
    }
    if count == 0 {
        return "<p class=\"muted\">None is kept.</p>".to_owned();
    }
    let full = if count == MOST_RUNS {
        "<p class=\"muted\">More are not kept: remove one to keep another.</p>"
    } else {
        ""
    };
    format!("<ol>{markup}</ol>{full}")
}

/// A place for the comparison of a kept run with the one on the desk.
fn comparing(link: &str, on_desk: &str, count: usize) -> String {
    if link == on_desk {
        return String::new();
    }
    format!(
        "<details data-ask=\"compare\" data-about=\"{}\"><summary>Compare with the run on the stage<span class=\"visually-hidden\">: kept run {count}</span></summary>\
         <div class=\"answer\"></div></details>",
        escape_html(link)
    )
}

/// What the run is of, what was done in it, and up to when it goes, in words; what is typed as it stands is between backticks.
pub(super) fn told(run: &Run, until: SimTime) -> String {
    let plan = run.plan();
    let name = &plan.infrastructure.name;
    let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name);
    let mut words = match preset {
        Some(preset) => page::preset_title(preset).to_owned(),
        None => name.clone(),
    };
    if !plan.edits.is_empty() {
        let edits: Vec<String> = plan.edits.iter().map(|edit| format!("`{edit}`")).collect();
        let _ = write!(words, ", built otherwise ({})", edits.join(", "));
    }
    let rate = plan.workload.rate;
    if rate.to_bits() != Workload::default().rate.to_bits() {
        let _ = write!(words, ", {} requests/s", decimal(rate, 3));
    }
    // Every run has a seed; where it is the usual one it tells nothing.
    if plan.seed != 1 {
        let _ = write!(words, ", seed {}", plan.seed);
    }
    let done: Vec<_> = run.all_actions().iter().filter(|timed| timed.at <= until).collect();
    let mut deeds: Vec<String> =
        done.iter().take(MOST_DEEDS).map(|timed| deed(&timed.action, timed.at)).collect();
    match done.len().saturating_sub(MOST_DEEDS) {
        _ if done.is_empty() => deeds.push("nothing done".to_owned()),
        0 => {}
        1 => deeds.push("and one more deed".to_owned()),
        more => deeds.push(format!("and {more} more deeds")),
    }
    let _ = write!(words, ": {}; until {}", deeds.join(", "), face(until));
    words
}

/// What was done and when, such as `app-1 killed at 0:10`.
fn deed(action: &Action, at: SimTime) -> String {
    let when = face(at);
    let lasting = |subject: String, kind| {
        let sentence = Fact { at, subject, kind }.to_string();
        let sentence = sentence.trim_end_matches('.').replacen("The link", "the link", 1);
        format!("from {when} on {sentence}")
    };
    let done = match action {
        Action::Kill(component) => format!("{component} killed"),
        Action::Restore(component) => format!("{component} restored"),
        Action::Stop(component) => format!("{component} stopped in order"),
        Action::CutHeartbeat => "heartbeat cut".to_owned(),
        Action::HealHeartbeat => "heartbeat healed".to_owned(),
        Action::Slow { host, factor } if *factor > 1.0 => {
            format!("{host} made {} times slower", decimal(*factor, 2))
        }
        Action::Slow { host, .. } => format!("{host} back at its own speed"),
        Action::Promote { host } => format!("{host} promoted to primary"),
        Action::Degrade { component, gray } => {
            return lasting(component.to_string(), FactKind::Degraded { gray: *gray });
        }
        Action::Link(change) => {
            let [from, to] = if change.one_way { ["from ", "to"] } else { ["", "and"] };
            let subject = format!("{from}{} {to} {}", change.from, change.to);
            return lasting(subject, FactKind::LinkChanged { state: change.state });
        }
        Action::CutUplink { uplink } => format!("{uplink} broken"),
        Action::HealUplink { uplink } => format!("{uplink} made whole"),
        Action::DropRule { rule } => format!("firewall rule \u{201c}{rule}\u{201d} taken out"),
        Action::RestoreRule { rule } => format!("firewall rule \u{201c}{rule}\u{201d} put back"),
        Action::Command { balancer: Some(balancer), command } => {
            format!("`{command}` typed on {balancer}")
        }
        Action::Command { balancer: None, command } => {
            format!("`{command}` typed on every balancer")
        }
        Action::Reload { backend: Some(backend), directive } => {
            format!("HAProxy reloaded with `{directive}` in backend {backend}")
        }
        Action::Reload { backend: None, directive } => {
            format!("HAProxy reloaded with `{directive}`")
        }
    };
    format!("{done} at {when}")
}

/// An instant as a clock shows it, to a tenth of a second where it is not whole: `0:10`, `1:02.5`.
fn face(at: SimTime) -> String {
    let tenths = at.as_ns().saturating_add(50_000_000) / 100_000_000;
    let whole = format!("{}:{:02}", tenths / 600, tenths / 10 % 60);
    match tenths % 10 {
        0 => whole,
        tenth => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Desk;
    use super::*;
    use crate::desk::Step;

    const HERE: &str = "run/1/brief;seed=1;at=30s;10s+kill+app-1";
    const OTHER: &str = "run/1/brief;seed=2;at=20s;5s+kill+app-2";

    fn document(desk: &mut Desk, wish: &str) -> Result<String, DeskError> {
        let bytes = desk.file("md", HERE, wish, &[], &mut |_| {})?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn kept_runs_stand_beside_the_one_on_the_desk() {
        let mut desk = Desk::default();
        let alone = document(&mut desk, "name Ada").unwrap();
        assert_eq!(alone, document(&mut desk, &format!("name Ada\nrun {HERE}")).unwrap());
        let both = document(&mut desk, &format!("run {OTHER}\nrun {HERE}")).unwrap();
        for (link, number) in [(HERE, 1), (OTHER, 2)] {
            let run = permalink::read(link, History::Off).unwrap();
            let Evidence { hash, command, seed, .. } = Evidence::of(&run);
            let row = format!("| Run {number} | brief | {seed} |");
            for what in [row, hash, format!("```sh\n{command}\n```")] {
                assert!(both.contains(&what), "{what}");
            }
        }
        assert!(!both.contains("### Run 3"));
        let again = document(&mut desk, &format!("run {OTHER}\nrun {HERE}")).unwrap();
        assert_eq!(again, both);
    }

    #[test]
    fn a_kept_run_that_cannot_be_made_again_is_named() {
        let wish = format!("run {HERE}\nrun run/1/brief;3s+dance");
        let error = document(&mut Desk::default(), &wish).unwrap_err();
        assert!(matches!(error, DeskError::Kept { number: 2, .. }), "{error}");
        let many = format!("run {OTHER}\n").repeat(MOST_RUNS) + "run nonsense";
        assert!(document(&mut Desk::default(), &many).is_ok(), "what is beyond is left out");
    }

    #[test]
    fn the_list_tells_what_each_is_and_stays_markup() {
        let links = format!("{HERE}\n{OTHER}\nrun/1/<b>\"x\n");
        let markup = Desk::default().answer("kept", HERE, &links).unwrap();
        let tree = roxmltree::Document::parse(&markup).unwrap();
        let buttons = tree.descendants().filter_map(|node| node.attribute("data-on"));
        assert_eq!(buttons.collect::<Vec<_>>(), links.lines().collect::<Vec<_>>());
        let here =
            "<li>Scale up, active-active: app-1 killed at 0:10; until 0:30 (the run on the stage) ";
        assert!(markup.contains(here), "{markup}");
        let other = "<li>Scale up, active-active, seed 2: app-2 killed at 0:05; until 0:20 <";
        assert!(markup.contains(other), "{markup}");
        assert!(markup.contains("cannot be made again"));
        assert!(Desk::default().answer("kept", HERE, "").unwrap().contains("None is kept"));
        let full = Desk::default().answer("kept", HERE, &format!("{OTHER}\n").repeat(9)).unwrap();
        assert_eq!(full.matches("<li>").count(), MOST_RUNS);
        assert!(full.contains("remove one"));
    }

    fn in_words(link: &str) -> String {
        let (run, at) = permalink::begin(link, History::Off).unwrap();
        told(&run, at)
    }

    #[test]
    fn a_run_is_told_in_words_and_on_a_clock() {
        for (link, words) in [
            (
                "run/1/brief;seed=1;at=9582300us;0s+kill+app-1",
                "Scale up, active-active: app-1 killed at 0:00; until 0:09.6",
            ),
            ("run/1/simple;seed=1;at=2m", "Simple web stack: nothing done; until 2:00"),
            // What is done only later is no part of what is kept.
            (
                "run/1/brief;edit=add-app;seed=7;rate=50;at=59950ms;5s+slow+db-1+x5;61s+kill+app-1",
                "Scale up, active-active, built otherwise (`add-app`), 50 requests/s, seed 7: \
                 db-1 made 5 times slower at 0:05; until 1:00",
            ),
        ] {
            assert_eq!(in_words(link), words);
        }
        let many = "run/1/brief;at=30s;1s+kill+app-1;2s+restore+app-1;3s+kill+app-2;\
                    4s+restore+app-2;5s+kill+web-1;6s+restore+web-1;7s+cut+heartbeat";
        assert!(in_words(many).ends_with("web-1 restored at 0:06, and one more deed; until 0:30"));
        let more = in_words(&format!("{many};8s+heal+heartbeat"));
        assert!(more.ends_with(", and 2 more deeds; until 0:30"), "{more}");
    }

    /// Nothing is spelled as a link spells it, unless it is what a person types.
    #[test]
    fn every_deed_has_words() {
        let at = SimTime::from_ms(62_500);
        for (text, words) in [
            ("kill app-1/app", "app-1/app killed at 1:02.5"),
            ("restore app-1", "app-1 restored at 1:02.5"),
            ("stop lb-1/keepalived", "lb-1/keepalived stopped in order at 1:02.5"),
            ("cut heartbeat", "heartbeat cut at 1:02.5"),
            ("heal heartbeat", "heartbeat healed at 1:02.5"),
            ("slow db-1 x1", "db-1 back at its own speed at 1:02.5"),
            ("promote db-2", "db-2 promoted to primary at 1:02.5"),
            (
                "degrade app-1/app:errors=0.5",
                "from 1:02.5 on app-1/app answers an error to 50 % of the requests",
            ),
            ("link lb-1:app-1:cut", "from 1:02.5 on the link between lb-1 and app-1 is cut"),
            ("cut uplink uplink-1", "uplink-1 broken at 1:02.5"),
            ("heal uplink uplink-1", "uplink-1 made whole at 1:02.5"),
            ("drop rule users", "firewall rule \u{201c}users\u{201d} taken out at 1:02.5"),
            ("restore rule users", "firewall rule \u{201c}users\u{201d} put back at 1:02.5"),
            (
                "lb-1: set server app/app-1 weight 50",
                "`set server app/app-1 weight 50` typed on lb-1 at 1:02.5",
            ),
            (
                "set server app/app-1 state drain",
                "`set server app/app-1 state drain` typed on every balancer at 1:02.5",
            ),
            (
                "backend app: balance leastconn",
                "HAProxy reloaded with `balance leastconn` in backend app at 1:02.5",
            ),
            ("retries 2", "HAProxy reloaded with `retries 2` at 1:02.5"),
        ] {
            assert_eq!(deed(&text.parse().unwrap(), at), words);
        }
    }

    #[test]
    fn an_archive_tells_its_steps_in_order() {
        let mut told = Vec::new();
        let mut desk = Desk::default();
        desk.file("svg", HERE, "", &[], &mut |step| told.push(step)).unwrap();
        told.push(Step::Png);
        desk.file("zip", HERE, "", b"png", &mut |step| told.push(step)).unwrap();
        told.dedup();
        assert_eq!(told, Step::ALL);
        assert!(told.iter().map(|step| step.done()).eq(0..5));
        let most = format!("max=\"{}\"", Step::ALL.len());
        assert!(page::save_dialog().contains(&most), "{most}");
    }
}
