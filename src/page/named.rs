//! Controls on the spot: whatever directive a sentence names between backticks is looked up in the tables of what can be set and turned, so that
//! each is there wherever it is spoken of, and none has to be told here.

use super::directives::directive;
use super::knobs::Section;
use super::settings::{SITE, control_at, whose};
use super::workbench::size;
use crate::infra::{Figure, Host, Infrastructure, Setting};

/// So many controls stand in one place at most.
const MOST: usize = 12;

/// The controls of the directives that are named in one place of the page, each once.
#[derive(Debug)]
pub struct Named<'a> {
    stands: &'a Infrastructure,
    place: String,
    shown: Vec<String>,
}

/// A control that a name may mean.
enum Meant {
    /// Turned while the run goes on: the section and the directive.
    Turned(String, &'static str),
    /// Set before it, at this machine or of the site.
    Set(Setting, String),
    /// A size of this machine.
    Size(Figure, String),
}

impl<'a> Named<'a> {
    /// None yet. `stands`: what stands there, with the values that hold; `place`: what the `id`s of this place begin with, and of no other.
    pub fn new(stands: &'a Infrastructure, place: &str) -> Self {
        Self { stands, place: place.to_owned(), shown: Vec::new() }
    }

    /// What stands there.
    pub const fn stands(&self) -> &'a Infrastructure {
        self.stands
    }

    /// The controls of what this sentence names, if the page has them and they are not in this place already; else nothing. `backend`: whose
    /// servers it speaks of, if it speaks of some.
    pub fn controls(&mut self, sentence: &str, backend: Option<&str>) -> String {
        let mut markup = String::new();
        for name in sentence.split('`').skip(1).step_by(2) {
            for meant in meant(self.stands, name, sentence, backend) {
                let key = meant.key();
                if self.shown.len() == MOST || self.shown.contains(&key) {
                    continue;
                }
                let id = format!("{}-{}", self.place, self.shown.len());
                if let Some(control) = meant.control(self.stands, &id) {
                    self.shown.push(key);
                    markup.push_str(&control);
                }
            }
        }
        if markup.is_empty() { markup } else { format!("<div class=\"knobs\">{markup}</div>") }
    }
}

impl Meant {
    fn key(&self) -> String {
        match self {
            Self::Turned(section, name) => format!("{section}/{name}"),
            Self::Set(setting, at) => format!("{}.{}:{at}", setting.service(), setting.name()),
            Self::Size(figure, at) => format!("{}:{at}", figure.name()),
        }
    }

    fn control(&self, stands: &Infrastructure, id: &str) -> Option<String> {
        match self {
            Self::Turned(section, name) => directive(stands, section, name, id),
            Self::Set(setting, at) => {
                // What HAProxy has, the balancers have alike; what the site has stands on no machine.
                let is_shared = setting.is_of_site() || setting.service() == "haproxy";
                let on = if is_shared { String::new() } else { format!(" on {at}") };
                control_at(*setting, stands, at, id, &on)
            }
            Self::Size(figure, at) => {
                Some(size(stands, stands.host(at)?, *figure, id, &format!(" on {at}")))
            }
        }
    }
}

/// What a name in a sentence means. Of several directives that are called alike, the sentence tells which it is; what it does not tell is
/// turned while the run goes on, if it can be.
fn meant(stands: &Infrastructure, name: &str, sentence: &str, backend: Option<&str>) -> Vec<Meant> {
    let turned = turned(stands, name, backend);
    let called = called(name);
    let tells = |setting: &&Setting| match qualifier(**setting) {
        // The lines of the servers are what the panel turns.
        Some("server") => turned.is_empty() && sentence.contains("server"),
        Some(qualifier) => sentence.contains(qualifier),
        None => false,
    };
    let told: Vec<Setting> = called.iter().filter(tells).copied().collect();
    if told.is_empty() && !turned.is_empty() {
        return turned;
    }
    let settings = if told.is_empty() { called } else { told };
    let found: Vec<(Setting, Vec<String>, bool)> = settings
        .into_iter()
        .map(|setting| {
            let (places, are_named) = places(stands, setting, sentence);
            (setting, places, are_named)
        })
        .collect();
    // Nginx and an application have a `backlog` each: the machine tells which.
    let is_told = found.iter().any(|(.., are_named)| *are_named);
    let mut all = Vec::new();
    for (setting, places, _) in found.into_iter().filter(|(.., named)| *named || !is_told) {
        all.extend(places.into_iter().map(|at| Meant::Set(setting, at)));
    }
    for figure in Figure::ALL.into_iter().filter(|figure| figure.name() == name) {
        let named = stands.hosts.iter().filter(|host| speaks_of(sentence, &host.name));
        all.extend(named.map(|host| Meant::Size(figure, host.name.clone())));
    }
    all
}

