//! The lecture: large type, the whole screen, and the keys of a presenter's remote. Its keys are heard only while the
//! lecture has the focus.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::lab::use_lab;
use super::route::Route;
use crate::lesson::LECTURE;

/// What a key of the remote means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Next,
    Previous,
    First,
    Last,
    Blank,
    FullScreen,
    Leave,
}

/// The keys of reveal.js, which remotes send.
fn meaning(event: &KeyboardEvent) -> Option<Key> {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    let is_back = event.shift_key();
    Some(match event.key().as_str() {
        " " if is_back => Key::Previous,
        " " | "ArrowRight" | "ArrowDown" | "PageDown" | "n" | "N" => Key::Next,
        "ArrowLeft" | "ArrowUp" | "PageUp" | "p" | "P" => Key::Previous,
        "Home" => Key::First,
        "End" => Key::Last,
        "b" | "B" | "." => Key::Blank,
        "f" | "F" => Key::FullScreen,
        "Escape" => Key::Leave,
        _ => return None,
    })
}

/// The caption of the step over the stage, and its controls.
#[component]
pub(super) fn LectureView() -> impl IntoView {
    let lab = use_lab();
    let step = Memo::new(move |_| match lab.route.get() {
        Route::Lecture(step) => Some(step.min(LECTURE.len() - 1)),
        Route::Lab | Route::WhatIf(_) | Route::Check => None,
    });
    view! {
        <Show when=move || step.get().is_some()>
            <Caption step/>
        </Show>
    }
}

#[component]
fn Caption(
    /// Which step.
    step: Memo<Option<usize>>,
) -> impl IntoView {
    let section = NodeRef::<html::Section>::new();
    let is_blank = RwSignal::new(false);
    let go = move |to: usize| Route::Lecture(to.min(LECTURE.len() - 1)).go();
    let now = move || step.get_untracked().unwrap_or(0);
    let obey = move |key: Key| match key {
        Key::Blank => is_blank.update(|blank| *blank = !*blank),
        _ if is_blank.get_untracked() && key != Key::Leave => is_blank.set(false),
        Key::Next => go(now() + 1),
        Key::Previous => go(now().saturating_sub(1)),
        Key::First => go(0),
        Key::Last => go(LECTURE.len() - 1),
        Key::FullScreen => toggle_full_screen(),
        Key::Leave => Route::Lab.go(),
    };
    let listen = move |event: KeyboardEvent| {
        let on_control = event_target::<web_sys::Element>(&event).tag_name() == "BUTTON";
        if let Some(key) = meaning(&event)
            && !(on_control && event.key() == " ")
        {
            event.prevent_default();
            obey(key);
        }
    };
    Effect::new(move |_| {
        if let Some(section) = section.get() {
            let _ = section.focus();
        }
    });
    let title = move || step.get().map(|step| LECTURE[step].title);
    let text = move || step.get().map(|step| LECTURE[step].text);
    let place = move || step.get().map(|step| format!("{} of {}", step + 1, LECTURE.len()));
    view! {
        <section id="lecture" node_ref=section tabindex="-1" aria-label="Lecture" on:keydown=listen>
            <div class="caption" aria-live="polite">
                <h2>{title}</h2>
                <p>{text}</p>
            </div>
            <div class="steps">
                <button id="previous" disabled=move || step.get() == Some(0) on:click=move |_| obey(Key::Previous)>"Previous"</button>
                <span class="muted" id="lecture-place">{place}</span>
                <button id="next" class="primary" disabled=move || step.get() == Some(LECTURE.len() - 1)
                    on:click=move |_| obey(Key::Next)>"Next"</button>
                <button id="blank" on:click=move |_| obey(Key::Blank)>"Blank"</button>
                <button id="full-screen" on:click=move |_| obey(Key::FullScreen)>"Full screen"</button>
                <button id="leave" on:click=move |_| obey(Key::Leave)>"Leave"</button>
            </div>
            <Show when=move || is_blank.get()>
                <div id="blanked" role="status"><span class="visually-hidden">"The screen is blank. Any key of the remote brings it back."</span></div>
            </Show>
        </section>
    }
}

fn toggle_full_screen() {
    if document().fullscreen_element().is_some() {
        document().exit_fullscreen();
    } else if let Some(root) = document().document_element() {
        let _ = root.request_fullscreen();
    }
}
