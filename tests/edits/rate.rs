//! Another rate of requests: the run begins anew with it, and comes to where it was.

use super::{at, edited};
use foobar_lab::infra::Preset;
use foobar_lab::run::Run;
use foobar_lab::sim::History;

/// Another rate keeps what was done and where the run stands, and so does taking it back.
#[test]
fn another_rate_keeps_the_instant_and_the_actions() {
    let mut before = Run::new(edited(Preset::Brief, &[]), History::Recent).unwrap();
    before.advance_to(at(6));
    before.act("kill app-1".parse().unwrap()).unwrap();
    before.advance_to(at(8));
    let mut run = before.clone();
    assert!(run.set_rate(60.0).unwrap().has_arrived);
    assert_eq!((run.now(), run.actions()), (at(8), before.actions()));
    let issued = |run: &Run| run.simulation().counts().issued;
    assert!(issued(&run) > issued(&before) * 2, "{} of {}", issued(&run), issued(&before));
    assert_eq!(run.names_of_undo_redo()[0], "60 requests/s instead of 20");
    run.advance_to(at(9));
    before.advance_to(at(9));
    run.undo();
    assert_eq!(run.now(), at(9));
    assert_eq!(run.simulation().digest(), before.simulation().digest());
    assert_eq!(run.names_of_undo_redo(), ["kill app-1", "60 requests/s instead of 20"]);
    assert!(run.set_rate(0.0).is_err());
}
