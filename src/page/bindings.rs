//! What changes on the page: keys and their values at an instant.

use super::chrome::preset_words;
use super::{balancers, deeds};
use crate::infra::{Link, Place, Preset, Purpose};
use crate::kernel::small::{decimal, fixed};
use crate::kernel::{SimDuration, SimTime};
use crate::lesson::LECTURE;
use crate::run::{Readings, Run};
use crate::sim::{Condition, HostView, ServerView, Snapshot};

/// A key that elements of the page name, and its value now; what is or is not so is `yes` or `no`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// How the controls stand: what of the page's state is not the run's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Why the last prediction was refused; empty if it was not.
    pub refused: String,
    /// Whether the visitor may act on the run.
    pub may_act: bool,
    /// Whether time may pass.
    pub may_run: bool,
    /// Whether it passes.
    pub is_playing: bool,
    /// The edit that would be taken back, and the one that would be made again; empty if there is none.
    pub undo_redo: [String; 2],
    /// Whether time stands where a step has brought it.
    pub is_stepped: bool,
    /// Whether the device cannot keep up with the chosen speed.
    pub is_behind: bool,
    /// Whether time passes too fast for single requests to be drawn.
    pub is_fast: bool,
    /// Whether the lab itself is open, not an exercise or the lecture.
    pub in_lab: bool,
    /// The step of the lecture that is open, counted from 0.
    pub lecture_step: Option<usize>,
    /// Whether the lecture's screen is blank.
    pub is_blank: bool,
}

/// Every key with its value, always in the same order.
pub fn bindings(
    run: &Run,
    snapshot: &Snapshot,
    readings: &Readings,
    controls: &Controls,
) -> Vec<Binding> {
    let may_act = controls.may_act;
    let mut all = Bindings(Vec::new());
    all.controls(controls);
    all.readings(readings, snapshot);
    all.set("clock", snapshot.now.clock());
    // Several events fall into one millisecond: so it is seen what a step has changed.
    let ns = snapshot.now.as_ns() % 1_000_000;
    let is_within = ns > 0 && controls.is_stepped;
    let within =
        if is_within { format!("+{}.{:03} \u{b5}s", ns / 1000, ns % 1000) } else { String::new() };
    all.set("within", within);
    all.set("rate", decimal(run.plan().workload.rate, 3));
    // What was built otherwise than its preset says so where that is chosen.
    let plan = run.plan();
    for preset in Preset::ALL {
        let name = preset.name();
        let is_edited = name == plan.infrastructure.name && !plan.edits.is_empty();
        let edited = if is_edited { ", edited" } else { "" };
        all.set(&format!("preset-{name}"), format!("{}{edited}", preset_words(preset)));
    }
    // What can do nothing before anything has happened is not shown before.
    let has_begun = snapshot.now > SimTime::ZERO || !run.all_actions().is_empty();
    all.flag("begun", has_begun);
    all.flag("not-begun", !has_begun);
    for vip in &snapshot.vips {
        all.set(&format!("vip-{}", vip.name), vip.told());
    }
    let links = run.plan().infrastructure.links();
    for (view, host) in snapshot.hosts.iter().zip(&run.plan().infrastructure.hosts) {
        let remarks = snapshot.remarks(&host.name);
        all.host(view, &remarks, may_act);
        let mut label = format!("{}, {}, {}", host.name, host.title, host.role);
        let senders = senders(&links, snapshot, view);
        for more in [view.condition.word(), remarks.as_str(), senders.as_str()] {
            if !more.is_empty() {
                label.push_str(", ");
                label.push_str(more);
            }
        }
        all.set(&format!("{}-label", host.name), label);
    }
    balancers::bind(&mut all, run, snapshot, may_act);
    deeds::bind_network(&mut all, run, snapshot);
    all.0
}

/// The bindings as they are gathered.
pub(super) struct Bindings(Vec<Binding>);

