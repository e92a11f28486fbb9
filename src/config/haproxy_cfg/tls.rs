//! What the lines and the lab's own comment say of TLS, put together: the model has one answer for a whole balancer.

use super::assemble::Outside;
use super::proxy::{Bind, Notes};
use crate::infra::Tls;

/// More of TLS than its round trips, where the file says more: figures in a comment of the lab, `ssl` on the `server` lines (`ssl` has
/// the line that says it for each server), shared keys of tickets, or directives that leave no session to be resumed. What the file does not say is as usual.
pub(super) fn assemble(
    bind: &Bind,
    ssl: &[Option<usize>],
    outside: &Outside,
    notes: &mut Notes,
) -> Option<Tls> {
    let ends_here = bind.tls_round_trips > 0;
    let is_for_all = !ssl.is_empty() && ssl.iter().all(Option::is_some);
    let to_servers = ends_here && is_for_all;
    if !to_servers {
        let reason = if ends_here {
            "servers are spoken to without TLS, unless all of them say `ssl`"
        } else {
            "servers are spoken to without TLS where users are"
        };
        for line in ssl.iter().flatten() {
            notes.not_modelled(*line, "ssl", reason);
        }
    }
    if !ends_here {
        return None;
    }
    let resumes_nothing = resumes_nothing(bind, outside, notes);
    let is_told =
        outside.tls_figures.is_some() || to_servers || resumes_nothing || bind.tls_ticket_keys;
    let mut tls = outside.tls_figures.unwrap_or(Tls::USUAL);
    tls.to_servers = to_servers;
    tls.tls_ticket_keys = bind.tls_ticket_keys;
    if resumes_nothing {
        tls.resumed_percent = 0;
    }
    is_told.then_some(tls)
}

/// Whether sessions can be resumed neither from HAProxy's cache nor by a ticket. One alone leaves the other, and changes nothing here:
/// so the lines were noted until both are found.
fn resumes_nothing(bind: &Bind, outside: &Outside, notes: &mut Notes) -> bool {
    let Some(cache) = outside.no_cache else { return false };
    if !bind.gives_no_tickets && outside.no_tickets.is_none() {
        return false;
    }
    notes.without_effect.retain(|(line, text)| {
        let is_on_bind = *line == bind.line && text == "no-tls-tickets";
        *line != cache && Some(*line) != outside.no_tickets && !is_on_bind
    });
    true
}
