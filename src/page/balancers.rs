//! The balancers' panel: the servers as each balancer sees them with the operator's commands, the directives section by
//! section, which the desk tells, and the statistics pages. The words are made once; what changes in them are bindings.

use super::bindings::Bindings;
use super::knobs::{Section, hashes};
use crate::haproxy::{Command, Order, State};
use crate::infra::{Backend, Balance, HashMethod, Infrastructure, Observe, Server};
use crate::run::Run;
use crate::sim::{Action, ServerStatus, Snapshot};
use crate::submission::escape_html;

/// The most a server can weigh.
const HEAVIEST: u32 = 256;

/// The panel at rest.
pub fn balancers(infrastructure: &Infrastructure) -> String {
    let sections: String = Section::all(infrastructure).iter().map(section).collect();
    let pages: String = infrastructure.balancers().map(|host| page(&host.name)).collect();
    format!(
        "<h2 id=\"balancing-title\">Balancers</h2>{}\
         <p class=\"muted\">A command (Ready, Drain, Maint, weight) goes to the runtime socket of both balancers and lasts until \
         HAProxy ends. A changed directive below is a new haproxy.cfg and a reload of both: HAProxy starts anew, so every \
         server counts as UP until it is checked, commands are forgotten and counters begin at 0.</p>\
         <div class=\"sections\">{sections}{pages}</div>",
        servers(infrastructure)
    )
}

fn servers(infrastructure: &Infrastructure) -> String {
    let mut groups = String::new();
    for backend in infrastructure.backends() {
        for server in &backend.servers {
            let name = escape_html(&format!("{}/{}", backend.name, server.name));
            let rows: String = infrastructure
                .balancers()
                .map(|balancer| row(&escape_html(&balancer.name), &name))
                .collect();
            groups.push_str(&format!(
                "<tbody><tr><th colspan=\"6\" scope=\"rowgroup\"><div class=\"orders\"><span>\
                 <span class=\"muted\">{backend} /</span> {server}</span>{commands}</div></th></tr>{rows}</tbody>",
                backend = escape_html(&backend.name),
                server = escape_html(&server.name),
                commands = commands(&name),
            ));
        }
    }
    let heads = ["Balancer", "Status", "Weight", "Working on", "Queue", "Requests"];
    let heads = heads.map(|head| format!("<th scope=\"col\">{head}</th>")).concat();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"servers-title\"><table id=\"servers\">\
         <caption id=\"servers-title\">Servers as each balancer sees them</caption>\
         <thead><tr>{heads}</tr></thead>{groups}</table></div>"
    )
}

fn row(balancer: &str, name: &str) -> String {
    let key = format!("{balancer}/{name}");
    let figures = [
        ("weight", "-weight"),
        ("served", "-served"),
        ("queued", "-queued"),
        ("sessions", "-sessions"),
    ];
    let figures = figures
        .map(|(class, of)| format!("<td class=\"{class}\" data-text=\"{key}{of}\"></td>"))
        .concat();
    format!(
        "<tr data-server=\"{key}\"><td>{balancer}</td><td><span class=\"state status\" data-text=\"{key}-status\" \
         data-state-of=\"{key}-mood\"></span></td>{figures}</tr>"
    )
}

/// The commands that go to a server at both balancers.
const COMMANDS: [(&str, &str); 3] = [("ready", "Ready"), ("drain", "Drain"), ("maint", "Maint")];

fn commands(name: &str) -> String {
    let button = |verb: &str, words: &str, said: &str| {
        format!(
            "<button class=\"needs-script\" data-do=\"order\" data-on=\"{name}/{verb}\" data-disabled-of=\"{name}/{verb}\">{words}\
             <span class=\"visually-hidden\"> {said}</span></button>"
        )
    };
    let states = COMMANDS.map(|(verb, words)| button(verb, words, name)).concat();
    format!(
        "{states}<span class=\"weigh needs-script\">weight{}<span data-text=\"{name}/weight\"></span>{}</span>",
        button("lighter", "\u{2212}", &format!("weight of {name}")),
        button("heavier", "+", &format!("weight of {name}")),
    )
}

/// The same for the servers on this machine, backend by backend.
pub(super) fn orders(infrastructure: &Infrastructure, host: &str) -> String {
    let mut markup = String::new();
    for backend in infrastructure.backends() {
        for server in backend.servers.iter().filter(|server| server.host == host) {
            let name = escape_html(&format!("{}/{}", backend.name, server.name));
            markup.push_str(&format!(
                "<div class=\"orders\"><span>{name}</span>{}</div>",
                commands(&name)
            ));
        }
    }
    markup
}

fn section(section: &Section<'_>) -> String {
    let name = escape_html(section.name());
    let title = if section.backend.is_some() { "backend " } else { "" };
    let rest = if section.backend.is_some() { "" } else { " (all backends)" };
    format!(
        "<details id=\"section-{name}\" data-ask=\"directives\" data-about=\"{name}\"><summary><strong>{title}{name}</strong>{rest} \
         <span class=\"muted\" data-text=\"section-{name}\"></span></summary><div class=\"answer knobs\"></div></details>"
    )
}

