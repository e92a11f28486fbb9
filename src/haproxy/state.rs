//! What the runtime socket tells of a process beside its statistics: `show servers state`, `show table`, `show info` (HAProxy 2.6
//! management guide 9.3). The numbers are those of the real program's state file.

use std::net::Ipv4Addr;

use super::effect::CheckResult;
use super::proxy::Proxy;
use super::server::{Running, Server};
use crate::kernel::{SimDuration, SimTime};

/// A server in the numbers of `show servers state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// `srv_op_state`: 0 stopped, 1 starting, 2 running, 3 stopping.
    pub operation: u8,
    /// `srv_admin_state`: 1 in maintenance, 4 by the configuration, 8 draining, added up.
    pub admin: u8,
    /// `srv_uweight`: as set by command.
    pub weight: u32,
    /// `srv_iweight`: as configured.
    pub configured_weight: u32,
    /// `srv_time_since_last_change`, in whole seconds.
    pub since: u64,
    /// `srv_check_status`: how the last check ended; 1 is INI.
    pub check_status: u8,
    /// `srv_check_result`: 0 unknown, 2 failed, 3 passed, 4 passed with a condition.
    pub check_result: u8,
    /// `srv_check_health`: its lives, 0 to `rise + fall - 1`.
    pub health: u32,
    /// `srv_check_state`: 1 a check is under way, 2 configured, 4 enabled, 8 paused, added up.
    pub check_state: u8,
}

/// An entry of a stick table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickEntry {
    /// The client.
    pub client: Ipv4Addr,
    /// Its server, an index in the backend.
    pub server: u16,
    /// How long the entry stays if it is not used; zero where entries stay for ever.
    pub left: SimDuration,
}

impl Proxy {
    /// When the process was started.
    pub const fn started_at(&self) -> SimTime {
        self.started_at
    }

    /// A server in numbers.
    pub fn server_state(&self, server: usize, now: SimTime) -> ServerState {
        let of = &self.servers[server];
        let operation = match of.running {
            Running::Stopped => 0,
            Running::Starting => 1,
            Running::Full => 2,
            Running::Stopping => 3,
        };
        let bit = |is_set: bool, value: u8| if is_set { value } else { 0 };
        let is_checked = of.config.check;
        let is_paused = of.is_maint && (is_checked || of.config.disabled);
        let (check_status, check_result) = last_check(of);
        ServerState {
            operation: if of.is_maint { 0 } else { operation },
            admin: bit(of.is_maint, 1) | bit(of.config.disabled, 4) | bit(of.is_drain, 8),
            weight: of.weight,
            configured_weight: of.config.weight,
            since: now.since(of.changed_at).as_ns() / 1_000_000_000,
            check_status,
            check_result,
            health: if of.is_maint { 0 } else { of.health.lives() },
            check_state: bit(is_checked && of.is_checking, 1)
                | bit(is_checked, 6)
                | bit(is_paused, 8),
        }
    }

    /// The entries of a backend's stick table, by client; `None` if it has none.
    pub fn stick_entries(&self, backend: usize, now: SimTime) -> Option<Vec<StickEntry>> {
        let entries = self.backends[backend].table.as_ref()?.entries(now);
        let of = |(client, server, left)| StickEntry {
            client: Ipv4Addr::from_bits(client),
            server,
            left,
        };
        Some(entries.into_iter().map(of).collect())
    }
}

/// The last check's status and result. While the next is under way its result is unknown.
fn last_check(server: &Server) -> (u8, u8) {
    let Some((result, _)) = server.last_check else { return (1, 0) };
    let (status, result) = match result {
        CheckResult::Hana => (4, 2),
        CheckResult::L4ok => (6, 3),
        CheckResult::L4tout => (7, 2),
        CheckResult::L4con => (8, 2),
        CheckResult::L7tout => (12, 2),
        CheckResult::L7rsp => (13, 2),
        CheckResult::L7ok => (15, 3),
        CheckResult::L7okc => (16, 4),
        CheckResult::L7sts(_) => (17, 2),
    };
    (status, if server.is_checking { 0 } else { result })
}
