//! The browser face: Leptos components over the library. Structure changes by signals, readings ten times a second
//! through memos that compare, moving requests every frame on one canvas outside the reactive graph.

mod announcer;
mod app;
mod check_view;
mod controls;
mod download;
mod event_log;
mod exercise_view;
mod frame_loop;
mod inspector;
mod lab;
mod lecture_view;
mod readings;
mod route;
mod save_dialog;
mod stage;
mod stage_canvas;
mod text_view;

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
