//! A what-if: the prediction is locked before the run is allowed, and stays beside the result.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::lab::{Lab, use_lab};
use super::route::Route;
use crate::kernel::small::fixed;
use crate::lesson::{Exercise, Judgement, Prediction, WHAT_IFS, WhatIf};

/// The exercise that is open.
#[component]
pub(super) fn ExerciseView() -> impl IntoView {
    let lab = use_lab();
    let what_if = Memo::new(move |_| match lab.route.get() {
        Route::WhatIf(what_if) => Some(what_if),
        Route::Lab | Route::Lecture(_) | Route::Check => None,
    });
    view! {
        <section id="exercise" aria-labelledby="exercise-title">
            <nav class="choices" aria-label="What-ifs">
                {WHAT_IFS.map(|choice| view! {
                    <button
                        data-what-if=choice.id
                        aria-current=move || (what_if.get() == Some(choice)).then_some("page")
                        on:click=move |_| Route::WhatIf(choice).go()
                    >{choice.victim}" dies"</button>
                }).collect_view()}
            </nav>
            {move || what_if.get().map(|what_if| view! {
                <h2 id="exercise-title">{what_if.title}</h2>
                <p>{what_if.setting}</p>
                <Stages what_if/>
            })}
        </section>
    }
}

#[component]
fn Stages(
    /// The exercise.
    what_if: WhatIf,
) -> impl IntoView {
    let lab = use_lab();
    move || {
        match lab.exercise.get() {
        Exercise::Open => view! { <Form/> }.into_any(),
        Exercise::Locked(prediction) => {
            view! { <Said prediction/> <button id="skip" on:click=move |_| skip(lab, what_if)>"Skip to the result"</button> }
                .into_any()
        }
        Exercise::Judged(judgement) => view! { <Result what_if judgement/> }.into_any(),
    }
    }
}

fn skip(lab: Lab, what_if: WhatIf) {
    lab.play();
    while lab.run.with_value(crate::run::Run::now) < what_if.until {
        lab.run.update_value(|run| run.advance_to(what_if.until));
    }
    lab.pass(0.0, u32::MAX);
}

/// The prediction while it can still change.
#[component]
fn Form() -> impl IntoView {
    let lab = use_lab();
    let failed = RwSignal::new(String::new());
    let [vip_a, vip_b, files, pages] = [(); 4].map(|()| RwSignal::new(false));
    let refused = RwSignal::new(None::<String>);
    let vips = lab.run.with_value(|run| {
        run.plan()
            .infrastructure
            .vips
            .iter()
            .map(|vip| (vip.name.clone(), vip.address.to_string()))
            .collect::<Vec<_>>()
    });
    let names: Vec<String> = vips.iter().map(|(name, _)| name.clone()).collect();
    let lock = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen =
            names.iter().zip([vip_a, vip_b]).filter(|(_, is_chosen)| is_chosen.get_untracked());
        let prediction = Prediction {
            failed: 0,
            addresses: chosen.map(|(name, _)| name.clone()).collect(),
            static_files: files.get_untracked(),
            dynamic_pages: pages.get_untracked(),
        };
        let mut outcome = Ok(());
        lab.exercise
            .update(|exercise| outcome = exercise.lock(&failed.get_untracked(), prediction));
        match outcome {
            Ok(()) => lab.play(),
            Err(error) => refused.set(Some(error.to_string())),
        }
    };
    let boxes = vips.into_iter().zip([vip_a, vip_b]).map(|((name, address), signal)| {
        view! { <Choice signal label=format!("{name}, {address}")/> }
    });
    view! {
        <form id="prediction" novalidate on:submit=lock>
            <p><strong>"Your prediction first."</strong>" The run is allowed once it is locked."</p>
            <label class="number">
                "How many requests will have failed at the end?"
                <input id="predicted-failures" type="text" inputmode="numeric" autocomplete="off"
                    aria-describedby="prediction-error" prop:value=failed
                    on:input=move |event| failed.set(event_target_value(&event))/>
            </label>
            <fieldset><legend>"Which addresses will answer at the end?"</legend>{boxes.collect_view()}</fieldset>
            <fieldset>
                <legend>"What will still work at the end?"</legend>
                <Choice signal=files label="Static files".to_owned()/>
                <Choice signal=pages label="Dynamic pages".to_owned()/>
            </fieldset>
            <p id="prediction-error" class="error" role="alert">{move || refused.get()}</p>
            <button id="lock" class="primary" type="submit">"Lock my prediction and run"</button>
        </form>
    }
}

