//! The browser face: Leptos over the library. The library words the page and says what changes in it ([`crate::page`]);
//! here signals carry the changes, clicks and keys become actions, and moving requests are painted on a canvas outside
//! the reactive graph.

mod announcer;
mod app;
mod bound;
mod deeds;
mod desk;
mod download;
mod event_log;
mod frame_loop;
mod keys;
mod lab;
mod lesson;
mod plans;
mod route;
mod runs;
mod settings;
mod speed;
mod stage;
mod stage_canvas;
mod timeline;
mod view;

/// Takes the page over: the live lab in place of the static one. A panic ends it without a text (`use_size_flags` in scripts/env.sh);
/// `boot.js` sees it and tells the user.
pub fn start() {
    let Some(root) = leptos::prelude::document().get_element_by_id("app") else { return };
    leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(root), app::start).forget();
}
