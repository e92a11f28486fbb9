//! The chosen machine: how it stands, and what can be done to it.

use leptos::prelude::*;

use super::lab::{Lab, use_lab};
use crate::infra::Component;
use crate::sim::{Action, HostView};

/// How many times slower "Slow" makes a machine.
pub(super) const SLOW_FACTOR: f64 = 5.0;

/// The panel of the chosen machine, or how to choose one.
#[component]
pub(super) fn Inspector() -> impl IntoView {
    let lab = use_lab();
    let chosen = Memo::new(move |_| lab.selected.get());
    view! {
        <section id="inspector" aria-label="The chosen machine">
            {move || match chosen.get() {
                Some(name) if lab.may_act() => view! { <HostPanel name/> }.into_any(),
                _ => view! {
                    <p class="hint">
                        <strong>"Choose a machine in the drawing and kill it."</strong>
                        " Time starts with what you do first."
                    </p>
                }
                .into_any(),
            }}
        </section>
    }
}

#[component]
fn HostPanel(
    /// The machine's name.
    name: String,
) -> impl IntoView {
    let lab = use_lab();
    let name = StoredValue::new(name);
    let host = Memo::new(move |_| find(lab, &name.read_value()));
    let heading = lab.run.with_value(|run| {
        let host = run.plan().infrastructure.host(&name.read_value()).cloned();
        host.map(|host| (host.title, host.role)).unwrap_or_default()
    });
    let services = host.get_untracked().map(|host| host.services).unwrap_or_default();
    let close_on_escape = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            lab.selected.set(None);
            focus_host(&name.read_value());
        }
    };
    view! {
        <div class="host-panel" on:keydown=close_on_escape>
            <h2>{name.get_value()} <StateMark host/></h2>
            <p class="muted">{heading.0}", "{heading.1}</p>
            <HostActions name=name.get_value() host/>
            <h3>"Its services"</h3>
            <ul class="services">
                {services.into_iter().map(|service| {
                    let component = Component::service(&name.read_value(), service.name);
                    view! { <ServiceRow component title=service.title service=service.name host/> }
                }).collect_view()}
            </ul>
        </div>
    }
}

/// The state of a machine as shape and word.
#[component]
fn StateMark(
    /// The machine.
    host: Memo<Option<HostView>>,
) -> impl IntoView {
    let word = move || host.with(|host| host.as_ref().map_or("?", |host| host.condition.word()));
    view! { <span class="state" data-state=word>{word}</span> }
}

/// Kill or restore, slow or not: for a whole machine.
#[component]
pub(super) fn HostActions(
    /// The machine's name.
    name: String,
    /// How it stands.
    host: Memo<Option<HostView>>,
) -> impl IntoView {
    let lab = use_lab();
    let name = StoredValue::new(name);
    let dead = Memo::new(move |_| host.with(|host| host.as_ref().is_some_and(is_dead)));
    let well = Memo::new(move |_| {
        host.with(|host| host.as_ref().is_some_and(|host| host.condition == crate::sim::Condition::Up))
    });
    let slow = Memo::new(move |_| host.with(|host| host.as_ref().is_some_and(|host| host.slow_factor > 1.0)));
    let held = Memo::new(move |_| !lab.may_act());
    let component = move || Component::host(&name.read_value());
    view! {
        <div class="actions">
            <button class="kill" data-action="kill" disabled=move || held.get() || dead.get()
                on:click=move |_| lab.act(Action::Kill(component()))>
                "Kill "<span class="who">{name.get_value()}</span>
            </button>
            <button data-action="slow" disabled=move || held.get() || dead.get() || slow.get()
                on:click=move |_| lab.act(Action::Slow { host: name.get_value(), factor: SLOW_FACTOR })>
                "Slow "<span class="who">{name.get_value()}</span>{format!(" ×{SLOW_FACTOR}")}
            </button>
            <button data-action="restore" disabled=move || held.get() || well.get()
                on:click=move |_| lab.act(Action::Restore(component()))>
                "Restore "<span class="who">{name.get_value()}</span>
            </button>
        </div>
    }
}

#[component]
pub(super) fn ServiceRow(
    /// The service.
    component: Component,
    /// Its name for people.
    title: &'static str,
    /// Its short name.
    service: &'static str,
    /// The machine it is on.
    host: Memo<Option<HostView>>,
) -> impl IntoView {
    let lab = use_lab();
    let full_name = component.to_string();
    let component = StoredValue::new(component);
    let is_up = Memo::new(move |_| {
        host.with(|host| {
            host.as_ref()
                .and_then(|host| host.services.iter().find(|candidate| candidate.name == service))
                .is_some_and(|service| service.is_up)
        })
    });
    let machine_is_off = Memo::new(move |_| host.with(|host| host.as_ref().is_some_and(is_off)));
    let verb = move || if is_up.get() { "Kill " } else { "Restore " };
    let word = move || if is_up.get() { "UP" } else { "DOWN" };
    view! {
        <li>
            <span class="service">{title}" "<span class="state" data-state=word>{word}</span></span>
            <button data-component=full_name.clone() disabled=move || !lab.may_act() || machine_is_off.get()
                on:click=move |_| lab.toggle_component(component.get_value(), is_up.get_untracked())>
                {verb}<span class="who">{full_name.clone()}</span>
            </button>
        </li>
    }
}

/// The machine as the screen knows it.
pub(super) fn find(lab: Lab, name: &str) -> Option<HostView> {
    lab.readout.with(|readout| readout.snapshot.hosts.iter().find(|host| host.name == name).cloned())
}

fn is_dead(host: &HostView) -> bool {
    host.condition == crate::sim::Condition::Down
}

/// A machine without power runs nothing, not even its agent.
fn is_off(host: &HostView) -> bool {
    host.services.iter().all(|service| !service.is_up)
}

fn focus_host(name: &str) {
    let selector = format!("button.host[data-host='{name}']");
    if let Ok(Some(button)) = document().query_selector(&selector) {
        let button: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(button);
        let _ = button.focus();
    }
}
