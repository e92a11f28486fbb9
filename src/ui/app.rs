//! The root: the order of things on the page, and who listens to what.

use leptos::prelude::*;

use super::lab::Lab;
use super::route::Route;
use super::{
    announcer, bound, deeds, event_log, frame_loop, keys, runs, settings, stage, statistics,
    timeline,
};
use crate::page;

/// The app: the frame once, its words from the library, and what keeps them current.
#[component]
pub(super) fn App() -> impl IntoView {
    let lab = Lab::new(stage::fitting())?;
    let infrastructure = lab.with_run(|run| run.plan().infrastructure.clone());
    settings::bring_back();
    // Once the frame stands.
    request_animation_frame(move || follow_the_address(lab));
    keys::listen(lab);
    runs::keep_when_left(lab);
    bound::listen("click", move |event| deeds::clicked(lab, event));
    bound::listen("submit", move |event| deeds::submitted(lab, event));
    bound::listen("change", move |event| deeds::changed(lab, event));
    frame_loop::start(lab);
    request_animation_frame(move || lab.new_markup());
    stage::keep_current(lab);
    bound::keep_current(lab);
    event_log::keep_current(lab);
    announcer::keep_current(lab);
    statistics::keep_current(lab);
    timeline::keep_current(lab);
    Some(
        view! { <div id="lab" data-state-of="mode" inner_html=page::frame(&infrastructure)></div> },
    )
}

fn follow_the_address(lab: Lab) {
    let follow = move || {
        let fragment = window().location().hash().unwrap_or_default();
        if runs::is_run(&fragment) {
            lab.open(Route::Lab);
            runs::open(lab, fragment.trim_start_matches('#'));
        } else if let Some(route) = Route::parse(&fragment) {
            if lab.route() != route {
                lab.open(route);
            }
        } else {
            let named: String = fragment.chars().take(40).collect();
            lab.open(Route::Lab);
            lab.tell(format!("The link's ending {named} names nothing here. This is the lab."));
        }
    };
    let names_a_run = runs::is_run(&window().location().hash().unwrap_or_default());
    if !names_a_run {
        runs::bring_back(lab);
    }
    follow();
    bound::listen("hashchange", move |_| follow());
}