fn page(balancer: &str) -> String {
    let name = escape_html(balancer);
    format!(
        "<details class=\"needs-script\" data-ask=\"statistics\" data-about=\"{name}\"><summary><strong>HAProxy statistics: {name}</strong></summary>\
         <div class=\"scroll answer\" tabindex=\"0\" role=\"region\" aria-label=\"HAProxy statistics: {name}\"></div>\
         <p><button data-do=\"show-stat\" data-on=\"{name}\">Save <code>show stat</code> as CSV\
         <span class=\"visually-hidden\"> of {name}</span></button></p></details>"
    )
}

/// The values of the panel's bindings.
pub(super) fn bind(all: &mut Bindings, run: &Run, snapshot: &Snapshot, may_act: bool) {
    let infrastructure = &run.simulation().plan().infrastructure;
    for server in &snapshot.servers {
        let key = format!("{}/{}/{}", server.balancer, server.backend, server.name);
        let figure = |value: u64| {
            if server.status.is_some() { value.to_string() } else { "\u{2013}".to_owned() }
        };
        all.set(&format!("{key}-status"), server.status_word());
        all.set(&format!("{key}-mood"), mood(server.status));
        all.set(&format!("{key}-weight"), figure(u64::from(server.weight)));
        all.set(&format!("{key}-served"), figure(u64::from(server.served)));
        all.set(&format!("{key}-queued"), figure(u64::from(server.queued)));
        all.set(&format!("{key}-sessions"), server.requests.to_string());
    }
    for backend in infrastructure.backends() {
        for server in &backend.servers {
            let name = format!("{}/{}", backend.name, server.name);
            for verb in ["ready", "drain", "maint", "lighter", "heavier"] {
                let does = may_act && command(run, snapshot, backend, server, verb).is_some();
                all.flag(&format!("{name}/{verb}"), !does);
            }
            all.set(
                &format!("{name}/weight"),
                told(&weights(run, snapshot, backend, server), server),
            );
        }
    }
    for section in Section::all(infrastructure) {
        for knob in section.knobs() {
            let key = format!("{}/{}", section.name(), knob.name);
            all.set(&key, (knob.now)(&section));
            all.flag(&format!("{key}-idle"), !may_act || section.is_idle(knob));
        }
        all.set(&format!("section-{}", section.name()), summary(&section));
    }
}

/// What a section says while it is closed.
fn summary(section: &Section<'_>) -> String {
    let mut said = Vec::new();
    for knob in section.knobs().iter().filter(|knob| !section.is_idle(knob)) {
        let mut words = (knob.now)(section);
        // What a reload turns is layer 7; a file can have the other.
        if section.first.1.observe == Some(Observe::Layer4) {
            words = words.replace("layer7", "layer4");
        }
        let is_line = matches!(knob.name, "cookie" | "stick on" | "observe" | "option redispatch");
        let is_off = match knob.name {
            // `observe` says it.
            "error-limit" => true,
            "slowstart" | "maxconn" => words.starts_with('0'),
            _ => is_line && (words.starts_with("no ") || words.starts_with("without")),
        };
        if !is_off {
            said.push(if is_line { words } else { format!("{} {words}", knob.name) });
        }
    }
    said.join(" \u{b7} ")
}

/// The kind of a status, which gives it its colour and shape.
const fn mood(status: Option<ServerStatus>) -> &'static str {
    match status {
        Some(ServerStatus::Up) => "UP",
        Some(ServerStatus::GoingDown { .. }) => "DEGRADED",
        Some(ServerStatus::Down | ServerStatus::GoingUp { .. }) => "DOWN",
        Some(ServerStatus::Drain | ServerStatus::Maint | ServerStatus::Nolb) => "MAINT",
        Some(ServerStatus::NoCheck) | None => "NONE",
    }
}

/// The balancers whose HAProxy runs.
fn running<'a>(
    snapshot: &'a Snapshot,
    backend: &'a Backend,
    server: &'a Server,
) -> impl Iterator<Item = &'a str> {
    let is_it = |view: &&crate::sim::ServerView| {
        view.status.is_some() && view.backend == backend.name && view.name == server.name
    };
    snapshot.servers.iter().filter(is_it).map(|view| view.balancer.as_str())
}

/// What a server was ordered to weigh at each running balancer.
fn weights(run: &Run, snapshot: &Snapshot, backend: &Backend, server: &Server) -> Vec<u32> {
    let weight =
        |balancer| run.ordered(balancer, &backend.name, &server.name, server.weight).weight;
    running(snapshot, backend, server).map(weight).collect()
}

/// The weights in the order of the balancers, once if they are all the same.
fn told(weights: &[u32], server: &Server) -> String {
    let first = weights.first().copied().unwrap_or(server.weight);
    if weights.iter().all(|weight| *weight == first) {
        return first.to_string();
    }
    weights.iter().map(u32::to_string).collect::<Vec<_>>().join(" / ")
}