/// What the panel "Balancers" turns under this name: in that backend and in the defaults section, or wherever there is one.
fn turned(stands: &Infrastructure, name: &str, backend: Option<&str>) -> Vec<Meant> {
    let mut found = Vec::new();
    for section in Section::all(stands) {
        let is_its = section.backend.is_none() || backend.is_none_or(|own| own == section.name());
        for knob in section.knobs().iter().filter(|_| is_its) {
            if knob.name == name || begins(name, knob.name) {
                found.push(Meant::Turned(section.name().to_owned(), knob.name));
            }
        }
    }
    found
}

/// The settings that are called so: by their name, by their directive, or else by a directive and its value.
fn called(name: &str) -> Vec<Setting> {
    let exactly = |own: &Setting| own.name() == name || bare(*own) == name;
    let found: Vec<Setting> = Setting::ALL.into_iter().filter(exactly).collect();
    if !found.is_empty() {
        return found;
    }
    let nearly = |own: &Setting| begins(name, bare(*own)) || begins(bare(*own), name);
    let mut found: Vec<Setting> = Setting::ALL.into_iter().filter(nearly).collect();
    // `timeout` begins `timeout queue` too, and is another.
    let longest = found.iter().map(|own| bare(*own).len()).max();
    found.retain(|own| Some(bare(*own).len()) == longest);
    found
}

/// Whether a text is the other and more words.
fn begins(text: &str, with: &str) -> bool {
    text.strip_prefix(with).is_some_and(|rest| rest.starts_with(' '))
}

/// A directive without what is added to tell it from others: `fall` of `fall (vrrp_script)`.
fn bare(setting: Setting) -> &'static str {
    let directive = setting.meaning().directive.trim_start_matches("--");
    directive.split(" (").next().unwrap_or(directive)
}

/// What is added.
fn qualifier(setting: Setting) -> Option<&'static str> {
    let (_, added) = setting.meaning().directive.split_once(" (")?;
    added.strip_suffix(')')
}

/// Where a setting is meant: what balancers have alike at the first of them, keepalived's on every balancer, else at the machines that the
/// sentence speaks of, or at all that have it. And whether it speaks of them.
fn places(stands: &Infrastructure, setting: Setting, sentence: &str) -> (Vec<String>, bool) {
    if setting.is_of_site() {
        return (vec![SITE.to_owned()], false);
    }
    let has = |host: &&Host| {
        let whose = whose(setting, Some(*host));
        let address = whose.strip_prefix(" of ").unwrap_or_default();
        let speaks_of_another = !address.is_empty()
            && !sentence.contains(address)
            && stands.vips.iter().any(|vip| sentence.contains(&vip.name));
        !speaks_of_another && setting.at(stands, &host.name).is_some()
    };
    let all = stands.hosts.iter().filter(has).map(|host| host.name.clone());
    match setting.service() {
        "haproxy" => (all.take(1).collect(), false),
        "keepalived" => (all.collect(), false),
        _ => {
            let all: Vec<String> = all.collect();
            let named: Vec<String> =
                all.iter().filter(|name| speaks_of(sentence, name)).cloned().collect();
            if named.is_empty() { (all, false) } else { (named, true) }
        }
    }
}

