//! A run with what can be taken back of it, as text that is kept on a device: its link, and a line for each of the last edits with the link
//! of the run that it would bring. What comes back is checked as every link is.

use super::edits::{Edit, Edits};
use super::permalink::{self, LATEST, LONGEST_LINK, LinkError, Look, MOST_ACTIONS, Parts};
use super::{Run, edits};
use crate::kernel::SimTime;
use crate::sim::Plan;

/// So many edits that can be taken back are kept, and as many that can be made again: the next ones.
pub const MOST_WRITTEN: usize = 20;
/// The most characters of what is kept of the edits.
const LONGEST: usize = 8 * LONGEST_LINK;
/// What a line begins with, of an edit to take back and of one to make again.
const WORDS: [&str; 2] = ["undo ", "redo "];
/// What follows it if the edit took another run in the place of the one that was there.
const OTHER: &str = "other ";

/// The run, how it is looked at, and its edits as text: its link in the first line. `None` as for [`permalink::write`].
pub fn write(run: &Run, look: &Look) -> Option<String> {
    let mut text = permalink::write_look(run, look)?;
    for (word, edits) in WORDS.iter().zip([&run.edits.made, &run.edits.taken_back]) {
        // Each edit says what it changes of the run that the one before it brings.
        let mut plan = &run.plan;
        for edit in edits.iter().rev().take(MOST_WRITTEN) {
            plan = edit.plan.as_deref().unwrap_or(plan);
            let Some(link) = link(edit, plan) else { break };
            if text.len() + link.len() > LONGEST {
                break;
            }
            text.push('\n');
            text.push_str(word);
            if edit.is_other {
                text.push_str(OTHER);
            }
            text.push_str(&link);
        }
    }
    Some(text)
}

/// The link of the run that taking the last edit back would bring, of what is kept of a run; `None` if there is no edit to take back.
pub fn link_before(kept: &str) -> Option<&str> {
    let link = kept.lines().skip(1).find_map(|line| line.strip_prefix(WORDS[0]))?;
    Some(link.strip_prefix(OTHER).unwrap_or(link))
}

/// The link of what an edit brings; `None` if it could not be opened again.
fn link(edit: &Edit, plan: &Plan) -> Option<String> {
    let last = edit.actions.last().map(|timed| timed.at).max(edit.at);
    let is_bounded = edit.actions.len() <= MOST_ACTIONS && last <= Some(LATEST);
    let link = permalink::write_parts(plan, edit.at, &edit.actions).filter(|_| is_bounded)?;
    (link.len() <= LONGEST_LINK).then_some(link)
}

