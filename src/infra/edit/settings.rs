//! Settings as text and numbers, and how one is set. What there is to set is in `rows.rs`, where each stands in `fields.rs`.

use super::apply::{Refusal, known};
use super::rows::{CHECKED, Kind, ROWS, SITE, Setting};
use crate::infra::{Backend, Host, Infrastructure, Service};
use crate::kernel::SimDuration;

/// How far below 0 a weight may be: a value counts from there.
pub(super) const LIGHTEST: u32 = 253;
/// A server's share in percent: `hash-balance-factor` is above, or off.
const SHARE: u32 = 100;

/// Gives a directive of the machine of this name another value. What `HAProxy` has the balancers have alike: it is set on all of them.
/// `false`: nothing there has it, as the rest stands.
pub(super) fn set(
    setting: Setting,
    name: &str,
    value: u32,
    infrastructure: &mut Infrastructure,
) -> Result<bool, Refusal> {
    if setting.is_of_site() {
        if name != SITE {
            return Err((format!("`{name}`"), SITE.to_owned()));
        }
    } else if !setting.is_at(known(name, infrastructure)?) {
        let found = format!("no service on {name} that has it");
        return Err((found, format!("a machine with {} that has it", setting.service())));
    }
    let (least, most) = setting.range();
    let is_between = setting == Setting::HashBalanceFactor && (1..=SHARE).contains(&value);
    if is_between || !(least..=most).contains(&value) {
        return Err((setting.written(value), setting.allowed()));
    }
    let mut is_set = false;
    setting.places(name, infrastructure, &mut |field| {
        field.set(setting.unit(), value);
        is_set = true;
    });
    if setting == Setting::Httpchk {
        name_pages(infrastructure);
    }
    Ok(is_set)
}

/// A check that is new asks for the page that whoever is checked has.
fn name_pages(infrastructure: &mut Infrastructure) {
    let [of_web, of_app] = [CHECKED[0], CHECKED[1]];
    let port = |host: &Host| host.services.iter().find_map(Service::as_app).map(|app| app.port);
    let apps =
        infrastructure.hosts.iter().filter_map(|host| Some((host.name.clone(), port(host)?)));
    let apps: Vec<(String, u16)> = apps.collect();
    for service in infrastructure.hosts.iter_mut().flat_map(|host| &mut host.services) {
        let Service::Haproxy(haproxy) = service else { continue };
        for Backend { httpchk, servers, .. } in &mut haproxy.backends {
            let Some(check) = httpchk.as_mut().filter(|check| check.path.is_empty()) else {
                continue;
            };
            let is_app = servers.first().is_some_and(|server| {
                apps.iter().any(|(host, port)| (host, port) == (&server.host, &server.port))
            });
            (if is_app { of_app } else { of_web }).clone_into(&mut check.path);
        }
    }
}

impl Setting {
    /// The service that has it, such as `nginx`; `server` and `upstream`: who chooses between the machine and others; `network` and
    /// `monitoring`: the whole site.
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
            Kind::Us => 1000,
            Kind::Count | Kind::Mib | Kind::Weight | Kind::Words(_) => 1,
        }
    }

    /// A value as a plain number in the setting's own unit: `4`, `-60`.
    pub fn figure(self, value: u32) -> String {
        match self.kind() {
            Kind::Weight if value < LIGHTEST => format!("-{}", LIGHTEST - value),
            Kind::Weight => (value - LIGHTEST).to_string(),
            Kind::Count | Kind::Mib | Kind::Seconds | Kind::Ms | Kind::Us | Kind::Words(_) => {
                value.to_string()
            }
        }
    }

    /// A value as an edit writes it: `4`, `-60`, `10s`, `500ms`, `4096M`, `shared`.
    pub fn written(self, value: u32) -> String {
        match self.kind() {
            Kind::Count | Kind::Weight => self.figure(value),
            Kind::Mib => format!("{value}M"),
            Kind::Seconds | Kind::Ms | Kind::Us => {
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
        if self == Self::HashBalanceFactor {
            return format!("0, or {} to {most}", SHARE + 1);
        }
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
            Kind::Seconds | Kind::Ms | Kind::Us => text.parse().ok().or_else(|| {
                let (ns, unit) = (text.parse::<SimDuration>().ok()?.as_ns(), self.unit());
                let is_whole = ns.is_multiple_of(unit);
                is_whole.then(|| u32::try_from(ns / unit).ok()).flatten()
            }),
            Kind::Words(words) => {
                words.iter().position(|word| *word == text).map(|place| place as u32)
            }
        }
    }

    /// What it is at the machine of this name, or of the site, if something there has it; of several servers or addresses, at the first.
    /// [`u32::MAX`]: none of the words that can be chosen.
    pub fn at(self, infrastructure: &Infrastructure, name: &str) -> Option<u32> {
        // What shows a field to be set shows it to be read, too, so it is a copy that is looked at.
        let mut value = None;
        self.places(name, &mut infrastructure.clone(), &mut |field| {
            value.get_or_insert(field.value(self.unit()));
        });
        value
    }
}