impl Bindings {
    pub(super) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.push(Binding { key: key.to_owned(), value: value.into() });
    }

    pub(super) fn flag(&mut self, key: &str, is_so: bool) {
        self.set(key, if is_so { "yes" } else { "no" });
    }

    fn controls(&mut self, controls: &Controls) {
        let mode = match (controls.lecture_step, controls.in_lab) {
            (Some(_), _) => "lecture",
            (None, true) => "lab",
            (None, false) => "what-if",
        };
        self.set("mode", mode);
        self.set("play", if controls.is_playing { "Pause" } else { "Play" });
        self.flag("held", !controls.may_run);
        let [undo, redo] = &controls.undo_redo;
        self.flag("nothing-to-undo", undo.is_empty());
        self.flag("nothing-to-redo", redo.is_empty());
        self.set("undo", format!("Undo: {undo}"));
        self.set("redo", format!("Redo: {redo}"));
        self.flag("may-not-act", !controls.may_act);
        self.flag("on-rails", !controls.in_lab);
        self.flag("keeps-up", !controls.is_behind);
        self.set("drawn", if controls.is_fast { "rates only" } else { "" });
        self.flag("in-lab", controls.in_lab);
        self.flag("not-blank", !controls.is_blank);
        let step =
            controls.lecture_step.and_then(|index| LECTURE.get(index).map(|step| (index, step)));
        let last = LECTURE.len();
        let place = step.map_or(String::new(), |(index, _)| format!("{} of {last}", index + 1));
        self.set("prediction-error", controls.refused.as_str());
        self.set("lecture-title", step.map_or("", |(_, step)| step.title));
        self.set("lecture-text", step.map_or("", |(_, step)| step.text));
        self.set("lecture-place", place);
        // What stands still cannot be played.
        let is_still = step.is_none_or(|(_, step)| step.until_ms == step.from_ms);
        self.flag("lecture-is-still", is_still);
        self.flag("lecture-is-first", controls.lecture_step == Some(0));
        self.flag("lecture-is-last", controls.lecture_step == Some(last - 1));
    }

    fn readings(&mut self, readings: &Readings, snapshot: &Snapshot) {
        // Never longer than `999 ms`: the figures stand side by side.
        let time = |value: Option<SimDuration>| {
            value.map_or("\u{2013}".to_owned(), |value| match value.as_ms_f64() {
                ms if ms < 999.5 => format!("{} ms", fixed(ms, 0)),
                ms => format!("{} s", fixed(ms / 1000.0, 2)),
            })
        };
        self.set("requests-per-s", fixed(readings.requests_per_s, 1));
        self.set("errors-per-s", fixed(readings.errors_per_s, 1));
        self.set("errors-per-s-state", if readings.errors_per_s > 0.0 { "bad" } else { "" });
        self.set("p50", time(readings.p50));
        self.set("p95", time(readings.p95));
        let counts = snapshot.requests;
        let totals = format!(
            "{} request{}: {} answered, {} failed, {} on their way; above: the last 5 s, times of good answers",
            counts.issued,
            if counts.issued == 1 { "" } else { "s" },
            counts.ok,
            counts.failed,
            counts.in_flight
        );
        self.set("totals", totals);
    }

    fn host(&mut self, view: &HostView, remarks: &str, may_act: bool) {
        let name = &view.name;
        let word = view.condition.word();
        let is_dead = view.condition == Condition::Down;
        // A machine without power runs nothing, not even its agent.
        let is_off = view.services.iter().all(|service| !service.is_up);
        self.set(&format!("{name}-state"), word);
        self.set(&format!("{name}-reading"), reading(view, remarks));
        self.flag(&format!("{name}-kill"), !may_act || is_off);
        self.flag(&format!("{name}-slow"), !may_act || is_dead || view.slow_factor > 1.0);
        self.flag(&format!("{name}-restore"), !may_act || view.is_well());
        for service in &view.services {
            let key = format!("{name}/{}", service.name);
            let state = match (service.is_up, service.ailment) {
                (true, Some(gray)) => format!("UP, {}", gray.word()),
                (true, None) => "UP".to_owned(),
                (false, _) => "DOWN".to_owned(),
            };
            self.set(&format!("{key}-state"), state);
            self.set(&format!("{key}-verb"), if service.is_up { "Kill" } else { "Restore" });
            self.flag(&format!("{key}-toggle"), !may_act || is_off);
            if service.name != "agent" {
                // What is dead cannot go wrong otherwise.
                self.flag(&format!("{key}-idle"), !may_act || !service.is_up);
            }
        }
    }
}

