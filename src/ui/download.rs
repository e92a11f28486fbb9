//! Handing in: texts as files on the visitor's device, made in the page and sent nowhere.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Response, Url};

use super::lab::Lab;
use crate::diagram::{Layout, Orientation, compose, to_svg};
use crate::haproxy::csv;
use crate::kernel::SimTime;
use crate::page::{self, DIAGRAM_FILE, SUBMISSION_FILE};
use crate::submission::{Author, Evidence, fill};

/// The diagram, at rest or as it stands now.
pub(super) fn diagram(lab: Lab, as_it_stands: bool) {
    let svg = lab.with_run(|run| {
        // At rest it is the plan that is drawn; as it stands, with what reloads have changed.
        let plan = if as_it_stands { run.simulation().plan() } else { run.plan() };
        let infrastructure = &plan.infrastructure;
        let snapshot = as_it_stands.then(|| run.simulation().snapshot());
        let layout = Layout::new(infrastructure, Orientation::Landscape);
        to_svg(&compose(infrastructure, snapshot.as_ref(), &layout, &[]))
    });
    report(lab, save(DIAGRAM_FILE, "image/svg+xml", &svg));
}

/// The figures of a balancer as `show stat` writes them; its header alone if its HAProxy does not run.
pub(super) fn statistics(lab: Lab, balancer: &str) {
    let rows = lab.with_run(|run| run.simulation().statistics(balancer));
    let name = format!("{balancer}-show-stat.csv");
    report(lab, save(&name, "text/csv", &csv(rows.as_deref().unwrap_or_default())));
}

/// The submission with its author and the run so far. Its words were made when the app was built.
pub(super) fn submission(lab: Lab, name: String) {
    leptos::task::spawn_local(async move {
        let preset = lab.with_run(|run| run.plan().infrastructure.name.clone());
        let saved = match template(&page::template_file(&preset)).await {
            Ok(template) => {
                let text = lab.with_run(|run| {
                    let evidence = (run.now() > SimTime::ZERO).then(|| Evidence::of(run));
                    fill(&template, &preset, &Author { name }, evidence.as_ref())
                });
                save(SUBMISSION_FILE, "text/markdown", &text)
            }
            Err(error) => Err(error),
        };
        report(lab, saved);
    });
}

async fn template(file: &str) -> Result<String, JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(file)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from_f64(f64::from(response.status())));
    }
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.as_string().unwrap_or_default())
}

/// A text as a file.
pub(super) fn text(lab: Lab, name: &str, content: &str) {
    report(lab, save(name, "text/plain", content));
}

fn report(lab: Lab, saved: Result<(), JsValue>) {
    if let Err(error) = saved {
        leptos::logging::error!("a file could not be saved: {error:?}");
        let text = "The file could not be saved. Check the connection, then save again; the run is still here.";
        lab.tell(text.to_owned());
    }
}

fn save(name: &str, media_type: &str, content: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = js_sys::Array::of1(&JsValue::from_str(content));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
}
