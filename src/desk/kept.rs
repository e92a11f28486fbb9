//! Runs that were kept as evidence beside the one on the desk. Each is a link's end, and as a run is a value, that is all that has to be
//! kept: here it is run again, once for as long as it is asked for.

use std::fmt::Write;

use super::DeskError;
use crate::run::permalink;
use crate::sim::History;
use crate::submission::{Evidence, escape_html};

/// The most runs that are kept; those beyond are left out.
pub const MOST_RUNS: usize = 5;

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
            Ok((run, at)) => {
                let plan = run.plan();
                let mut what = format!("{}, seed {}, ", plan.infrastructure.name, plan.seed);
                let done = run.all_actions().iter().filter(|timed| timed.at <= at);
                for timed in done {
                    let _ = write!(what, "{} {}, ", timed.at, timed.action);
                }
                let _ = write!(what, "until {at}");
                what
            }
            Err(error) => format!("it cannot be made again: {error}"),
        };
        let same = if link == on_desk { " (the run on the stage)" } else { "" };
        let _ = write!(
            markup,
            "<li>{}{same} <button data-do=\"drop-run\" data-on=\"{}\">Remove<span class=\"visually-hidden\"> kept run {count}</span></button></li>",
            escape_html(&what),
            escape_html(link)
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
        assert!(markup.contains("brief, seed 1, 10s kill app-1, until 30s (the run on the stage)"));
        assert!(markup.contains("cannot be made again"));
        assert!(Desk::default().answer("kept", HERE, "").unwrap().contains("None is kept"));
        let full = Desk::default().answer("kept", HERE, &format!("{OTHER}\n").repeat(9)).unwrap();
        assert_eq!(full.matches("<li>").count(), MOST_RUNS);
        assert!(full.contains("remove one"));
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
        assert!(crate::page::save_dialog().contains(&most), "{most}");
    }
}