#[component]
fn Choice(
    /// Whether it is ticked.
    signal: RwSignal<bool>,
    /// What it says.
    label: String,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="checkbox" prop:checked=signal on:change=move |event| signal.set(event_target_checked(&event))/>
            {label}
        </label>
    }
}

/// A locked prediction.
#[component]
fn Said(
    /// What was said.
    prediction: Prediction,
) -> impl IntoView {
    view! {
        <div id="locked" class="said">
            <p>{format!("Your prediction: {} failed requests. Now watch.", prediction.failed)}</p>
            <p>{format!("Addresses that answer: {}.", listed(&prediction.addresses))}</p>
            <p>{format!("Still working: {}.", works(prediction.static_files, prediction.dynamic_pages))}</p>
        </div>
    }
}

/// Prediction and result side by side, and why.
#[component]
fn Result(
    /// The exercise.
    what_if: WhatIf,
    /// How the prediction was met.
    judgement: Judgement,
) -> impl IntoView {
    let lab = use_lab();
    let Judgement { prediction, observation, failed, addresses, works: met } = judgement;
    let answering: Vec<String> = observation
        .addresses
        .iter()
        .filter(|(_, answers)| *answers)
        .map(|(name, _)| name.clone())
        .collect();
    let rows = [
        ("Failed requests", prediction.failed.to_string(), observation.failed.to_string(), failed),
        ("Addresses that answer", listed(&prediction.addresses), listed(&answering), addresses),
        (
            "Still working",
            works(prediction.static_files, prediction.dynamic_pages),
            works(observation.static_files, observation.dynamic_pages),
            met,
        ),
    ];
    let noticed = observation.noticed_at.map(|at| {
        let after = fixed(at.since(what_if.at).as_secs_f64(), 1);
        format!("It died at {}; the cluster acted on it {after} s later.", what_if.at.clock())
    });
    view! {
        <div id="result" tabindex="-1">
            <table>
                <caption>"Prediction and result"</caption>
                <thead><tr><th></th><th scope="col">"You said"</th><th scope="col">"It was"</th><th scope="col">"So"</th></tr></thead>
                <tbody>
                    {rows.map(|(what, said, was, verdict)| view! {
                        <tr><th scope="row">{what}</th><td>{said}</td><td>{was}</td><td>{verdict.word()}</td></tr>
                    }).collect_view()}
                </tbody>
            </table>
            <h3>"Why"</h3>
            <p>{what_if.why}</p>
            {noticed.map(|noticed| view! { <p>{noticed}</p> })}
            {observation.example.map(|example| view! {
                <details class="why" open>
                    <summary>{format!("Request {}, the first that failed", example.request)}</summary>
                    <ol>{example.chain.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
                    {example.cure.map(|cure| view! { <p>"What would have changed it: "{cure}"."</p> })}
                </details>
            })}
            <button id="again" on:click=move |_| lab.restart()>"Predict again"</button>
        </div>
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn works(static_files: bool, dynamic_pages: bool) -> String {
    let parts = [(static_files, "static files"), (dynamic_pages, "dynamic pages")];
    let working: Vec<String> =
        parts.iter().filter(|(works, _)| *works).map(|(_, what)| (*what).to_owned()).collect();
    if working.is_empty() { "nothing".to_owned() } else { working.join(", ") }
}
