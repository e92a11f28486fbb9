//! The root: context, routing, and the order of things on the page: stage, controls, panel, text view.

use leptos::ev;
use leptos::prelude::*;

use super::announcer::Announcer;
use super::bound::{self, Inspector, Worded};
use super::check_view::CheckView;
use super::controls::{Controls, Header};
use super::event_log::EventLog;
use super::exercise_view::ExerciseView;
use super::frame_loop;
use super::lab::Lab;
use super::lecture_view::LectureView;
use super::route::Route;
use super::save_dialog::SaveDialog;
use super::stage::Stage;
use crate::page;

/// The app.
#[component]
pub(super) fn App() -> impl IntoView {
    let lab = Lab::new()?;
    provide_context(lab);
    follow_the_address(lab);
    frame_loop::start(lab);
    let mode = move || match lab.route.get() {
        Route::Lab => "lab",
        Route::WhatIf(_) => "what-if",
        Route::Lecture(_) => "lecture",
        Route::Check => "check",
    };
    let text_view = lab.run.with_value(|run| page::text_view(&run.plan().infrastructure));
    Effect::new(move |_| bound::keep_current(lab));
    Some(view! {
        <div id="lab" data-mode=mode on:click=move |event| bound::obey_click(lab, &event)>
            <Header/>
            <LectureView/>
            <main>
                <Stage/>
                <Controls/>
                <aside id="panel" aria-label="Readings and actions">
                    <Worded id="readings" label="Readings over the last 5 seconds" markup=page::readings()/>
                    {move || if matches!(lab.route.get(), Route::WhatIf(_)) {
                        view! { <ExerciseView/> }.into_any()
                    } else {
                        view! { <Inspector/> }.into_any()
                    }}
                    <EventLog/>
                </aside>
            </main>
            {move || (lab.route.get() == Route::Check).then(|| view! { <CheckView/> })}
            <Worded id="text-view" label="The infrastructure as text" markup=text_view/>
            <SaveDialog/>
            <Announcer/>
        </div>
    })
}

fn follow_the_address(lab: Lab) {
    let follow = move || {
        let fragment = window().location().hash().unwrap_or_default();
        if let Some(route) = Route::parse(&fragment) {
            if lab.route.get_untracked() != route {
                lab.open(route);
            }
        } else {
            let named: String = fragment.chars().take(40).collect();
            lab.open(Route::Lab);
            lab.notice.set(Some(format!(
                "The link's ending `{named}` names nothing here. This is the lab."
            )));
        }
    };
    follow();
    let listener = window_event_listener(ev::hashchange, move |_| follow());
    on_cleanup(move || listener.remove());
}
