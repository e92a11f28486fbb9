//! The counters: rates, errors, response times.

use leptos::prelude::*;

use super::lab::use_lab;
use crate::kernel::SimDuration;

/// Four figures over the last five seconds, and the totals.
#[component]
pub(super) fn ReadingsView() -> impl IntoView {
    let lab = use_lab();
    let readings = Memo::new(move |_| lab.readout.with(|readout| readout.readings));
    let counts = Memo::new(move |_| lab.readout.with(|readout| readout.snapshot.requests));
    let rate = |value: f64| format!("{value:.1}");
    let ms = |value: Option<SimDuration>| value.map_or("–".to_owned(), |value| format!("{:.0} ms", value.as_ms_f64()));
    view! {
        <section id="readings" aria-label="Readings over the last 5 seconds">
            <dl class="figures">
                <div><dt>"requests/s"</dt><dd id="requests-per-s">{move || rate(readings.get().requests_per_s)}</dd></div>
                <div class:bad=move || readings.get().errors_per_s.gt(&0.0)>
                    <dt>"errors/s"</dt><dd id="errors-per-s">{move || rate(readings.get().errors_per_s)}</dd>
                </div>
                <div><dt>"p50"</dt><dd id="p50">{move || ms(readings.get().p50)}</dd></div>
                <div><dt>"p95"</dt><dd id="p95">{move || ms(readings.get().p95)}</dd></div>
            </dl>
            <p class="totals" id="totals">
                {move || {
                    let counts = counts.get();
                    format!(
                        "{} requests: {} answered, {} failed, {} on their way",
                        counts.issued, counts.ok, counts.failed, counts.in_flight
                    )
                }}
            </p>
        </section>
    }
}
