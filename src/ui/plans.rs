//! Another plan on the stage: a run that was kept or opened, another preset, an infrastructure that is built otherwise. What names its parts
//! is made anew.

use leptos::prelude::*;

use super::lab::Lab;
use super::view::View;
use super::{bound, desk};
use crate::infra::Infrastructure;
use crate::kernel::{SimTime, small};
use crate::page;
use crate::run::{Edited, Run};
use crate::sim::{Plan, TimedAction};

impl Lab {
    /// The run that was kept takes the stage of the lab.
    pub(super) fn take_up(self, run: Run) {
        self.bench.update_value(|bench| bench.run = run);
        self.replanned();
    }

    /// Another run takes the stage of the lab; undo brings back the one before.
    pub(super) fn replace(self, plan: Plan, actions: Vec<TimedAction>, at: SimTime) {
        let mut refused = None;
        self.bench.update_value(|bench| refused = bench.run.replace(plan, actions, at).err());
        self.view.update(|view| (view.selected, view.notice) = (None, None));
        self.set_playing(false);
        self.replanned();
        if let Some(error) = refused {
            self.tell(format!("Not opened: {error}."));
        }
    }

    /// Builds the infrastructure otherwise, and says in these words what was done; whether that could be.
    pub(super) fn edit(self, edit: &str, words: &str) -> bool {
        if !self.view.with_untracked(View::may_act) {
            return false;
        }
        let mut made = None;
        self.bench.update_value(|bench| {
            made = edit.parse().and_then(|edit| bench.run.edit(edit)).ok();
        });
        self.rebuilt(made, words)
    }

    /// Lets users send so many requests a second.
    pub(super) fn choose_rate(self, rate: f64) {
        let mut made = None;
        self.bench.update_value(|bench| made = bench.run.set_rate(rate).ok());
        self.rebuilt(made, &format!("users send {} requests/s", small::decimal(rate, 3)));
    }

    /// Shows the run that was built otherwise and says so, if there is one; time goes on if it went.
    fn rebuilt(self, made: Option<Edited>, words: &str) -> bool {
        let Some(Edited { dropped, has_arrived }) = made else { return false };
        let lost: String = dropped
            .iter()
            .map(|timed| format!(" It no longer holds: {}.", timed.action.words()))
            .collect();
        let late = if has_arrived { "" } else { " It stands earlier than before." };
        self.replanned();
        self.tell(format!("Rebuilt: {words}. The run began anew; Undo takes it back.{lost}{late}"));
        true
    }

    /// The plan may be another one.
    pub(super) fn replanned(self) {
        self.forget_mark();
        self.fit_stage();
        self.keep();
        self.publish();
        desk::refresh(self, true);
    }

    /// If the run is of another infrastructure than the one that is drawn, everything that names its parts is made anew.
    pub(super) fn fit_stage(self) {
        let (infrastructure, name) =
            self.with_run(|run| (run.plan().infrastructure.clone(), named(run.plan())));
        let is_drawn = self.bench.with_value(|bench| bench.drawn == name);
        if is_drawn {
            return;
        }
        self.bench.update_value(|bench| bench.drawn.clone_from(&name));
        put_parts(&infrastructure);
        if let Some(select) = bound::find::<web_sys::HtmlSelectElement>("#preset") {
            select.set_value(&infrastructure.name);
        }
        self.turn_to(super::stage::fitting(self.route()));
        self.new_markup();
    }
}

/// Puts in what names the parts of this infrastructure below the drawing.
pub(super) fn put_parts(infrastructure: &Infrastructure) {
    bound::put("#balancing", &page::balancers(infrastructure));
    bound::put("#network", &page::network(infrastructure));
    bound::put("#text-view", &page::text_view(infrastructure));
}

/// An infrastructure's name with what was built otherwise.
pub(super) fn named(plan: &Plan) -> String {
    let mut name = plan.infrastructure.name.clone();
    for edit in &plan.edits {
        name.push(' ');
        name.push_str(&edit.to_string());
    }
    name
}
