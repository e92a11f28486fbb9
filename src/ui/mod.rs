//! The browser face: Leptos components over the library. Structure changes by signals, readings ten times a second
//! through memos that compare, moving requests every frame on one canvas outside the reactive graph.

#![allow(unreachable_pub, reason = "#[component] writes a `pub` struct of properties")]

mod announcer;
mod app;
mod bound;
mod check_view;
mod controls;
mod download;
mod event_log;
mod exercise_view;
mod frame_loop;
mod lab;
mod lecture_view;
mod route;
mod save_dialog;
mod stage;
mod stage_canvas;

/// Takes the page over: the live lab in place of the static one. A panic is told to the user, never swallowed.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        leptos::logging::error!("{panic}");
        let status = leptos::prelude::document().get_element_by_id("app-failure");
        if let Some(status) = status {
            let _ = status.remove_attribute("hidden");
        }
    }));
    let Some(root) = leptos::prelude::document().get_element_by_id("app") else { return };
    root.set_inner_html("");
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), app::App).forget();
}
