//! The browser face: Leptos over the library. The library words the page and says what changes in it ([`crate::page`]);
//! here signals carry the changes, clicks and keys become actions, and moving requests are painted on a canvas outside
//! the reactive graph.

#![allow(unreachable_pub, reason = "#[component] writes a `pub` struct of properties")]

mod announcer;
mod app;
mod bound;
mod deeds;
mod download;
mod event_log;
mod frame_loop;
mod keys;
mod lab;
mod route;
mod runs;
mod settings;
mod stage;
mod stage_canvas;
mod statistics;
mod timeline;

/// Takes the page over: the live lab in place of the static one. A panic is told to the user, never swallowed.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        leptos::logging::error!("{panic}");
        if let Some(failure) = leptos::prelude::document().get_element_by_id("app-failure") {
            let _ = failure.remove_attribute("hidden");
        }
    }));
    let Some(root) = leptos::prelude::document().get_element_by_id("app") else { return };
    root.set_inner_html("");
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), app::App).forget();
}
