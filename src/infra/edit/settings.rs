//! Settings as text and numbers, and how one is set. What there is to set is in `rows.rs`, where each stands in `fields.rs`.

use super::apply::{Refusal, known};
use super::rows::{Kind, ROWS, Setting};
use crate::infra::{Host, Infrastructure, Service};
use crate::kernel::SimDuration;

/// How far below 0 a weight may be: a value counts from there.
pub(super) const LIGHTEST: u32 = 253;

/// Gives a directive of the machine of this name another value. What `HAProxy` has the balancers have alike: it is set on all of them. What
/// the collector is told of one machine it is told of all.
pub(super) fn set(
    setting: Setting,
    name: &str,
    value: u32,
    infrastructure: &mut Infrastructure,
) -> Result<(), Refusal> {
    let host = known(name, infrastructure)?;
    let (balances, watches) = (host.haproxy().is_some(), setting.is_collectors(host));
    let is_shared = balances && setting.service() == "haproxy";
    let (least, most) = setting.range();
    if !(least..=most).contains(&value) {
        return Err((setting.written(value), setting.allowed()));
    }
    let mut is_set = false;
    let hosts = infrastructure.hosts.iter_mut().filter(|host| is_shared || host.name == name);
    for service in hosts.flat_map(|host| &mut host.services) {
        setting.fields(service, &mut |field| {
            field.set(setting.unit(), value);
            is_set = true;
        });
    }
    if let Some(monitoring) = infrastructure.monitoring.as_mut().filter(|_| watches) {
        setting.of_monitoring(monitoring, &mut |field| {
            field.set(setting.unit(), value);
            is_set = true;
        });
    }
    if is_set {
        return Ok(());
    }
    let found = format!("no service on {name} that has it");
    Err((found, format!("a machine with {} that has it", setting.service())))
}

impl Setting {
    /// The service that has it, such as `nginx`.
    pub fn service(self) -> &'static str {
        ROWS[self as usize].0
    }

    /// Its name, that of the directive or of the field.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].1
    }

    fn kind(self) -> Kind {
        ROWS[self as usize].2
    }

    /// The least and the most, in its own unit.
    pub fn range(self) -> (u32, u32) {
        (ROWS[self as usize].3, ROWS[self as usize].4)
    }

    /// The values to choose from, each by its place; empty for a figure.
    pub fn words(self) -> &'static [&'static str] {
        if let Kind::Words(words) = self.kind() { words } else { &[] }
    }

    /// Nanoseconds of its unit, where that is one of time.
    fn unit(self) -> u64 {
        match self.kind() {
            Kind::Seconds => 1_000_000_000,
            Kind::Ms => 1_000_000,
            Kind::Count | Kind::Mib | Kind::Weight | Kind::Words(_) => 1,
        }
    }

    /// A value as a plain number in the setting's own unit: `4`, `-60`.
    pub fn figure(self, value: u32) -> String {
        match self.kind() {
            Kind::Weight if value < LIGHTEST => format!("-{}", LIGHTEST - value),
            Kind::Weight => (value - LIGHTEST).to_string(),
            Kind::Count | Kind::Mib | Kind::Seconds | Kind::Ms | Kind::Words(_) => {
                value.to_string()
            }
        }
    }

    /// A value as an edit writes it: `4`, `-60`, `10s`, `500ms`, `4096M`, `shared`.
    pub fn written(self, value: u32) -> String {
        match self.kind() {
            Kind::Count | Kind::Weight => self.figure(value),
            Kind::Mib => format!("{value}M"),
            Kind::Seconds | Kind::Ms => {
                SimDuration::from_ns(u64::from(value) * self.unit()).to_string()
            }
            Kind::Words(words) => {
                words.get(value as usize).map_or_else(|| value.to_string(), |word| (*word).into())
            }
        }
    }

    /// What may be set, in words.
    pub(super) fn allowed(self) -> String {
        if let Kind::Words(words) = self.kind() {
            return words.join(", ");
        }
        let (least, most) = self.range();
        format!("{} to {}", self.written(least), self.written(most))
    }

    /// Reads a value as it is written; a plain number is one in the setting's own unit.
    pub(super) fn read(self, text: &str) -> Option<u32> {
        match self.kind() {
            Kind::Count => text.parse().ok(),
            Kind::Mib => text.strip_suffix('M').unwrap_or(text).parse().ok(),
            Kind::Weight => match text.strip_prefix('-') {
                Some(below) => LIGHTEST.checked_sub(below.parse().ok()?),
                None => LIGHTEST.checked_add(text.parse().ok()?),
            },
            Kind::Seconds | Kind::Ms => text.parse().ok().or_else(|| {
                let (ns, unit) = (text.parse::<SimDuration>().ok()?.as_ns(), self.unit());
                let is_whole = ns.is_multiple_of(unit);
                is_whole.then(|| u32::try_from(ns / unit).ok()).flatten()
            }),
            Kind::Words(words) => {
                words.iter().position(|word| *word == text).map(|place| place as u32)
            }
        }
    }

    /// What it is at this machine of the infrastructure: as [`at`](Self::at), and of the collector as well.
    pub fn held(self, infrastructure: &Infrastructure, host: &Host) -> Option<u32> {
        if !self.is_collectors(host) {
            return self.at(host);
        }
        let (mut monitoring, mut value) = (infrastructure.monitoring?, None);
        self.of_monitoring(&mut monitoring, &mut |field| value = Some(field.value(self.unit())));
        value
    }

    /// Whether the collector has it, and asks this machine.
    fn is_collectors(self, host: &Host) -> bool {
        self.service() == Service::Agent.name() && host.service(self.service()).is_some()
    }

    /// What it is at this machine, if a service there has it; of several servers or addresses, at the first. [`u32::MAX`]: none of the words
    /// that can be chosen.
    pub fn at(self, host: &Host) -> Option<u32> {
        // What shows a field to be set shows it to be read, too, so it is a copy that is looked at.
        let mut service = host.service(self.service())?.clone();
        let mut value = None;
        self.fields(&mut service, &mut |field| {
            value.get_or_insert(field.value(self.unit()));
        });
        value
    }
}
