//! What edits, undo and redo do, and how they are named.

use super::*;
use crate::infra::Preset;
use crate::sim::History;

fn ms(ms: u64) -> SimTime {
    SimTime::from_ms(ms)
}

fn busy_plan() -> Plan {
    let mut plan = Plan::new(Preset::Brief.infrastructure(), 3);
    plan.workload.rate = 100.0;
    plan
}

fn busy(until: SimTime) -> Run {
    let mut run = Run::new(busy_plan(), History::Recent).unwrap();
    run.advance_to(until);
    run
}

#[track_caller]
fn assert_anew(found: &Run) {
    let (plan, actions) = (found.plan().clone(), found.all_actions().to_vec());
    let mut anew = Run::with_actions(plan, actions, History::Recent).unwrap();
    anew.advance_to(found.now());
    assert_eq!(found.simulation().digest(), anew.simulation().digest());
    assert_eq!(found.simulation().events(), anew.simulation().events());
    assert_eq!(found.simulation().facts(), anew.simulation().facts());
    assert_eq!(found.simulation().snapshot(), anew.simulation().snapshot());
    assert_eq!(found.actions(), anew.actions());
}

/// Far from every state that is kept on the way, undo begins at the edit itself.
#[test]
fn undo_begins_where_the_edit_was_made() {
    let mut run = busy(ms(7_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    run.advance_to(ms(8_000));
    let nearest = run.rewind.before(ms(7_000)).unwrap();
    assert_eq!(nearest.simulation.now(), ms(7_000));
    assert_eq!(nearest.done, 0);
    assert_eq!(run.undo().unwrap().at, ms(7_000));
    assert_eq!((run.now(), run.actions().len()), (ms(8_000), 0));
    assert_anew(&run);
    run.redo().unwrap();
    assert_eq!((run.now(), run.actions().len()), (ms(8_000), 1));
    assert_anew(&run);
    run.seek(ms(7_000));
    assert_anew(&run);
}

#[test]
fn edits_of_one_instant_are_taken_back_one_by_one() {
    for start in [0, 7_000] {
        let mut run = busy(ms(start));
        for action in ["kill app-1", "kill web-1", "restore app-1"] {
            run.act(action.parse().unwrap()).unwrap();
        }
        run.advance_to(ms(start + 500));
        for left in [2, 1, 0] {
            run.undo().unwrap();
            assert_eq!(run.actions().len(), left);
            assert_anew(&run);
        }
        for made in 1..=3 {
            run.redo().unwrap();
            assert_eq!(run.actions().len(), made);
            assert_anew(&run);
        }
    }
}

/// Each edit has one name, whether it is to be taken back or made again.
#[test]
fn each_edit_is_named_by_what_was_done() {
    let mut run = busy(ms(6_000));
    let expected = [
        "kill app-1",
        "kill web-1",
        "Add an application server",
        "restart",
        "restart",
        "50 requests/s instead of 100",
        "another run of simple",
    ];
    let mut other = Plan::new(Preset::Simple.infrastructure(), 9);
    other.workload.rate = 0.5;
    assert_eq!(run.names_of_undo_redo(), ["", ""]);
    for (index, name) in expected.iter().enumerate() {
        match index {
            0 => run.act("kill app-1".parse().unwrap()).unwrap(),
            1 => {
                run.seek(ms(3_000));
                run.act("kill web-1".parse().unwrap()).unwrap();
            }
            2 => {
                run.edit("add-app".parse().unwrap()).unwrap();
            }
            3 | 4 => run.restart(),
            5 => {
                run.set_rate(50.0).unwrap();
            }
            _ => run.replace(other.clone(), Vec::new(), ms(100)).unwrap(),
        }
        assert_eq!(run.names_of_undo_redo(), [*name, ""], "{index}");
    }
    for name in expected.iter().rev() {
        assert_eq!(run.names_of_undo_redo()[0], *name);
        run.undo();
        assert_eq!(run.names_of_undo_redo()[1], *name);
    }
    assert_eq!(run.names_of_undo_redo()[0], "");
    for name in expected {
        run.redo();
        assert_eq!(run.names_of_undo_redo()[0], name);
    }
    assert_eq!(run.names_of_undo_redo()[1], "");
}

#[track_caller]
fn assert_named(run: &mut Run, name: &str) {
    assert_eq!(run.names_of_undo_redo()[0], name);
    run.undo();
    assert_eq!(run.names_of_undo_redo()[1], name);
    run.redo();
    assert_eq!(run.names_of_undo_redo()[0], name);
}

/// An edit after which the run did not come to where it stood is that edit all the same, and a run that was opened is another one,
/// however little differs.
#[test]
fn an_edit_has_its_name_where_its_instant_was_not_reached() {
    let mut run = busy(ms(2_000));
    for name in ["Add an application server", "50 requests/s instead of 100"] {
        if name.starts_with("Add") {
            run.edit("add-app".parse().unwrap()).unwrap();
        } else {
            run.set_rate(50.0).unwrap();
        }
        run.edits.made.last_mut().unwrap().at = Some(ms(2_000));
        assert_named(&mut run, name);
    }
    let mut other = run.plan().clone();
    other.edit("add-app".parse().unwrap()).unwrap();
    run.replace(other, Vec::new(), ms(100)).unwrap();
    assert_named(&mut run, "another run of brief");
}

/// What is done by one act has one name, which is true of all of it.
#[test]
fn several_deeds_of_one_act_are_named_together() {
    let mut run = busy(ms(4_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    for (at, deeds, name) in [
        (3_000, "link app-1:db-1:cut;link app-2:db-1:cut;link web-1:app-1:cut", "cut 3 links"),
        (3_500, "link app-1:db-1:whole;link app-2:db-1:whole", "mend 2 links"),
        (3_500, "link app-1:db-1:cut", "cut the link app-1 to db-1"),
        (
            3_600,
            "link app-1:db-1:cut;link app-2:db-1:whole",
            "cut the link app-1 to db-1 and 1 more",
        ),
        (
            3_700,
            "link app-1>db-1:cut;link app-2>db-1:cut",
            "cut the way from app-1 to db-1 and 1 more",
        ),
        (3_700, "link app-1:db-1:cut;link app-2>db-1:cut", "cut the link app-1 to db-1 and 1 more"),
        (3_800, "retries 2;backend app: balance leastconn", "set retries 2 and 1 more"),
    ] {
        run.seek(ms(at));
        run.act_all(deeds.split(';').map(|deed| deed.parse().unwrap()).collect()).unwrap();
        assert_named(&mut run, name);
    }
}

/// The timeline of the same plan and actions, of a run that has come to the same instant and was never edited.
#[track_caller]
fn assert_timeline_anew(found: &Run) {
    let (plan, actions) = (found.plan().clone(), found.all_actions().to_vec());
    let mut anew = Run::with_actions(plan, actions, History::Recent).unwrap();
    anew.advance_to(found.now());
    assert_eq!(found.timeline(60), anew.timeline(60));
    assert_eq!(found.simulation().facts(), anew.simulation().facts());
}

#[test]
fn what_was_taken_back_leaves_no_marks() {
    let mut run = busy(ms(20_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    run.advance_to(ms(32_000));
    let marked = run.timeline(60);
    run.undo().unwrap();
    assert_timeline_anew(&run);
    run.redo().unwrap();
    assert_eq!(run.timeline(60), marked);
}

#[test]
fn what_is_taken_back_from_before_it_was_done_leaves_what_was_before_it() {
    let kill = |at, action: &str| TimedAction { at: ms(at), action: action.parse().unwrap() };
    let actions = vec![kill(5_000, "kill app-1"), kill(50_000, "restore app-1")];
    let mut plan = busy_plan();
    plan.workload.rate = 200.0;
    let mut run = Run::with_actions(plan, actions, History::Recent).unwrap();
    run.advance_to(ms(100_000));
    run.act("slow web-1 x5".parse().unwrap()).unwrap();
    run.seek(ms(2_000));
    run.undo().unwrap();
    run.seek(ms(100_000));
    assert_timeline_anew(&run);
}

/// Whether one has gone on in the other future meanwhile, or back before where they part.
#[test]
fn an_edit_in_the_past_that_is_taken_back_gives_the_future_back() {
    let mut run = busy(ms(20_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    run.advance_to(ms(75_000));
    let before = run.timeline(60);
    assert!(before.marks.len() > 2, "{:?}", before.marks);
    for (edited, taken_back) in [(3_000, 5_000), (3_000, 1_000), (21_000, 22_000)] {
        run.seek(ms(edited));
        run.act("kill web-1".parse().unwrap()).unwrap();
        assert_eq!(run.timeline(60).furthest, ms(edited), "the rest holds no longer");
        run.seek(ms(edited + 2_000));
        run.seek(ms(taken_back));
        run.undo().unwrap();
        assert_eq!(run.now(), ms(taken_back));
        assert_eq!(run.timeline(60), before, "{edited} {taken_back}");
        run.redo().unwrap();
        assert_ne!(run.timeline(60), before);
        run.undo().unwrap();
        assert_eq!(run.timeline(60), before, "{edited} {taken_back}, made again");
    }
    for at in [75_000, 10_000, 40_000] {
        run.seek(ms(at));
        assert_anew(&run);
    }
    run.redo().unwrap();
    assert_anew(&run);
    assert_eq!(run.timeline(60).furthest, ms(40_000));
}

#[test]
fn a_run_that_is_taken_up_again_has_all_its_facts_wherever_the_other_stood() {
    let mut plan = busy_plan();
    plan.workload.rate = 400.0;
    let mut run = Run::new(plan, History::Recent).unwrap();
    run.advance_to(ms(10_000));
    run.restart();
    run.advance_to(ms(40_000));
    run.seek(ms(15_000));
    run.undo();
    assert_eq!(run.now(), ms(10_000));
    for at in [40_000, 12_000, 30_000] {
        run.seek(ms(at));
        assert_anew(&run);
    }
}

/// What begins anew is not run again when it comes back; of older ones nothing is held.
#[test]
fn a_run_that_was_left_comes_back_as_it_was() {
    let mut run = busy(ms(6_000));
    run.act("kill app-1".parse().unwrap()).unwrap();
    for round in 1..=4 {
        run.advance_to(ms(6_000 + round * 100));
        if round % 2 == 0 {
            run.restart();
        } else {
            let edit = PlanEdit::possible(&run.plan().infrastructure).remove(0);
            run.edit(edit).unwrap();
        }
        run.act("kill web-1".parse().unwrap()).unwrap();
        let held = run.edits.made.iter().filter(|edit| edit.left.is_some()).count();
        assert_eq!(held, MOST_LEFT.min(round as usize), "whatever else was done");
    }
    let mut taken_back = 0;
    while run.can_undo_redo()[0] {
        run.undo();
        taken_back += 1;
        assert_anew(&run);
    }
    assert_eq!(taken_back, 9);
    while run.can_undo_redo()[1] {
        run.redo();
        assert_anew(&run);
    }
}
