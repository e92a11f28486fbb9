//! The root: context, routing, and the order of things on the page: stage, controls, panel, text view.

use leptos::ev;
use leptos::prelude::*;

use super::announcer::Announcer;
use super::check_view::CheckView;
use super::controls::{Controls, Header};
use super::event_log::EventLog;
use super::exercise_view::ExerciseView;
use super::frame_loop;
use super::inspector::Inspector;
use super::lab::Lab;
use super::lecture_view::LectureView;
use super::readings::ReadingsView;
use super::route::Route;
use super::save_dialog::SaveDialog;
use super::stage::Stage;
use super::text_view::TextView;

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
    Some(view! {
        <div id="lab" data-mode=mode>
            <Header/>
            <LectureView/>
            <main>
                <Stage/>
                <Controls/>
                <aside id="panel" aria-label="Readings and actions">
                    <ReadingsView/>
                    <Show when=move || matches!(lab.route.get(), Route::WhatIf(_)) fallback=|| view! { <Inspector/> }>
                        <ExerciseView/>
                    </Show>
                    <EventLog/>
                </aside>
            </main>
            <Show when=move || lab.route.get() == Route::Check>
                <CheckView/>
            </Show>
            <TextView/>
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
            lab.notice.set(Some(format!("The link's ending `{named}` names nothing here. This is the lab.")));
        }
    };
    follow();
    let listener = window_event_listener(ev::hashchange, move |_| follow());
    on_cleanup(move || listener.remove());
}
