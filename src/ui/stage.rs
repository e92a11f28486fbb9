//! The drawing, live: the scene's groups as SVG, moving requests on a canvas above them, and a real button over every
//! machine.

use leptos::ev;
use leptos::prelude::*;

use super::lab::{Lab, use_lab};
use super::stage_canvas;
use crate::diagram::{Layout, LinkRate, Orientation, Scene, compose, stage_group};
use crate::infra::Infrastructure;

/// Below this width of the window, in CSS pixels, the drawing stands upright.
const UPRIGHT_BELOW: f64 = 720.0;

/// The drawing with its buttons.
#[component]
pub(super) fn Stage() -> impl IntoView {
    let lab = use_lab();
    let orientation = follow_the_window();
    let infrastructure = StoredValue::new(lab.run.with_value(|run| run.plan().infrastructure.clone()));
    let layout = Memo::new_with_compare(
        move |_| infrastructure.with_value(|infrastructure| Layout::new(infrastructure, orientation.get())),
        |_, _| true,
    );
    let scene = Memo::new(move |_| {
        infrastructure.with_value(|infrastructure| draw(lab, infrastructure, &layout.read()))
    });
    let groups = Memo::new(move |_| {
        scene.with(|scene| scene.groups.iter().map(|group| group.key.clone()).collect::<Vec<_>>())
    });
    let view_box = move || {
        layout.with(|layout| format!("0 0 {} {}", layout.size.width, layout.size.height))
    };
    let canvas = NodeRef::<leptos::html::Canvas>::new();
    stage_canvas::follow(lab, layout, canvas);
    view! {
        <section id="stage" aria-label="The infrastructure" data-orientation=move || match orientation.get() {
            Orientation::Landscape => "landscape",
            Orientation::Portrait => "portrait",
        }>
            <svg class="drawing" viewBox=view_box aria-hidden="true">
                <For each=move || groups.get() key=String::clone let(key)>
                    <StageGroup key scene/>
                </For>
            </svg>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <HostButtons layout infrastructure/>
        </section>
    }
}

fn draw(lab: Lab, infrastructure: &Infrastructure, layout: &Layout) -> Scene {
    lab.readout.with(|readout| {
        let rates = readout.flows.iter().map(|flow| LinkRate {
            from: flow.from.clone(),
            to: flow.to.clone(),
            per_second: flow.per_second,
        });
        compose(infrastructure, Some(&readout.snapshot), layout, &rates.collect::<Vec<_>>())
    })
}

/// One group of the scene; its markup changes only when what it shows does.
#[component]
fn StageGroup(
    /// The group's key.
    key: String,
    /// The whole scene.
    scene: Memo<Scene>,
) -> impl IntoView {
    let markup = Memo::new(move |_| {
        scene.with(|scene| {
            scene.groups.iter().find(|group| group.key == key).map(stage_group).unwrap_or_default()
        })
    });
    view! { <g inner_html=markup></g> }
}

/// Real buttons over the drawn machines: focus, zoom and touch come with them.
#[component]
fn HostButtons(
    /// Where the machines are.
    layout: Memo<Layout>,
    /// What they are.
    infrastructure: StoredValue<Infrastructure>,
) -> impl IntoView {
    let names = infrastructure
        .with_value(|infrastructure| infrastructure.hosts.iter().map(|host| host.name.clone()).collect::<Vec<_>>());
    let buttons = names.into_iter().map(|name| view! { <HostButton name layout infrastructure/> });
    view! {
        <div class="host-buttons" role="group" aria-label="Machines: choose one to kill, slow or restore it">
            {buttons.collect_view()}
        </div>
    }
}

#[component]
fn HostButton(
    /// The machine's name.
    name: String,
    /// Where the machines are.
    layout: Memo<Layout>,
    /// What they are.
    infrastructure: StoredValue<Infrastructure>,
) -> impl IntoView {
    let lab = use_lab();
    let name = StoredValue::new(name);
    let part = move |pick: fn(crate::diagram::Rect, crate::diagram::Size) -> f64| {
        move || {
            layout.with(|layout| {
                let rect = name.with_value(|name| layout.host(name)).unwrap_or_default();
                format!("{:.3}%", pick(rect, layout.size) * 100.0)
            })
        }
    };
    let role = infrastructure.with_value(|infrastructure| {
        let host = name.with_value(|name| infrastructure.host(name).cloned());
        host.map(|host| format!("{}, {}", host.title, host.role)).unwrap_or_default()
    });
    let condition = Memo::new(move |_| {
        lab.readout.with(|readout| {
            let hosts = &readout.snapshot.hosts;
            name.with_value(|name| hosts.iter().find(|host| host.name == *name).map(|host| host.condition.word()))
        })
    });
    let label = move || format!("{}, {role}, {}", name.get_value(), condition.get().unwrap_or("?"));
    let is_selected = Memo::new(move |_| lab.selected.with(|chosen| chosen.as_deref() == Some(&*name.read_value())));
    view! {
        <button
            class="host"
            data-host=name.get_value()
            data-state=move || condition.get()
            aria-label=label
            aria-pressed=move || is_selected.get().to_string()
            style:left=part(|rect, size| rect.x / size.width)
            style:top=part(|rect, size| rect.y / size.height)
            style:width=part(|rect, size| rect.width / size.width)
            style:height=part(|rect, size| rect.height / size.height)
            on:click=move |_| choose(lab, name.get_value())
        ></button>
    }
}

/// Chooses a machine and brings the keyboard to its actions; chosen again, it is let go.
pub(super) fn choose(lab: Lab, name: String) {
    let chosen = lab.selected.with_untracked(|selected| selected.as_ref() != Some(&name));
    lab.selected.set(chosen.then_some(name));
    if chosen {
        request_animation_frame(|| {
            let first = document().query_selector("#inspector button.kill, #inspector button").ok().flatten();
            if let Some(first) = first {
                let first: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(first);
                let _ = first.focus();
            }
        });
    }
}

/// The orientation that fits the window, now and after it changes.
fn follow_the_window() -> RwSignal<Orientation> {
    let fitting = || {
        let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1024.0);
        if width < UPRIGHT_BELOW { Orientation::Portrait } else { Orientation::Landscape }
    };
    let orientation = RwSignal::new(fitting());
    let listener = window_event_listener(ev::resize, move |_| {
        if orientation.get_untracked() != fitting() {
            orientation.set(fitting());
        }
    });
    on_cleanup(move || listener.remove());
    orientation
}