/// Who gives a machine requests as things stand; nothing of one that gets none.
fn senders(links: &[Link], snapshot: &Snapshot, view: &HostView) -> String {
    let own = view.name.as_str();
    let is_out = matches!(view.condition, Condition::Down | Condition::Drain | Condition::Maint);
    let has_users =
        |balancer: &str| snapshot.vips.iter().any(|vip| vip.owner.as_deref() == Some(balancer));
    let is_asked = |balancer: &str| {
        let by_machine = |link: &Link| {
            link.purpose == Purpose::Requests
                && matches!(link.from, Place::Host(_))
                && link.to.name() == balancer
        };
        has_users(balancer) || links.iter().any(by_machine)
    };
    let sends = |link: &&Link| match &link.from {
        Place::Users => has_users(own),
        Place::Host(from) => {
            let mut lines = snapshot.lines_to(own).filter(|line| line.balancer == *from).peekable();
            let mut hosts = snapshot.hosts.iter();
            hosts.any(|host| host.name == *from && host.condition != Condition::Down)
                && (lines.peek().is_none() || (is_asked(from) && lines.any(ServerView::is_usable)))
        }
    };
    let mut names: Vec<&str> = Vec::new();
    let to_it = links.iter().filter(|link| link.purpose == Purpose::Requests && !is_out);
    for link in to_it.filter(|link| link.to.name() == own).filter(sends) {
        if !names.contains(&link.from.name()) {
            names.push(link.from.name());
        }
    }
    if names.is_empty() { String::new() } else { format!("receives from {}", names.join(", ")) }
}

