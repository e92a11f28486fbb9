//! Handing in: files on the visitor's device, made beside the page and sent nowhere.

use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Element, HtmlAnchorElement, HtmlCanvasElement,
    HtmlDialogElement, HtmlImageElement, HtmlTextAreaElement, Url,
};

use super::bound::{self, find};
use super::deeds::{chosen, is_ticked, typed};
use super::lab::Lab;
use super::{desk, event_log, runs};
use crate::desk::{MOST_RUNS, NO_SECTION, Step};
use crate::page::{DIAGRAM_FILE, SUBMISSION_FILE};

/// Where runs are kept on this device as evidence: the end of a link on each line.
const EVIDENCE: &str = "foobar-lab/evidence";
/// The width of the diagram as PNG, in pixels at least.
const PNG_WIDTH: f64 = 2_400.0;

/// The figures of a balancer as `show stat` writes them; its header alone if its HAProxy does not run.
pub(super) fn statistics(lab: Lab, balancer: &str) {
    let name = format!("{balancer}-show-stat.csv");
    desk::ask_then(lab, "show-stat", balancer, move |answer| match answer {
        Ok(figures) => text(lab, &name, &figures),
        Err(error) => lab.tell(format!("Not saved: {error}.")),
    });
}

/// Copies the lines of the log that are shown; where the browser does not let it, they are saved.
pub(super) fn copy_log(lab: Lab) {
    desk::ask_then(lab, "log-text", &event_log::about(lab), move |answer| match answer {
        Ok(lines) => {
            let kept = lines.clone();
            let then = move |is_copied| {
                if is_copied {
                    lab.tell("The log is copied.".to_owned());
                } else {
                    text(lab, "foobar-lab-log.txt", &kept);
                }
            };
            runs::copy(&lines, Box::new(then));
        }
        Err(error) => lab.tell(format!("Not copied: {error}.")),
    });
}

/// Shows what people's own words can belong to.
pub(super) fn show_sections(lab: Lab) {
    desk::ask_then(lab, "sections", "", |answer| {
        let names = answer.unwrap_or_default().replace('\n', ", ");
        say("#section-names", &format!("Sections: {names}."));
    });
}

/// Keeps a run as evidence, or keeps it no more, and says what came of it.
pub(super) fn keep_run(lab: Lab, link: &str, is_kept: bool) {
    let kept = runs::recall(EVIDENCE).unwrap_or_default();
    let mut links: Vec<&str> = kept.lines().filter(|kept| *kept != link).collect();
    let was_kept = links.len() < kept.lines().count();
    let said = if !is_kept {
        "The run is kept no more."
    } else if was_kept {
        "This run is kept already."
    } else if !link.is_empty() && links.len() < MOST_RUNS {
        links.push(link);
        "This run is kept."
    } else {
        "This run is not kept: remove one first."
    };
    if !(is_kept && was_kept) {
        runs::remember(EVIDENCE, &links.join("\n"));
    }
    show_kept(lab);
    say("#keep-said", said);
    bound::focus("#keep-run");
}

/// Shows the runs that are kept as evidence.
pub(super) fn show_kept(lab: Lab) {
    let kept = runs::recall(EVIDENCE).unwrap_or_default();
    say("#keep-said", "");
    desk::ask_then(lab, "kept", &kept, |answer| {
        bound::put("#kept-runs", &answer.unwrap_or_default());
    });
}

/// Shows how far a file is: how many steps are done, and what is being done.
pub(super) fn progress(done: &str, words: &str) {
    bound::for_each("#save-progress", |bar| bound::set(bar, "value", done));
    said(words);
}

/// Makes a file and saves it; the page is printed.
pub(super) fn save(lab: Lab, format: String) {
    show_bar(format == "zip");
    progress("0", "Making it\u{2026}");
    mark_own_words("");
    let wish = wish();
    let link = desk::link(lab);
    spawn_local(async move {
        let saved = make(&format, &link, &wish).await;
        show_bar(false);
        let is_of_words = matches!(&saved, Err(error) if error.starts_with(NO_SECTION));
        let words = saved.unwrap_or_else(|error| format!("Not saved: {error}."));
        said(&words);
        if is_of_words {
            mark_own_words(&words);
        }
    });
}

/// What is wished for, as [`crate::desk::Desk::file`] reads it.
fn wish() -> String {
    let own_words =
        find::<HtmlTextAreaElement>("#own-words").map(|area| area.value()).unwrap_or_default();
    let name = typed("#author").replace(['\n', '\r'], " ");
    let mut wish = format!("name {name}\n{}\n", chosen("#length"));
    for (selector, line) in [("#as-it-stands", "as-it-stands\n"), ("#numbered-path", "path\n")] {
        if is_ticked(selector) {
            wish.push_str(line);
        }
    }
    for run in runs::recall(EVIDENCE).unwrap_or_default().lines() {
        wish.push_str("run ");
        wish.push_str(run);
        wish.push('\n');
    }
    // An empty line parts the wishes from the words: there must be none before it.
    let lines: Vec<&str> = wish.lines().filter(|line| !line.is_empty()).collect();
    format!("{}\n\n{own_words}", lines.join("\n"))
}

