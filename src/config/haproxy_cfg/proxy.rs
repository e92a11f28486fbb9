//! What a section has said so far, and what a `defaults` section hands on.

use super::rules::{Acls, Switch};
use super::words::Line;
use super::{NotModelled, ServerAddress};
use crate::infra::{Balance, Cookie, HashType, PriorityClass, RetryOn, Server, StickTable};
use crate::kernel::SimDuration;

/// A value and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) value: T,
}

/// What kind of section it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Defaults,
    Frontend,
    Backend,
    Listen,
}

impl Kind {
    /// The section's keyword.
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("defaults", Self::Defaults),
        ("frontend", Self::Frontend),
        ("backend", Self::Backend),
        ("listen", Self::Listen),
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Frontend => "frontend",
            Self::Backend => "backend",
            Self::Listen => "listen",
        }
    }

    /// Whether clients connect to it.
    pub(super) fn is_front(self) -> bool {
        self != Self::Backend
    }

    /// Whether it has servers.
    pub(super) fn is_back(self) -> bool {
        self != Self::Frontend
    }
}

/// The timeouts that are read, in the order of [`Settings::timeouts`].
pub(super) const TIMEOUTS: [&str; 6] =
    ["connect", "server", "client", "queue", "http-request", "check"];

/// What a section sets and a `defaults` section hands on.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) http: bool,
    pub(super) disabled: bool,
    pub(super) maxconn: Option<At<u32>>,
    pub(super) default_backend: Option<At<String>>,
    pub(super) balance: Balance,
    pub(super) hash_type: HashType,
    pub(super) hash_balance_factor: u32,
    /// The path of `option httpchk`.
    pub(super) httpchk: Option<String>,
    /// The path of `http-check send`, which wins.
    pub(super) check_uri: Option<String>,
    /// The method of either, and whether `http-check send` names it.
    pub(super) check_method: Option<At<bool>>,
    pub(super) disable_on_404: bool,
    pub(super) allbackups: bool,
    pub(super) persist: bool,
    pub(super) abortonclose: bool,
    pub(super) fullconn: Option<u32>,
    pub(super) cookie: Option<Cookie>,
    pub(super) stats: bool,
    pub(super) timeouts: [Option<At<SimDuration>>; 6],
    pub(super) retries: Option<At<u32>>,
    pub(super) redispatch: Option<At<Option<i32>>>,
    pub(super) retry_on: Option<At<Vec<RetryOn>>>,
    pub(super) default_server: Server,
    /// The line where `default-server` says `ssl`, if it does.
    pub(super) default_ssl: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            http: false,
            disabled: false,
            maxconn: None,
            default_backend: None,
            balance: Balance::Roundrobin,
            hash_type: HashType::default(),
            hash_balance_factor: 0,
            httpchk: None,
            check_uri: None,
            check_method: None,
            disable_on_404: false,
            allbackups: false,
            persist: false,
            abortonclose: false,
            fullconn: None,
            cookie: None,
            stats: false,
            timeouts: Default::default(),
            retries: None,
            redispatch: None,
            retry_on: None,
            default_server: Server::new("", "", 0),
            default_ssl: None,
        }
    }
}

/// A `bind` address.
#[derive(Clone, Debug)]
pub(super) struct Bind {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) port: u16,
    /// Round trips of its TLS handshake.
    pub(super) tls_round_trips: u32,
    /// `no-tls-tickets`.
    pub(super) gives_no_tickets: bool,
    /// `tls-ticket-keys`.
    pub(super) tls_ticket_keys: bool,
}

/// A `defaults`, `frontend`, `backend` or `listen` section.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) line: usize,
    /// How many lines it has, without its header.
    pub(super) lines: usize,
    pub(super) settings: Settings,
    pub(super) binds: Vec<Bind>,
    pub(super) acls: Acls,
    /// How many beginnings of paths `switches` has.
    pub(super) prefixes: usize,
    pub(super) switches: Vec<Switch>,
    pub(super) priority_classes: Vec<PriorityClass>,
    pub(super) stick_table: Option<At<(Option<StickTable>, Option<String>)>>,
    pub(super) stick_on_src: Option<At<()>>,
    pub(super) servers: Vec<Server>,
    /// For each server the line that says `ssl`, if one does.
    pub(super) ssl: Vec<Option<usize>>,
    pub(super) addresses: Vec<ServerAddress>,
    pub(super) notes: Notes,
}

/// How many lines go with the header of a section that is left out.
pub(super) fn with_lines(count: usize) -> String {
    if count == 1 { "with its 1 line".to_owned() } else { format!("with its {count} lines") }
}

/// What is not part of the model.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) not_modelled: Vec<NotModelled>,
    pub(super) without_effect: Vec<(usize, String)>,
}

impl Notes {
    /// Names a directive that the model does not cover.
    pub(super) fn not_modelled(&mut self, line: usize, directive: &str, reason: impl Into<String>) {
        let (directive, reason) = (directive.to_owned(), reason.into());
        self.not_modelled.push(NotModelled { line, directive, reason });
    }

    /// Names a directive that changes nothing that is modelled.
    pub(super) fn without_effect(&mut self, line: usize, directive: &str) {
        self.without_effect.push((line, directive.to_owned()));
    }

    /// Takes over what another list names.
    pub(super) fn extend(&mut self, other: Self) {
        self.not_modelled.extend(other.not_modelled);
        self.without_effect.extend(other.without_effect);
    }
}

impl Proxy {
    pub(super) fn new(kind: Kind, name: String, line: &Line, settings: Settings) -> Self {
        Self {
            kind,
            name,
            line: line.number,
            lines: 0,
            settings,
            binds: Vec::new(),
            acls: Acls::new(),
            prefixes: 0,
            switches: Vec::new(),
            priority_classes: Vec::new(),
            stick_table: None,
            stick_on_src: None,
            servers: Vec::new(),
            ssl: Vec::new(),
            addresses: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// The header, as it stands there.
    pub(super) fn header(&self) -> String {
        format!("{} {}", self.kind.name(), self.name).trim_end().to_owned()
    }

    /// Leaves the section out: one entry stands for all its lines.
    pub(super) fn leave_out(&self, reason: &str, notes: &mut Notes) {
        let with = with_lines(self.lines);
        notes.not_modelled(self.line, &self.header(), format!("{reason}; {with}"));
    }
}
