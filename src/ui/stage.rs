//! The drawing, live: the scene's groups as SVG, moving requests on a canvas above them, and a real button over every
//! machine.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::bound;
use super::lab::{Lab, use_lab};
use super::stage_canvas;
use crate::diagram::{Layout, LinkRate, Orientation, Scene, compose, stage_group};
use crate::infra::Infrastructure;
use crate::kernel::small::decimal;
use crate::page;

/// Below this width of the window, in CSS pixels, the drawing stands upright.
const UPRIGHT_BELOW: f64 = 720.0;

/// The drawing with its buttons.
#[component]
pub(super) fn Stage() -> impl IntoView {
    let lab = use_lab();
    let orientation = follow_the_window();
    let infrastructure =
        StoredValue::new(lab.run.with_value(|run| run.plan().infrastructure.clone()));
    let layout = Memo::new_with_compare(
        move |_| {
            infrastructure
                .with_value(|infrastructure| Layout::new(infrastructure, orientation.get()))
        },
        |_, _| true,
    );
    let scene = Memo::new(move |_| {
        infrastructure.with_value(|infrastructure| draw(lab, infrastructure, &layout.read()))
    });
    let groups = Memo::new(move |_| {
        scene.with(|scene| scene.groups.iter().map(|group| group.key.clone()).filter(|key| page::is_on_stage(key)).collect::<Vec<_>>())
    });
    let view_box = move || layout.with(page::view_box);
    let canvas = NodeRef::<html::Canvas>::new();
    stage_canvas::follow(lab, layout, canvas);
    let buttons = NodeRef::<html::Div>::new();
    place_host_buttons(lab, layout, buttons);
    view! {
        <section id="stage" aria-label="The infrastructure" data-orientation=move || match orientation.get() {
            Orientation::Landscape => "landscape",
            Orientation::Portrait => "portrait",
        }>
            <svg class="stage" viewBox=view_box aria-hidden="true">
                <For each=move || groups.get() key=String::clone let(key)>
                    <StageGroup key scene/>
                </For>
            </svg>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <div
                class="host-buttons"
                node_ref=buttons
                role="group"
                aria-label="Machines: choose one to kill, slow or restore it"
            ></div>
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

/// Real buttons over the drawn machines: focus, zoom and touch come with them. Each is put where its machine is drawn.
fn place_host_buttons(lab: Lab, layout: Memo<Layout>, list: NodeRef<html::Div>) {
    Effect::new(move |_| {
        let Some(list) = list.get() else { return };
        layout.with(|layout| {
            list.set_inner_html(&page::host_buttons(layout));
            let buttons = list.children();
            for (index, host) in layout.hosts.iter().enumerate() {
                let Some(button) = buttons.item(index as u32) else { continue };
                let style = button.unchecked_into::<HtmlElement>().style();
                let stage = layout.stage;
                for (property, share) in [
                    ("left", (host.rect.x - stage.x) / stage.width),
                    ("top", (host.rect.y - stage.y) / stage.height),
                    ("width", host.rect.width / stage.width),
                    ("height", host.rect.height / stage.height),
                ] {
                    let _ = style.set_property(property, &format!("{}%", decimal(share * 100.0, 3)));
                }
            }
        });
        bound::mark_chosen(lab);
        lab.new_markup();
    });
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
