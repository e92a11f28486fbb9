//! The directives of HAProxy that a reload changes while the run goes on: each with its real name, and how it stands now. What it means and what it
//! may be, which only its control tells, is in `directives.rs`.

use crate::infra::{Backend, Balance, Directive, Haproxy, Infrastructure, Server};

/// One directive.
pub(super) struct Knob {
    /// As the configuration writes it.
    pub(super) name: &'static str,
    /// How it stands, as its control writes it.
    pub(super) now: fn(&Section<'_>) -> String,
}

/// Those of a backend.
const OF_BACKEND: [Knob; 11] = [
    Knob { name: "balance", now: |own| own.first.0.balance.to_string() },
    Knob { name: "hash-type", now: |own| own.first.0.hash_type.to_string() },
    Knob { name: "inter", now: |own| own.first.1.inter.to_string() },
    Knob { name: "fall", now: |own| own.first.1.fall.to_string() },
    Knob { name: "rise", now: |own| own.first.1.rise.to_string() },
    Knob { name: "cookie", now: |own| Directive::Cookie(own.first.0.cookie.is_some()).to_string() },
    Knob {
        name: "stick on",
        now: |own| Directive::StickOnSource(own.first.0.stick_table.is_some()).to_string(),
    },
    Knob { name: "slowstart", now: |own| own.first.1.slowstart.unwrap_or_default().to_string() },
    Knob { name: "maxconn", now: |own| own.first.1.maxconn.to_string() },
    Knob {
        name: "observe",
        now: |own| {
            let server = own.first.1;
            let limit = if server.observe.is_some() { server.error_limit } else { 0 };
            after_default_server(&Directive::Observe(limit, server.on_error))
        },
    },
    Knob { name: "error-limit", now: |own| own.first.1.error_limit.to_string() },
];

/// Those of the defaults section.
const OF_DEFAULTS: [Knob; 3] = [
    Knob { name: "retries", now: |own| own.haproxy.retries.retries.to_string() },
    Knob {
        name: "option redispatch",
        now: |own| Directive::Redispatch(own.haproxy.retries.redispatch.is_some()).to_string(),
    },
    Knob {
        name: "timeout queue",
        now: |own| {
            let timeouts = &own.haproxy.timeouts;
            timeouts.queue.unwrap_or(timeouts.connect).to_string()
        },
    },
];

/// A line of `default-server` without these words.
pub(super) fn after_default_server(directive: &Directive) -> String {
    let line = directive.to_string();
    line.strip_prefix("default-server ").unwrap_or_default().to_owned()
}

/// A section of the configuration with its directives: a backend, or the defaults.
pub(super) struct Section<'a> {
    /// The backend; `None`: the defaults section.
    pub(super) backend: Option<&'a Backend>,
    haproxy: &'a Haproxy,
    pub(super) first: (&'a Backend, &'a Server),
}

impl<'a> Section<'a> {
    /// The sections of the balancers' configuration, which is the same on all of them: every backend, then the defaults.
    pub(super) fn all(infrastructure: &'a Infrastructure) -> Vec<Self> {
        let Some(haproxy) = infrastructure.balancers().find_map(|host| host.haproxy()) else {
            return Vec::new();
        };
        let with_server =
            |backend: &'a Backend| backend.servers.first().map(|server| (backend, server));
        let firsts: Vec<_> = haproxy.backends.iter().filter_map(with_server).collect();
        let mut all = Vec::new();
        for first in &firsts {
            all.push(Self { backend: Some(first.0), haproxy, first: *first });
        }
        all.extend(firsts.first().map(|first| Self { backend: None, haproxy, first: *first }));
        all
    }

    /// The section's name.
    pub(super) fn name(&self) -> &'a str {
        self.backend.map_or("defaults", |backend| &backend.name)
    }

    /// Its directives.
    pub(super) fn knobs(&self) -> &'static [Knob] {
        if self.backend.is_some() { &OF_BACKEND } else { &OF_DEFAULTS }
    }

    /// Whether a directive means nothing as the others stand.
    pub(super) fn is_idle(&self, knob: &Knob) -> bool {
        match knob.name {
            "hash-type" => !hashes(&self.first.0.balance),
            "error-limit" => self.first.1.observe.is_none(),
            _ => false,
        }
    }
}

/// Whether the algorithm finds its server by a hash.
pub(super) const fn hashes(balance: &Balance) -> bool {
    matches!(
        balance,
        Balance::Source | Balance::Uri(_) | Balance::UrlParam { .. } | Balance::Hdr { .. }
    )
}