/// The command behind a button; `None` if it would do nothing.
fn command(
    run: &Run,
    snapshot: &Snapshot,
    backend: &Backend,
    server: &Server,
    verb: &str,
) -> Option<Order> {
    let state = match verb {
        "ready" => Some(State::Ready),
        "drain" => Some(State::Drain),
        "maint" => Some(State::Maint),
        _ => None,
    };
    if let Some(state) = state {
        let ordered = |balancer| run.ordered(balancer, &backend.name, &server.name, server.weight);
        let mut others =
            running(snapshot, backend, server).filter(|balancer| ordered(balancer).state != state);
        return others.next().map(|_| Order::State(state));
    }
    let weights = weights(run, snapshot, backend, server);
    let now = *weights.first()?;
    let weight = if verb == "heavier" { (now + 1).min(HEAVIEST) } else { now.saturating_sub(1) };
    let is_known = !has_fixed_weights(backend) || weight == 0 || weight == server.weight;
    (is_known && weights.iter().any(|now| *now != weight)).then_some(Order::Weight(weight))
}

/// Whether the algorithm knows a weight only as configured, or 0.
fn has_fixed_weights(backend: &Backend) -> bool {
    match backend.balance {
        Balance::StaticRr => true,
        ref balance => hashes(balance) && backend.hash_type.method == HashMethod::MapBased,
    }
}

/// The action of a button of the panel, from what it stands on: `app/app-1/drain`.
pub fn order(run: &Run, snapshot: &Snapshot, on: &str) -> Option<Action> {
    let (name, verb) = on.rsplit_once('/')?;
    let (backend, server) = name.split_once('/')?;
    let mut backends = run.simulation().plan().infrastructure.backends();
    let backend = backends.find(|each| each.name == backend)?;
    let server = backend.servers.iter().find(|each| each.name == server)?;
    let order = command(run, snapshot, backend, server, verb)?;
    let command = Command { backend: backend.name.clone(), server: server.name.clone(), order };
    Some(Action::Command { balancer: None, command })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Component, Directive, Preset};
    use crate::kernel::SimTime;
    use crate::sim::{History, Plan};

    fn brief() -> Run {
        Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Off).unwrap()
    }

    fn press(run: &mut Run, on: &str) -> bool {
        let action = order(run, &run.simulation().snapshot(), on);
        let does = action.is_some();
        if let Some(action) = action {
            run.act(action).unwrap();
        }
        let next = run.now() + crate::kernel::SimDuration::from_ms(10);
        run.advance_to(next);
        does
    }

    #[test]
    fn a_button_that_would_do_nothing_has_no_action() {
        let mut run = brief();
        assert!(!press(&mut run, "app/app-1/ready"));
        assert!(press(&mut run, "app/app-1/drain"));
        assert!(!press(&mut run, "app/app-1/drain"));
        assert!(press(&mut run, "app/app-1/maint"));
        assert!(press(&mut run, "app/app-1/ready"));
        assert!(press(&mut run, "app/app-2/lighter"));
        assert!(!press(&mut run, "app/app-2/lighter"));
        assert!(press(&mut run, "app/app-2/heavier"));
        assert!(!press(&mut run, "app/app-3/drain"));
        run.act(Action::Reload { backend: None, directive: Directive::Balance(Balance::StaticRr) })
            .unwrap();
        assert!(!press(&mut run, "app/app-2/heavier"), "a static algorithm knows no weight 2");
        assert!(press(&mut run, "app/app-2/lighter"));
        for balancer in ["lb-1", "lb-2"] {
            run.act(Action::Kill(Component::host(balancer))).unwrap();
        }
        run.advance_to(SimTime::from_ms(1000));
        assert!(!press(&mut run, "app/app-1/drain"), "nobody is there to hear it");
    }

    /// A weight that one balancer alone was given is not shown as both balancers'.
    #[test]
    fn two_weights_are_told_as_two() {
        let mut run = brief();
        let heading = |run: &Run| {
            let snapshot = run.simulation().snapshot();
            let controls = crate::page::Controls::default();
            let all = crate::page::bindings(run, &snapshot, &run.readings(), &controls);
            all.into_iter().find(|one| one.key == "app/app-1/weight").unwrap().value
        };
        assert_eq!(heading(&run), "1");
        let line = "set weight app/app-1 5";
        for (balancer, told) in [("lb-1", "5 / 1"), ("lb-2", "5")] {
            let line = format!("@{balancer} {line}");
            let answer = crate::run::terminal::run_line(run.simulation(), &line);
            run.act(answer.action.unwrap()).unwrap();
            run.advance_to(run.now() + crate::kernel::SimDuration::from_ms(10));
            assert_eq!(heading(&run), told);
        }
    }

    #[test]
    fn a_closed_section_says_how_it_stands() {
        let infrastructure = Preset::Brief.infrastructure();
        let said: Vec<String> = Section::all(&infrastructure).iter().map(summary).collect();
        assert_eq!(said[1], "balance roundrobin \u{b7} inter 2s \u{b7} fall 3 \u{b7} rise 2");
        assert_eq!(said[2], "retries 3 \u{b7} timeout queue 1s");
    }
}
