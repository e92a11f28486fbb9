//! The persistence cookie: which server a client came from, told by itself (HAProxy 2.6 manual 4.2 `cookie`, 8.5).

use super::server::Server;
use crate::infra::{Cookie, CookieMode};

/// The last two letters of the termination state: the client's cookie, and what was done with the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CookieFlags {
    /// Unset where the backend knows no cookie.
    pub request: Option<Sent>,
    /// What was done in the answer.
    pub response: Given,
}

/// What the client's cookie was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// `N`: there was none.
    None,
    /// `I`: no server has that value.
    Invalid,
    /// `D`: its server is down.
    Down,
    /// `V`: valid.
    Valid,
}

/// What was done with the cookie in the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// `N`: nothing.
    #[default]
    None,
    /// `I`: inserted.
    Inserted,
    /// `D`: the application's was taken out.
    Deleted,
    /// `P`: the application's was left alone.
    Passive,
    /// `R`: the application's was rewritten.
    Rewritten,
}

impl CookieFlags {
    /// The server that a valid cookie named could not be reached.
    pub(super) fn server_lost(&mut self) {
        if self.request == Some(Sent::Valid) {
            self.request = Some(Sent::Down);
        }
    }

    /// The two letters.
    pub const fn letters(self) -> [char; 2] {
        let Some(request) = self.request else { return ['-', '-'] };
        let request = match request {
            Sent::None => 'N',
            Sent::Invalid => 'I',
            Sent::Down => 'D',
            Sent::Valid => 'V',
        };
        let response = match self.response {
            Given::None => 'N',
            Given::Inserted => 'I',
            Given::Deleted => 'D',
            Given::Passive => 'P',
            Given::Rewritten => 'R',
        };
        [request, response]
    }
}

/// The server that a `Cookie` header asks for, an index among `servers`, and the flags so far.
pub(super) fn find(
    cookie: &Cookie,
    header: Option<&str>,
    servers: &[Server],
    persist: bool,
) -> (CookieFlags, Option<usize>) {
    let flags = |sent| CookieFlags { request: Some(sent), response: Given::None };
    let Some(value) = header.and_then(|header| value_of(header, &cookie.name)) else {
        return (flags(Sent::None), None);
    };
    let value = match cookie.mode {
        CookieMode::Prefix => match value.split_once('~') {
            Some((server, _)) => server,
            None => return (flags(Sent::None), None),
        },
        CookieMode::Insert | CookieMode::Rewrite => value.split('|').next().unwrap_or(value),
    };
    let named = |server: &Server| server.config.cookie.as_deref() == Some(value);
    match servers.iter().position(named) {
        None => (flags(Sent::Invalid), None),
        Some(server) if servers[server].is_reachable() => (flags(Sent::Valid), Some(server)),
        Some(server) if persist => (flags(Sent::Down), Some(server)),
        Some(_) => (flags(Sent::Down), None),
    }
}

fn value_of<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next()
}

/// What is done with the cookie in an answer of a server with (`has_value`) or without a cookie value: whether its cookie
/// is set. `is_bound`: the request was directed by a valid cookie.
pub(super) const fn respond(
    cookie: &Cookie,
    is_bound: bool,
    has_value: bool,
    sets_cookie: bool,
) -> (Given, bool) {
    match cookie.mode {
        CookieMode::Insert => {
            if sets_cookie && cookie.preserve {
                (Given::Passive, false)
            } else if !is_bound && has_value {
                (Given::Inserted, true)
            } else if sets_cookie || (!is_bound && !has_value) {
                (Given::Deleted, false)
            } else {
                (Given::None, false)
            }
        }
        CookieMode::Prefix | CookieMode::Rewrite => {
            if sets_cookie && has_value {
                (Given::Rewritten, true)
            } else {
                (Given::None, false)
            }
        }
    }
}
