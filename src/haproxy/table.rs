//! A stick table of `type ip`: which server a client's address belongs to (HAProxy 2.6 manual 4.2 `stick-table`).

use std::collections::BTreeMap;

use crate::infra::StickTable;
use crate::kernel::{SimDuration, SimTime};

/// Addresses and their servers.
#[derive(Clone, Debug)]
pub(super) struct Table {
    config: StickTable,
    entries: BTreeMap<u32, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    server: u16,
    used: SimTime,
}

impl Table {
    pub(super) const fn new(config: StickTable) -> Self {
        Self { config, entries: BTreeMap::new() }
    }

    /// The server an address belongs to; to ask is to use.
    pub(super) fn find(&mut self, source: u32, now: SimTime) -> Option<u16> {
        let expire = self.config.expire;
        let entry = self.entries.get_mut(&source)?;
        if expire.is_some_and(|expire| now >= entry.used + expire) {
            self.entries.remove(&source);
            return None;
        }
        entry.used = now;
        Some(entry.server)
    }

    /// The addresses whose entries are not too old, in order, with their servers and how long the entries still have.
    pub(super) fn entries(&self, now: SimTime) -> Vec<(u32, u16, SimDuration)> {
        let mut entries = Vec::new();
        for (address, entry) in &self.entries {
            let left = self.config.expire.map(|expire| (entry.used + expire).since(now));
            if left != Some(SimDuration::ZERO) {
                entries.push((*address, entry.server, left.unwrap_or_default()));
            }
        }
        entries
    }

    /// Remembers the server of an address; the entry longest unused makes room. Whether that is news.
    pub(super) fn store(&mut self, source: u32, server: u16, now: SimTime) -> bool {
        let is_news = self.entries.get(&source).is_none_or(|entry| entry.server != server);
        if !self.entries.contains_key(&source) && self.entries.len() >= self.config.size as usize {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used);
            if let Some(address) = oldest.map(|(address, _)| *address) {
                self.entries.remove(&address);
            }
        }
        self.entries.insert(source, Entry { server, used: now });
        is_news
    }
}
