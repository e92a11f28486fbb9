//! The header and the transport: seven controls, and undo once there is something to take back.

use leptos::ev;
use leptos::prelude::*;

use super::lab::use_lab;
use super::route::Route;
use crate::lesson::WHAT_IFS;
use crate::run::SPEEDS;

/// Title and the ways to what-ifs, the lecture and the files.
#[component]
pub(super) fn Header() -> impl IntoView {
    let lab = use_lab();
    let in_lab = Memo::new(move |_| matches!(lab.route.get(), Route::Lab | Route::Check));
    view! {
        <header id="head">
            <h1>"www.foobar.com, scaled up"</h1>
            <nav aria-label="Parts of the lab">
                <Show when=move || !in_lab.get()>
                    <button id="to-lab" on:click=move |_| Route::Lab.go()>"Back to the lab"</button>
                </Show>
                <button id="open-what-if" on:click=move |_| Route::WhatIf(WHAT_IFS[0]).go()>"What if…"</button>
                <button id="open-lecture" on:click=move |_| Route::Lecture(0).go()>"Lecture"</button>
                <button id="open-save" on:click=move |_| lab.is_saving.set(true)>"Save…"</button>
            </nav>
        </header>
        <Show when=move || lab.notice.get().is_some()>
            <p id="notice" role="status">
                {move || lab.notice.get()}
                <button on:click=move |_| lab.notice.set(None)>"Close"</button>
            </p>
        </Show>
    }
}

/// Restart, step, play, speed, clock.
#[component]
pub(super) fn Controls() -> impl IntoView {
    let lab = use_lab();
    let playing = Memo::new(move |_| lab.playback.get().is_playing);
    let speed = Memo::new(move |_| lab.playback.get().speed);
    let can_undo =
        Memo::new(move |_| lab.may_act() && lab.readout.with(|readout| readout.action_count > 0));
    let held = Memo::new(move |_| !lab.may_run());
    let behind = Memo::new(move |_| lab.readout.with(|readout| readout.is_behind));
    play_with_space(lab);
    view! {
        <div id="transport" role="group" aria-label="Time">
            <button id="restart" title="Back to the start, with the same users" on:click=move |_| lab.restart()>"Restart"</button>
            <button id="step" title="To the next event" disabled=held on:click=move |_| lab.step()>"Step"</button>
            <button id="play" class="primary" disabled=held on:click=move |_| lab.toggle()>
                {move || if playing.get() { "Pause" } else { "Play" }}
            </button>
            <label class="speed">
                <span class="visually-hidden">"Speed"</span>
                <select
                    id="speed"
                    prop:value=move || speed.get().to_string()
                    on:change=move |event| {
                        if let Ok(chosen) = event_target_value(&event).parse() {
                            lab.playback.update(|playback| playback.speed = chosen);
                        }
                    }
                >
                    {SPEEDS.iter().enumerate().map(|(index, speed)| view! {
                        <option value=index.to_string() selected=index == lab.playback.get_untracked().speed>{speed.name}</option>
                    }).collect_view()}
                </select>
            </label>
            <Show when=move || can_undo.get()>
                <button id="undo" on:click=move |_| lab.undo()>"Undo"</button>
            </Show>
            <output id="clock" aria-label="Simulated time" data-text="clock"></output>
            <Show when=move || behind.get()>
                <span class="muted">"This device cannot keep up; time passes more slowly."</span>
            </Show>
        </div>
    }
}

/// The space bar plays and pauses while no control has the focus (a focused button keeps its own meaning of it).
fn play_with_space(lab: super::lab::Lab) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let focus_is_free =
            document().active_element().is_none_or(|focused| focused.tag_name() == "BODY");
        let in_lecture = matches!(lab.route.get_untracked(), Route::Lecture(_));
        if event.key() == " " && focus_is_free && !in_lecture {
            event.prevent_default();
            lab.toggle();
        }
    });
    on_cleanup(move || listener.remove());
}
