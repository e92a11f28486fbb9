//! The page in words: what stands on it before the app arrives, and the parts of it that are text (machines, addresses,
//! servers, counters, log). The markup is made once, at build time and in the browser by the same functions, so the app
//! takes the page over without a jump; what changes in it is a list of bindings from key to value. Knows no browser.

mod balancers;
mod bindings;
mod chrome;
mod deeds;
mod directives;
mod exercise;
mod firewall;
mod keys;
mod knobs;
mod lab;
mod log;
mod markup;
mod named;
mod refusal;
mod service_worker;
mod settings;
mod statistics;
mod timeline;
mod workbench;

pub use balancers::{balancers, order};
pub use bindings::{Binding, Controls, bindings};
pub use chrome::{
    CHECKING, DIAGRAM_FILE, EXPLANATIONS_FILE, MODEL_FILE, RATES, SELF_CHECK_FILE, SUBMISSION_FILE,
    check, hashes, header, inspector_hint, lecture, lecture_steps, notice, preset_title,
    save_dialog, share_dialog, told_of, transport,
};
pub use deeds::{choices, deed, network};
pub use directives::directives;
pub use exercise::exercise;
pub use firewall::firewall;
pub use keys::{KEYS, Meaning, Place, help, is_single, meaning, settings_dialog};
pub use lab::{LAB_MARKER, is_on_stage, lab, view_box};
pub use log::{followed, joined, line, outcome, spoken, unbroken, with_code};
pub use markup::{
    SLOW_FACTOR, firewall_of, host_buttons, host_panel, part, part_panel, readings, text_view,
};
pub use named::Named;
pub use refusal::refusal;
pub use service_worker::service_worker;
pub use settings::{settings, site_settings};
pub use statistics::statistics;
pub use timeline::{timeline, timeline_frame, timeline_title, timeline_value};
pub use workbench::{edits, sizes};