fn reading(view: &HostView, remarks: &str) -> String {
    if view.condition == Condition::Down {
        return "No answer".to_owned();
    }
    let load = view.load.map(|load| {
        format!("{} of {} workers busy, {} waiting", load.busy, load.workers, load.queue)
    });
    let slow =
        (view.slow_factor > 1.0).then(|| format!("{} times slower", decimal(view.slow_factor, 1)));
    let remarks = (!remarks.is_empty()).then(|| remarks.to_owned());
    load.into_iter().chain(slow).chain(remarks).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::{Layout, Orientation};
    use crate::infra::Component;
    use crate::page::{
        balancers, directives, header, host_buttons, host_panel, inspector_hint, lecture, network,
        readings, text_view, timeline_frame, transport,
    };
    use crate::sim::{Action, History, Plan};

    fn all(run: &Run) -> Vec<Binding> {
        bindings(
            run,
            &run.simulation().snapshot(),
            &run.readings(),
            &Controls { may_act: true, ..Controls::default() },
        )
    }

    /// Every key an element names has a value, and every value is shown somewhere.
    #[test]
    fn elements_and_bindings_name_the_same_keys() {
        let run = Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        let infrastructure = &run.plan().infrastructure;
        let layout = Layout::new(infrastructure, Orientation::Landscape);
        let mut markup = format!(
            "<root>{}{}{}{}{}{}{}{}{}",
            inspector_hint(),
            network(infrastructure),
            timeline_frame(),
            balancers(infrastructure),
            readings(),
            text_view(infrastructure),
            header("x"),
            transport(),
            lecture()
        );
        for section in ["static", "app", "defaults"] {
            markup.push_str(&directives(infrastructure, section));
        }
        markup.push_str(&format!(
            "<i data-state-of=\"mode\"/><i data-state-of=\"begun\"/><i data-text=\"prediction-error\"/>{}</root>",
            host_buttons(&layout)
        ));
        let document = roxmltree::Document::parse(&markup).unwrap();
        let named = [
            "data-text",
            "data-state-of",
            "data-label-of",
            "data-disabled-of",
            "data-hidden-of",
            "data-value-of",
        ];
        let mut keys: Vec<&str> = Vec::new();
        for node in document.descendants() {
            keys.extend(named.iter().filter_map(|name| node.attribute(*name)));
        }
        let values = all(&run);
        for key in &keys {
            let is_optional = ["requests-per-s-state", "p50-state", "p95-state"].contains(key);
            assert!(
                is_optional || values.iter().any(|binding| binding.key == *key),
                "{key} has no value"
            );
        }
        for binding in &values {
            assert!(keys.contains(&binding.key.as_str()), "{} is shown nowhere", binding.key);
        }
        assert!(
            roxmltree::Document::parse(&format!(
                "<p>{}</p>",
                host_panel(infrastructure, &infrastructure.hosts[0])
            ))
            .is_ok()
        );
    }

    /// The buttons are there for what there is to take back, and say what.
    #[test]
    fn undo_and_redo_say_what_they_do() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        run.act(Action::Kill(Component::host("app-1"))).unwrap();
        let controls = Controls { undo_redo: run.names_of_undo_redo(), ..Controls::default() };
        let values = bindings(&run, &run.simulation().snapshot(), &run.readings(), &controls);
        let value = |key: &str| {
            values.iter().find(|binding| binding.key == key).map(|binding| binding.value.as_str())
        };
        assert_eq!(value("undo"), Some("Undo: kill app-1"));
        assert_eq!(value("nothing-to-undo"), Some("no"));
        assert_eq!(value("nothing-to-redo"), Some("yes"));
    }

    /// A pause stands anywhere: what is within its millisecond tells nobody anything.
    #[test]
    fn how_far_within_its_millisecond_the_time_stands_is_told_after_a_step() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ns(5_000_100_000));
        for (is_stepped, told) in [(false, ""), (true, "+100.000 \u{b5}s")] {
            let controls = Controls { is_stepped, ..Controls::default() };
            let values = bindings(&run, &run.simulation().snapshot(), &run.readings(), &controls);
            let within = values.into_iter().find(|binding| binding.key == "within").unwrap();
            assert_eq!(within.value, told);
        }
    }

    /// What was chosen is named; what is dead cannot go wrong otherwise.
    #[test]
    fn what_is_wrong_with_a_service_and_the_network_is_told() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        let value = |run: &Run, key: &str| {
            all(run).into_iter().find(|binding| binding.key == key).map(|binding| binding.value)
        };
        assert_eq!(value(&run, "network-told").as_deref(), Some("Network: whole"));
        assert_eq!(value(&run, "db-1/mysql-state").as_deref(), Some("UP"));
        assert_eq!(value(&run, "app-1/app-idle").as_deref(), Some("no"));
        let uplink = run.plan().infrastructure.uplinks[0].name.clone();
        let rule = run.plan().infrastructure.rules[0].name.clone();
        let deeds = [
            "degrade db-1/mysql:disk-full".to_owned(),
            "degrade app-2/app:hang".to_owned(),
            "kill app-1/app".to_owned(),
            "link lb-1:app-1:cut".to_owned(),
            "link lb-1>app-2:loss=0.2".to_owned(),
            "cut heartbeat".to_owned(),
            format!("cut uplink {uplink}"),
            format!("drop rule {rule}"),
        ];
        for deed in &deeds {
            run.act(deed.parse().unwrap()).unwrap();
        }
        run.advance_to(SimTime::from_ms(10_000));
        for (key, wanted) in [
            ("db-1/mysql-state", "UP, disk full"),
            ("app-2/app-state", "UP, hangs"),
            ("app-1/app-state", "DOWN"),
            ("app-1/app-idle", "yes"),
            ("app-2/app-idle", "no"),
        ] {
            assert_eq!(value(&run, key).as_deref(), Some(wanted), "{key}");
        }
        let told = value(&run, "network-told").unwrap();
        for wanted in [
            "link between lb-1 and app-1 is cut".to_owned(),
            "link lb-1 to app-2 loses 20 % of the packets".to_owned(),
            "heartbeat is cut".to_owned(),
            format!("{uplink} is broken"),
            format!("rule {rule} is out"),
        ] {
            assert!(told.contains(&wanted), "{wanted}: {told}");
        }
        let vip = value(&run, &format!("vip-{}", run.plan().infrastructure.vips[0].name)).unwrap();
        assert!(
            vip.starts_with("split brain: claimed by lb-1 and lb-2, delivered to lb-"),
            "{vip}"
        );
    }

    /// A machine is named by how it stands and by who sends it requests; the text view and the panel have the same words.
    #[test]
    fn a_drained_server_and_a_balancer_without_servers_say_so() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        let value = |run: &Run, key: &str| {
            all(run).into_iter().find(|binding| binding.key == key).unwrap().value
        };
        run.advance_to(SimTime::from_ms(1_000));
        for (key, wanted) in [
            (
                "app-2-label",
                "app-2, Server 4, application server, the additional one, UP, receives from lb-1, lb-2",
            ),
            ("db-1-label", ", UP, receives from app-1, app-2"),
            ("lb-1-label", ", UP, receives from users"),
        ] {
            assert!(value(&run, key).ends_with(wanted), "{key}: {}", value(&run, key));
        }
        for deed in ["set server app/app-2 state drain", "set server app/app-1 state maint"] {
            run.act(deed.parse().unwrap()).unwrap();
        }
        run.advance_to(SimTime::from_ms(2_000));
        assert_eq!(value(&run, "app-2-state"), "DRAIN");
        assert_eq!(value(&run, "app-1-state"), "MAINT");
        assert!(value(&run, "app-2-label").ends_with(", the additional one, DRAIN"));
        assert_eq!(value(&run, "app-2-restore"), "yes", "there is nothing to restore");
        assert_eq!(value(&run, "lb-1-state"), "DEGRADED");
        assert_eq!(value(&run, "lb-1-reading"), "no server in backend app");
        let label = value(&run, "lb-1-label");
        assert!(label.contains(", DEGRADED, no server in backend app, receives"), "{label}");
        assert_eq!(value(&run, "lb-1-restore"), "yes");
        // A balancer without an address asks nobody.
        let mut run =
            Run::new(Plan::new(Preset::Extended.infrastructure(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(1_000));
        let label = value(&run, "web-1-label");
        assert!(label.ends_with(", UP, receives from lb-1"), "{label}");
    }

    #[test]
    fn a_dead_machine_says_so_and_can_only_be_restored() {
        let mut run =
            Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Recent).unwrap();
        run.act(Action::Kill(Component::host("app-1"))).unwrap();
        run.advance_to(SimTime::from_ms(100));
        let values = all(&run);
        let value = |key: &str| {
            values.iter().find(|binding| binding.key == key).map(|binding| binding.value.as_str())
        };
        let totals = value("totals").unwrap();
        assert!(
            totals.ends_with("above: the last 5 s, times of good answers"),
            "whose readings they are: {totals}"
        );
        assert_eq!(value("app-1-state"), Some("DOWN"));
        assert_eq!(value("app-1-label"), Some("app-1, Server 2, application server, DOWN"));
        assert_eq!(
            ["kill", "slow", "restore"].map(|action| value(&format!("app-1-{action}")).unwrap()),
            ["yes", "yes", "no"]
        );
        assert_eq!(value("app-1/app-toggle"), Some("yes"));
        assert_eq!(value("app-2-kill"), Some("no"));
    }
}
