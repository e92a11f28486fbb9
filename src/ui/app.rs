//! The root: the order of things on the page, and who listens to what.

use leptos::prelude::*;

use super::lab::Lab;
use super::route::Route;
use super::{
    announcer, bound, deeds, event_log, frame_loop, keys, plans, runs, settings, stage, timeline,
};
use crate::infra::Infrastructure;

/// Wakes the page, and keeps it current.
pub(super) fn start() {
    settings::bring_back();
    let Some(lab) = Lab::new(stage::fitting(Route::Lab)) else { return };
    lab.with_run(|run| wake(&run.plan().infrastructure));
    keys::listen(lab);
    bound::listen("click", move |event| deeds::clicked(lab, event));
    bound::listen("submit", move |event| deeds::submitted(lab, event));
    bound::listen("change", move |event| deeds::changed(lab, event));
    bound::listen("input", move |event| deeds::typing(lab, event));
    frame_loop::start(lab);
    stage::keep_current(lab);
    bound::keep_current(lab);
    announcer::keep_current(lab);
    // It asks for a width: before the others make the browser lay the page out anew.
    timeline::keep_current(lab);
    event_log::keep_current(lab);
    request_animation_frame(move || follow_the_address(lab));
}

/// The page was made with its words, still and without a use: they stay, and what stood still can be used.
fn wake(infrastructure: &Infrastructure) {
    plans::put_parts(infrastructure);
    bound::for_each("#lab [disabled]", |idle| bound::toggle(idle, "disabled", false));
    bound::for_each("#stage svg.portrait", web_sys::Element::remove);
    bound::for_each("#stage svg", |drawing| {
        // What can be chosen in it is a button; the machines' buttons and the text below say all else that it shows.
        bound::set(drawing, "role", "group");
        bound::set(drawing, "aria-label", "Links, zones, firewalls and addresses");
        bound::set(drawing, "class", "stage");
    });
}

fn follow_the_address(lab: Lab) {
    let follow = move || {
        let fragment = window().location().hash().unwrap_or_default();
        // What is refused leaves the lab as it stands.
        if runs::is_run(&fragment) {
            lab.to_lab();
            runs::open(lab, fragment.trim_start_matches('#'));
        } else if let Some(route) = Route::parse(&fragment) {
            if lab.route() != route {
                lab.open(route);
            }
        } else {
            let named: String = fragment.chars().take(40).collect();
            lab.to_lab();
            lab.tell(format!("The link's ending {named} names nothing here. This is the lab."));
        }
    };
    // The run that was kept comes first, whatever the address names: a link takes its place as one edit, and undo brings it back. Nothing is
    // kept before it is here: a page that is left unseen would put an empty run in its place.
    runs::bring_back(lab);
    runs::keep_when_left(lab);
    follow();
    bound::listen("hashchange", move |_| follow());
}