async fn make(format: &str, link: &str, wish: &str) -> Result<String, String> {
    let file = async |format: &str, png: &str| {
        let question = [format.into(), link.into(), wish.into(), png.into()];
        desk::ask(&question).await
    };
    let failed =
        |error: JsValue| error.as_string().unwrap_or_else(|| "the browser refused it".to_owned());
    let said = |name: &str| format!("Saved {name}.");
    match format {
        "png" | "zip" => {
            let svg = file("svg", "").await?;
            progress(&Step::Png.done().to_string(), Step::Png.words());
            let png = picture(&svg).await.map_err(failed)?;
            if format == "png" {
                offer("diagram.png", &png).map_err(failed)?;
                return Ok(said("diagram.png"));
            }
            let archive = file("zip", &png).await?;
            let name = text_of(&file("zip-name", "").await?);
            download(&name, "application/zip", &archive).map_err(failed)?;
            Ok(said(&name))
        }
        "pdf" => {
            let markup = text_of(&file("print", "").await?);
            bound::put("#print", &markup);
            // What lies below a modal dialog is not there for assistive technology, and that is what a PDF takes its tags and outline from.
            let dialog = find::<HtmlDialogElement>("#save").ok_or_else(String::new)?;
            dialog.close();
            let printed = window().print();
            let _ = dialog.show_modal();
            bound::focus("#save-pdf");
            printed.map_err(failed)?;
            Ok("In the browser's print dialog, choose \u{201c}Save as PDF\u{201d}.".to_owned())
        }
        _ => {
            let (name, media_type) = match format {
                "svg" => (DIAGRAM_FILE, "image/svg+xml"),
                "md" => (SUBMISSION_FILE, "text/markdown"),
                _ => ("submission.html", "text/html"),
            };
            download(name, media_type, &file(format, "").await?).map_err(failed)?;
            Ok(said(name))
        }
    }
}

/// Bytes of UTF-8 as text.
fn text_of(bytes: &JsValue) -> String {
    let bytes = bytes.clone().unchecked_into::<Uint8Array>().to_vec();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The diagram as PNG, as a `data:` address: drawn by the browser.
async fn picture(svg: &JsValue) -> Result<String, JsValue> {
    let address = Url::create_object_url_with_blob(&blob("image/svg+xml", svg)?)?;
    let image = HtmlImageElement::new()?;
    image.set_src(&address);
    JsFuture::from(image.decode()).await?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let (width, height) = (f64::from(image.width().max(1)), f64::from(image.height()));
    let scale = (PNG_WIDTH / width).max(2.0);
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    context.draw_image_with_html_image_element_and_dw_and_dh(
        &image,
        0.0,
        0.0,
        width * scale,
        height * scale,
    )?;
    Url::revoke_object_url(&address)?;
    canvas.to_data_url()
}

/// A text as a file.
pub(super) fn text(lab: Lab, name: &str, content: &str) {
    if download(name, "text/plain", &JsValue::from_str(content)).is_err() {
        lab.tell("The file could not be saved; the run is still here.".to_owned());
    }
}

fn blob(media_type: &str, content: &JsValue) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(content), &options)
}

fn download(name: &str, media_type: &str, content: &JsValue) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(&blob(media_type, content)?)?;
    offer(name, &address)?;
    Url::revoke_object_url(&address)
}

fn offer(name: &str, address: &str) -> Result<(), JsValue> {
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(address);
    anchor.set_download(name);
    anchor.click();
    Ok(())
}

fn show_bar(is_shown: bool) {
    bound::for_each("#save-progress", |bar| bound::toggle(bar, "hidden", !is_shown));
}

/// Says what came of it, and brings that into sight where a small screen has scrolled it away.
fn said(text: &str) {
    say("#save-said", text);
    bound::reveal("#save-state");
}

/// Shows at the field for people's own words what is wrong with them, and brings the keyboard there; nothing is wrong if it is empty.
fn mark_own_words(error: &str) {
    let is_wrong = !error.is_empty();
    say("#own-error", error);
    if let Some(field) = find::<Element>("#own-words") {
        bound::set(&field, "aria-invalid", if is_wrong { "true" } else { "false" });
    }
    if is_wrong {
        if let Some(details) = find::<Element>("#own") {
            bound::set(&details, "open", "");
        }
        bound::focus("#own-words");
    }
}

/// Puts a text into the first element that matches.
fn say(selector: &str, text: &str) {
    if let Some(place) = find::<Element>(selector) {
        place.set_text_content(Some(text));
    }
}