/// Gives a run its edits back, from the lines that follow its link.
///
/// # Errors
/// If one of them cannot be: the run has then none of them, and is otherwise as it was.
pub fn read_edits(run: &mut Run, lines: &str) -> Result<(), LinkError> {
    if lines.len() > LONGEST {
        return Err(LinkError::Edits);
    }
    let mut found = [Vec::new(), Vec::new()];
    // Plans are told apart as links tell them: comparing them part by part would be more code than all of this.
    let told = |plan: &Plan| permalink::write_parts(plan, None, &[]);
    let mut there = [told(&run.plan), told(&run.plan)];
    for line in lines.lines() {
        let mut kinds = (0_usize..).zip(WORDS);
        let known = kinds.find_map(|(kind, word)| Some((kind, line.strip_prefix(word)?)));
        let (kind, rest) = known.ok_or(LinkError::Edits)?;
        let link = rest.strip_prefix(OTHER).unwrap_or(rest);
        let is_other = link.len() < rest.len();
        if found[kind].len() == MOST_WRITTEN {
            return Err(LinkError::Edits);
        }
        let Parts { plan, at, actions, .. } = permalink::read_parts(link)?;
        plan.validate_workload()?;
        for timed in &actions {
            plan.validate_action(&timed.action)?;
        }
        // The plan that this edit brings, if it is not the one that is there by then.
        let brought = told(&plan);
        let other = (brought != there[kind]).then(|| Box::new(plan));
        there[kind] = brought;
        let actions = edits::in_order(actions);
        found[kind].push(Edit { at, plan: other, is_other, ..Edit::of(actions, SimTime::ZERO) });
    }
    for list in &mut found {
        list.reverse();
    }
    let [made, taken_back] = found;
    run.edits = Edits { made, taken_back };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::sim::History;
    use proptest::prelude::*;

    fn ms(ms: u64) -> SimTime {
        SimTime::from_ms(ms)
    }

    /// Everything that can be edited, some of it taken back.
    fn worked_on() -> Run {
        let plan = Plan::new(Preset::Brief.infrastructure(), 5);
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.advance_to(ms(2_000));
        run.act("kill app-1".parse().unwrap()).unwrap();
        run.advance_to(ms(4_000));
        run.edit("add-app".parse().unwrap()).unwrap();
        run.act("set server app/app-3 state drain".parse().unwrap()).unwrap();
        run.advance_to(ms(5_000));
        run.restart();
        run.advance_to(ms(1_000));
        run.replace(Plan::new(Preset::Simple.infrastructure(), 9), Vec::new(), ms(500)).unwrap();
        for action in ["kill server-1/nginx", "restore server-1/nginx"] {
            let host = run.plan().infrastructure.hosts[0].name.clone();
            run.act(action.replace("server-1", &host).parse().unwrap()).unwrap();
        }
        for _ in 0..3 {
            run.undo();
        }
        run
    }

    fn reloaded(run: &Run) -> Run {
        let text = write(run, &Look::default()).unwrap();
        let (link, edits) = text.split_once('\n').unwrap_or((&text, ""));
        let mut opened = permalink::read(link, History::Recent).unwrap();
        read_edits(&mut opened, edits).unwrap();
        opened
    }

    /// Where it stands, what was done, and to what.
    fn stands(run: &Run) -> (SimTime, String, u64, String) {
        let counts = run.simulation().counts().issued;
        (run.now(), permalink::write(run).unwrap(), counts, run.simulation().digest().to_string())
    }

    #[test]
    fn all_of_it_can_be_taken_back_and_made_again_after_a_reload() {
        let mut run = worked_on();
        let mut opened = reloaded(&run);
        assert_eq!(opened.can_undo_redo(), [true, true]);
        let mut steps = 0;
        while run.can_undo_redo()[0] {
            assert_eq!(run.names_of_undo_redo(), opened.names_of_undo_redo());
            assert_eq!(run.undo(), opened.undo());
            assert_eq!(stands(&run), stands(&opened));
            steps += 1;
        }
        while run.can_undo_redo()[1] {
            assert_eq!(run.names_of_undo_redo(), opened.names_of_undo_redo());
            assert_eq!(run.redo(), opened.redo());
            assert_eq!(stands(&run), stands(&opened));
            steps += 1;
        }
        assert_eq!(steps, 4 + 7);
        assert_eq!(opened.can_undo_redo(), [true, false]);
    }

    #[test]
    fn how_it_is_looked_at_is_kept_with_it() {
        let look = Look { chosen: Some("users".to_owned()), speed: Some(4) };
        let text = write(&worked_on(), &look).unwrap();
        let (link, edits) = text.split_once('\n').unwrap();
        assert_eq!(permalink::look(link), look);
        let mut opened = permalink::read(link, History::Recent).unwrap();
        read_edits(&mut opened, edits).unwrap();
        assert_eq!(stands(&opened), stands(&worked_on()));
    }

    #[test]
    fn the_run_before_the_last_edit_is_found_whatever_the_edit_was() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 5);
        let mut run = Run::new(plan.clone(), History::Recent).unwrap();
        let before = |run: &Run| {
            let text = write(run, &Look::default()).unwrap();
            link_before(&text).map(|link| permalink::read(link, History::Recent).unwrap().plan.seed)
        };
        assert_eq!(before(&run), None);
        run.act("kill app-1".parse().unwrap()).unwrap();
        assert_eq!(before(&run), Some(5));
        run.replace(Plan { seed: 6, ..plan }, Vec::new(), ms(0)).unwrap();
        assert_eq!(before(&run), Some(5));
        run.act("kill app-2".parse().unwrap()).unwrap();
        assert_eq!(before(&run), Some(6));
    }

    #[test]
    fn only_the_last_edits_are_kept() {
        let plan = Plan::new(Preset::Brief.infrastructure(), 5);
        let mut run = Run::new(plan, History::Off).unwrap();
        for second in 1..=30 {
            run.advance_to(ms(second * 100));
            let verb = if second % 2 == 1 { "kill" } else { "restore" };
            run.act(format!("{verb} app-1").parse().unwrap()).unwrap();
        }
        let mut opened = reloaded(&run);
        let mut count = 0;
        while opened.undo().is_some() {
            count += 1;
        }
        assert_eq!((count, opened.all_actions().len()), (MOST_WRITTEN, 30 - MOST_WRITTEN));
    }

    #[test]
    fn what_is_no_edit_is_refused_and_the_run_stays_as_it_is() {
        let good = "undo run/1/brief;seed=5";
        for bad in [
            "undone run/1/brief",
            "undo run/9/brief",
            "undo run/1/brief;5s+dance",
            "redo run/1/brief;5s+kill+app-9",
            "undo run/1/brief;rate=9000000",
            format!("{good}\n").repeat(MOST_WRITTEN + 1).as_str(),
            "x".repeat(LONGEST + 1).as_str(),
        ] {
            let mut run = worked_on();
            let before = (stands(&run), run.can_undo_redo());
            let lines = format!("{good}\n{bad}");
            assert!(read_edits(&mut run, &lines).is_err(), "{bad:.60}");
            assert_eq!((stands(&run), run.can_undo_redo()), before);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Whatever became of it, it is edits or it is refused; nothing panics.
        #[test]
        fn mutated_edits_are_taken_or_refused(
            cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
        ) {
            let text = "undo run/1/brief;seed=5;at=2s;1s+kill+app-1\nredo run/1/simple;edit=add-app";
            let mut bytes = text.as_bytes().to_vec();
            for (index, byte) in cuts {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
            let plan = Plan::new(Preset::Brief.infrastructure(), 5);
            let mut run = Run::new(plan, History::Off).unwrap();
            let _ = read_edits(&mut run, &String::from_utf8_lossy(&bytes));
        }
    }
}