/// Whether a sentence speaks of a machine.
fn speaks_of(sentence: &str, machine: &str) -> bool {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    sentence.split(|letter: char| !is_of_name(letter)).any(|word| word == machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    fn keys(preset: Preset, sentence: &str, backend: Option<&str>) -> Vec<String> {
        let stands = preset.infrastructure();
        let mut keys = Vec::new();
        for name in sentence.split('`').skip(1).step_by(2) {
            keys.extend(meant(&stands, name, sentence, backend).iter().map(Meant::key));
        }
        keys
    }

    #[test]
    fn a_name_means_what_the_sentence_speaks_of() {
        for (sentence, meant) in [
            ("`inter` 2s and `fall` 3 of app-1", vec!["app/inter", "app/fall"]),
            (
                "`interval` 2s and `fall` 2 of the `vrrp_script`",
                vec![
                    "keepalived.interval:lb-1",
                    "keepalived.interval:lb-2",
                    "keepalived.fall:lb-1",
                    "keepalived.fall:lb-2",
                ],
            ),
            ("more `workers` on app-1 (4)", vec!["app.workers:app-1"]),
            ("a longer `backlog` of Nginx on web-1", vec!["nginx.backlog:web-1"]),
            (
                "the lock on db-1; a shorter `read_timeout`",
                vec!["app.read_timeout:app-1", "app.read_timeout:app-2"],
            ),
            ("`timeout connect` (4s)", vec!["haproxy.timeout_connect:lb-1"]),
            ("`timeout queue`, `retries`", vec!["defaults/timeout queue", "defaults/retries"]),
            ("`balance roundrobin`", vec!["app/balance"]),
            ("`retry-on empty-response`", vec!["haproxy.retry_on:lb-1"]),
            ("more `cores` for app-2", vec!["cores:app-2"]),
            ("`routing_time`: a shorter one", vec!["network.routing_time:site"]),
            ("`timeout` of the workers on app-1", vec!["app.timeout:app-1"]),
            ("another `server` line, `kill app-1`", vec![]),
        ] {
            assert_eq!(keys(Preset::Brief, sentence, Some("app")), meant, "{sentence}");
        }
    }

    #[test]
    fn of_two_addresses_the_priority_of_the_one_that_is_named_is_meant() {
        let found = keys(Preset::Brief, "the higher `priority` for VIP B", None);
        assert_eq!(found, ["keepalived.priority_2:lb-1", "keepalived.priority_2:lb-2"]);
    }

    /// Whatever can be set is found by the name that it has in the configuration, wherever it can be set at all.
    #[test]
    fn every_directive_has_its_control() {
        let stands = Preset::Brief.infrastructure();
        for setting in Setting::ALL {
            let at = if setting.is_of_site() {
                Some(SITE.to_owned())
            } else {
                let mut hosts = stands.hosts.iter();
                hosts
                    .find(|host| setting.at(&stands, &host.name).is_some())
                    .map(|host| host.name.clone())
            };
            let Some(at) = at.filter(|at| setting.at(&stands, at).is_some()) else { continue };
            let sentence = format!("`{}` ({}) on {at}", bare(setting), setting.meaning().directive);
            let markup = Named::new(&stands, "x").controls(&sentence, None);
            assert!(!markup.is_empty(), "{setting:?}");
            let document = roxmltree::Document::parse(&markup);
            assert!(document.is_ok(), "{markup}");
        }
    }

    #[test]
    fn each_stands_once_under_an_id_of_its_own() {
        let stands = Preset::Brief.infrastructure();
        let mut named = Named::new(&stands, "why-7");
        let first = named.controls("`advert_int` and `inter`", Some("app"));
        for said in [
            "data-edit=\"keepalived.advert_int:lb-1=\"",
            "data-edit=\"keepalived.advert_int:lb-2=\"",
            "<code>advert_<wbr/>int</code> on lb-1 ",
            "data-done=\"lb-1, advert_int:\"",
            "data-edit=\"backend app: default-server inter \"",
            "id=\"why-7-0\"",
            "id=\"why-7-2\"",
        ] {
            assert!(first.contains(said), "{said}: {first}");
        }
        assert_eq!(named.controls("`advert_int` again", None), "");
    }
}
