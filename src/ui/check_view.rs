//! The self-check: this browser runs the same plans as the command line and shows the digests of all that happened.

use leptos::prelude::*;

use crate::run::SELF_CHECKS;

/// A table of plans and hashes.
#[component]
pub(super) fn CheckView() -> impl IntoView {
    let rows = SELF_CHECKS.iter().map(|check| {
        let hash = check.hash().unwrap_or_else(|error| error.to_string());
        view! { <tr><td><code class="command">{check.command()}</code></td><td><code class="hash">{hash}</code></td></tr> }
    });
    view! {
        <section id="check" aria-labelledby="check-title">
            <h2 id="check-title">"Self-check of this browser"</h2>
            <p>"A run is a value: the same plan gives the same hash here and on the command line."</p>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="check-title">
                <table>
                    <thead><tr><th scope="col">"Command"</th><th scope="col">"Hash of every fact and outcome"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
