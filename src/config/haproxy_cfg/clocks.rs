//! The timeouts and retries, of which the model has one set, and what the backends say otherwise.

use std::collections::BTreeSet;

use super::assemble::runs;
use super::proxy::{Notes, Proxy, TIMEOUTS};
use super::words::{Refusal, lacks};
use crate::infra::{Backend, Retries, RetryOn, Timeouts};
use crate::kernel::SimDuration;

/// The longest timeout of the model: what is longer never runs out in a run.
const LONGEST: SimDuration = SimDuration::from_secs(86_400);

/// A timeout; 0 is none.
fn of(proxy: &Proxy, timeout: &str) -> Option<SimDuration> {
    let index = TIMEOUTS.iter().position(|name| *name == timeout)?;
    let time = proxy.settings.timeouts[index].as_ref()?.value;
    (time > SimDuration::ZERO).then_some(time.min(LONGEST))
}

/// The clocks: those of the clients' side from the frontend, the others from the default backend.
pub(super) fn timeouts(front: &Proxy, main: &Proxy) -> Result<Timeouts, Refusal> {
    let needed = |name: &str, example: &str| {
        let header = main.header();
        let found = format!("no `timeout {name}` above 0 for {header}");
        let allowed = format!("`timeout {name} {example}` in {header} or in its defaults section");
        of(main, name).map_or_else(|| lacks(&found, allowed), Ok)
    };
    Ok(Timeouts {
        connect: needed("connect", "5s")?,
        server: needed("server", "30s")?,
        client: of(front, "client"),
        queue: of(main, "queue"),
        http_request: of(front, "http-request"),
        check: of(main, "check"),
    })
}

/// What is tried again, as the default backend says.
pub(super) fn retries(main: &Proxy) -> Retries {
    let settings = &main.settings;
    let unset = Retries::new();
    Retries {
        retries: settings.retries.as_ref().map_or(unset.retries, |at| at.value),
        redispatch: settings.redispatch.as_ref().and_then(|at| at.value),
        retry_on: settings.retry_on.as_ref().map_or(unset.retry_on, |at| at.value.clone()),
    }
}

/// Retries and redispatch that HAProxy 2.6 does not survive: it counts the interval from the last retry, and divides by it.
pub(super) fn note_crash(main: &Proxy, notes: &mut Notes) {
    let Retries { retries, redispatch, .. } = retries(main);
    let set = main.settings.redispatch.as_ref();
    let is_fatal = retries > 0
        && redispatch.is_some_and(|n| n < 0 && i64::from(retries) + 1 + i64::from(n) == 0);
    if let Some(at) = set.filter(|_| is_fatal) {
        let reason = format!(
            "with `retries {retries}` HAProxy 2.6 divides by zero and dies at the first retry"
        );
        notes.not_modelled(at.line, &at.text, reason);
    }
}

/// What other backends set differently from the default backend, whose values the model has.
pub(super) fn differences(
    proxies: &[Proxy],
    main: &Proxy,
    backends: &[Backend],
    notes: &mut Notes,
) {
    let reason = format!("one set of timeouts and retries is modelled, that of `{}`", main.name);
    let named: BTreeSet<&str> = backends.iter().map(|backend| backend.name.as_str()).collect();
    let kept =
        |proxy: &&Proxy| proxy.kind.is_back() && runs(proxy) && named.contains(proxy.name.as_str());
    for proxy in proxies.iter().filter(kept) {
        let mut differs = |set: Option<(usize, &str)>, name: &str| match set {
            Some((line, text)) => notes.not_modelled(line, text, reason.clone()),
            None => notes.not_modelled(proxy.line, &format!("no {name}"), reason.clone()),
        };
        for (index, name) in TIMEOUTS.iter().enumerate() {
            let is_back = ["connect", "server", "queue", "check"].contains(name);
            if is_back && of(proxy, name) != of(main, name) {
                let set = proxy.settings.timeouts[index].as_ref();
                differs(set.map(|at| (at.line, at.text.as_str())), &format!("timeout {name}"));
            }
        }
        let (its, ours) = (retries(proxy), retries(main));
        let settings = &proxy.settings;
        if its.retries != ours.retries {
            differs(settings.retries.as_ref().map(|at| (at.line, at.text.as_str())), "retries");
        }
        if its.redispatch != ours.redispatch {
            let set = settings.redispatch.as_ref();
            differs(set.map(|at| (at.line, at.text.as_str())), "option redispatch");
        }
        let all = |list: &[RetryOn], of: &[RetryOn]| list.iter().all(|one| of.contains(one));
        if !all(&its.retry_on, &ours.retry_on) || !all(&ours.retry_on, &its.retry_on) {
            differs(settings.retry_on.as_ref().map(|at| (at.line, at.text.as_str())), "retry-on");
        }
    }
}
