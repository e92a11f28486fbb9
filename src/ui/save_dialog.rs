//! Handing in: the diagram as SVG and the submission as Markdown, with the evidence of the run as it stands.

use leptos::html;
use leptos::prelude::*;

use super::download::download;
use super::lab::{Lab, use_lab};
use super::route::Route;
use crate::diagram::{Layout, Orientation, compose, to_svg};
use crate::submission::{Author, Evidence, markdown};

/// The file name that the submission links to.
const DIAGRAM: &str = "diagram.svg";

/// A dialog with the two files.
#[component]
pub(super) fn SaveDialog() -> impl IntoView {
    let lab = use_lab();
    let dialog = NodeRef::<html::Dialog>::new();
    let author = RwSignal::new(String::new());
    let as_it_stands = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if lab.is_saving.get() && !dialog.open() {
            lab.pause();
            let _ = dialog.show_modal();
        } else if !lab.is_saving.get_untracked() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog id="save" node_ref=dialog aria-labelledby="save-title" on:close=move |_| lab.is_saving.set(false)>
            <h2 id="save-title">"Save your submission"</h2>
            <p>"Two files: keep them side by side, the text shows the picture. The run so far is the evidence in the text."</p>
            <label class="name">"Your name (stays on this device)"
                <input id="author" type="text" autocomplete="name" prop:value=author
                    on:input=move |event| author.set(event_target_value(&event))/>
            </label>
            <label class="choice">
                <input id="as-it-stands" type="checkbox" prop:checked=as_it_stands
                    on:change=move |event| as_it_stands.set(event_target_checked(&event))/>
                "Draw the diagram as it stands now, with what is down"
            </label>
            <div class="actions">
                <button id="save-svg" class="primary" on:click=move |_| {
                    download(DIAGRAM, "image/svg+xml", &diagram(lab, as_it_stands.get_untracked()));
                }>"Save diagram.svg"</button>
                <button id="save-markdown" class="primary" on:click=move |_| {
                    download("submission.md", "text/markdown", &submission(lab, author.get_untracked()));
                }>"Save submission.md"</button>
                <button id="open-check" on:click=move |_| {
                    lab.is_saving.set(false);
                    Route::Check.go();
                }>"Check this browser"</button>
                <button id="close-save" on:click=move |_| lab.is_saving.set(false)>"Close"</button>
            </div>
        </dialog>
    }
}

fn diagram(lab: Lab, as_it_stands: bool) -> String {
    lab.run.with_value(|run| {
        let infrastructure = &run.plan().infrastructure;
        let snapshot = as_it_stands.then(|| run.simulation().snapshot());
        let layout = Layout::new(infrastructure, Orientation::Landscape);
        to_svg(&compose(infrastructure, snapshot.as_ref(), &layout, &[]))
    })
}

fn submission(lab: Lab, name: String) -> String {
    lab.run.with_value(|run| {
        let evidence = (run.now() > crate::kernel::SimTime::ZERO).then(|| Evidence::of(run));
        markdown(&run.plan().infrastructure, &Author { name }, evidence.as_ref(), DIAGRAM)
    })
}
