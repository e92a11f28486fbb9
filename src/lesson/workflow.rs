//! The way of one request in six steps, as the exercise counts them, and at which of them a request is.

use crate::infra::{Infrastructure, Place};
use crate::sim::{Message, MessageKind};

/// The six steps.
pub const STEPS: [&str; 6] = [
    "The browser asks DNS for the name, and opens a connection to the address",
    "The balancer ends TLS and chooses a server",
    "The web server answers with a file, or passes the request on",
    "The application server computes the page",
    "It asks the database",
    "The answer goes back by the same way",
];

/// At which of the [`STEPS`], counted from 0, a request is whose last message is this one: still on its way, or arrived. `is_file`: whether
/// it is for a static file, which a machine with both web server and application answers by the first.
pub fn step_of(
    infrastructure: &Infrastructure,
    message: &Message,
    has_arrived: bool,
    is_file: bool,
) -> usize {
    if matches!(message.kind, MessageKind::Answer | MessageKind::Error) {
        return 5;
    }
    let at = if has_arrived { &message.to } else { &message.from };
    let host = match at {
        Place::Users => return 0,
        Place::Host(name) => infrastructure.host(name),
    };
    let has = |service: &str| host.is_some_and(|host| host.service(service).is_some());
    // Whoever asks runs the application: a machine with everything on it is come to by users and balancers, too.
    let runs = |place: &Place, service: &str| {
        let Place::Host(name) = place else { return false };
        infrastructure.host(name).is_some_and(|host| host.service(service).is_some())
    };
    let asks = runs(&message.from, "app") && runs(&message.to, "mysql");
    match () {
        () if has("haproxy") => 1,
        () if is_file && has("nginx") => 2,
        () if asks || (has_arrived && has("mysql") && !has("app")) => 4,
        () if has("nginx") && !(has("app") && has_arrived) => 2,
        () if has("app") => 3,
        () => 4,
    }
}

/// Which of the [`STEPS`] a request has left out that is now at `step`, by its messages from the first on; the last of them is still on its
/// way or has arrived. None if its first messages are forgotten: then nobody knows.
pub fn left_out(
    infrastructure: &Infrastructure,
    way: &[&Message],
    step: usize,
    has_arrived: bool,
    is_file: bool,
) -> [bool; 6] {
    let mut done = [false; 6];
    done[0] = true;
    if way.first().is_none_or(|first| first.from != Place::Users) {
        return [false; 6];
    }
    for (index, message) in way.iter().enumerate() {
        done[step_of(infrastructure, message, false, is_file)] = true;
        let is_under_way = index + 1 == way.len() && !has_arrived;
        // Where nobody answered, nothing was done.
        if is_under_way || message.kind == MessageKind::Lost {
            continue;
        }
        done[step_of(infrastructure, message, true, is_file)] = true;
        // From service to service of one machine there is no message.
        if let Place::Host(name) = &message.to
            && let Some(host) = infrastructure.host(name)
            && host.service("app").is_some()
            && !is_file
        {
            done[2] |= host.service("nginx").is_some();
            done[4] |= host.service("mysql").is_some();
        }
    }
    let mut left_out = done.map(|is_done| !is_done);
    let told = step.min(left_out.len());
    left_out[told..].fill(false);
    left_out
}

/// At which of the [`STEPS`] a request has come to nothing, as far as its messages tell, and why; `way` and `has_arrived` as for
/// [`left_out`]. `is_over`: whether its user has an answer, or has given up. `None` as long as something may still come of it.
pub fn failed_at(
    infrastructure: &Infrastructure,
    way: &[&Message],
    has_arrived: bool,
    is_file: bool,
    is_over: bool,
) -> Option<(usize, String)> {
    // An error goes back from where the last message went that is none.
    let index = way.iter().rposition(|message| message.kind != MessageKind::Error)?;
    let message = way[index];
    let is_last = index + 1 == way.len();
    let came = !is_last || has_arrived;
    let words = match message.kind {
        MessageKind::Lost if came => "does not answer",
        _ if is_last && (!is_over || message.to == Place::Users) => return None,
        // Whoever waited for it sends the error, or nobody.
        _ if is_last || way[index + 1].from != message.to => "does not answer in time",
        _ => "answers with an error",
    };
    // An answer that came so far is for who asked on behalf of another.
    let asked = Message { kind: MessageKind::Request, ..message.clone() };
    let at = step_of(infrastructure, &asked, true, is_file);
    Some((at, format!("{} {words}", message.to.name())))
}

/// Which of its balancer's tries to reach a server a request is at, as `try 2 of 4`; `way` and `has_arrived` as for [`left_out`], `tries` as
/// [`crate::sim::Simulation::tries_of`] counts them. `None` unless a try has come to nothing: then there need be no other.
pub fn tried(
    infrastructure: &Infrastructure,
    way: &[&Message],
    has_arrived: bool,
    tries: Option<[usize; 2]>,
) -> Option<String> {
    let message = way.last()?;
    let haproxy = infrastructure.host(message.from.name())?.haproxy()?;
    let is_server = |place: &Place| {
        let mut servers = haproxy.backends.iter().flat_map(|backend| &backend.servers);
        servers.any(|server| server.host == place.name())
    };
    let sent = way.iter().filter(|own| own.from == message.from && is_server(&own.to)).count();
    let has_failed = has_arrived && message.kind == MessageKind::Lost;
    let [made, most] = tries.filter(|_| is_server(&message.to) && (has_failed || sent > 1))?;
    Some(format!("try {made} of {most}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::run::Run;
    use crate::sim::{History, Plan, STATIC_PATH, Simulation, TimedAction};

    /// The messages of a request.
    fn way_of(simulation: &Simulation, request: u64) -> Vec<&Message> {
        let all = simulation.messages().map(|message| &**message);
        all.filter(|message| message.request == request).collect()
    }

    /// A page and a file of the brief, message by message.
    #[test]
    fn a_page_goes_through_the_steps_in_order_and_a_file_needs_no_database() {
        let infrastructure = Preset::Brief.infrastructure();
        let mut run = Run::new(Plan::new(infrastructure.clone(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(3_000));
        let mut ways: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for message in run.simulation().messages() {
            let way = ways.entry(message.request).or_default();
            for has_arrived in [false, true] {
                let is_file = run.simulation().is_static(message.request as u32);
                let step = step_of(&infrastructure, message, has_arrived, is_file);
                if way.last() != Some(&step) {
                    way.push(step);
                }
            }
        }
        let all: Vec<&Vec<usize>> = ways.values().collect();
        assert!(all.contains(&&vec![0, 1, 3, 4, 5]), "a page: {all:?}");
        assert!(all.contains(&&vec![0, 1, 2, 5]), "a file: {all:?}");
    }

    /// What is left out by the requests of three seconds that came home: of files, and of pages.
    fn left_out_by(preset: Preset) -> [Vec<[bool; 6]>; 2] {
        let infrastructure = preset.infrastructure();
        let mut run = Run::new(Plan::new(infrastructure.clone(), 1), History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(3_000));
        let simulation = run.simulation();
        let mut all = [Vec::new(), Vec::new()];
        for record in simulation.records() {
            let way = way_of(simulation, record.request);
            let is_file = simulation.is_static(record.request as u32);
            assert_eq!(is_file, record.path == STATIC_PATH, "{record:?}");
            all[usize::from(!is_file)].push(left_out(&infrastructure, &way, 5, true, is_file));
        }
        all
    }

    #[test]
    fn what_did_not_happen_is_left_out() {
        let [files, pages] = left_out_by(Preset::Brief);
        assert!(!files.is_empty() && !pages.is_empty());
        assert!(files.iter().all(|out| *out == [false, false, false, true, true, false]));
        // The balancer of the brief sends pages to the application servers at once.
        assert!(pages.iter().all(|out| *out == [false, false, true, false, false, false]));
    }

    /// On one machine web server, application and database need no message; a balancer is not there.
    #[test]
    fn what_happens_within_a_machine_is_not_left_out() {
        let [files, pages] = left_out_by(Preset::Simple);
        assert!(!files.is_empty() && !pages.is_empty());
        assert!(files.iter().all(|out| *out == [false, true, false, true, true, false]));
        assert!(
            pages.iter().all(|out| *out == [false, true, false, false, false, false]),
            "{pages:?}"
        );
    }

    /// Whether a request ended well, after how many messages, where and why it failed.
    type Ended = (bool, usize, Option<(usize, String)>);

    /// Of each request of the brief that ended.
    fn ended(action: &str) -> Vec<Ended> {
        let infrastructure = Preset::Brief.infrastructure();
        let kill = TimedAction { at: SimTime::from_ms(2_000), action: action.parse().unwrap() };
        let plan = Plan::new(infrastructure.clone(), 1);
        let mut run = Run::with_actions(plan, vec![kill], History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(8_000));
        let simulation = run.simulation();
        let mut all = Vec::new();
        for record in simulation.records() {
            let way = way_of(simulation, record.request);
            let is_file = simulation.is_static(record.request as u32);
            let failed = failed_at(&infrastructure, &way, true, is_file, true);
            all.push((record.outcome.is_ok(), way.len(), failed));
        }
        all
    }

    #[test]
    fn where_and_why_a_request_failed_is_told_and_of_others_nothing() {
        for (action, step, reason) in [
            ("kill app-1", 3, "app-1 does not answer"),
            ("kill db-1", 4, "db-1 does not answer"),
            ("kill web-1", 2, "web-1 does not answer"),
        ] {
            let ends = ended(action);
            let failed: Vec<_> = ends.iter().filter(|(is_ok, ..)| !is_ok).collect();
            assert!(!failed.is_empty(), "{action}");
            let expected = Some((step, reason.to_owned()));
            assert!(failed.iter().any(|(.., told)| *told == expected), "{action}: {failed:?}");
            for (is_ok, messages, told) in &ends {
                // Of some the user has nothing but silence.
                assert!(*is_ok == told.is_none() || *messages == 0, "{action}: {told:?}");
            }
        }
    }

    /// While it waits, what has come to nothing so far is told; once something else is tried, no longer.
    #[test]
    fn what_is_lost_is_told_at_once_until_something_else_is_tried() {
        let infrastructure = Preset::Brief.infrastructure();
        let message = |from: &str, to: &str, kind: MessageKind| Message {
            request: 1,
            from: Place::Host(from.to_owned()),
            to: Place::Host(to.to_owned()),
            sent_at: SimTime::ZERO,
            due_at: SimTime::ZERO,
            kind,
        };
        let users = Message { from: Place::Users, ..message("", "lb-1", MessageKind::Request) };
        let lost = message("lb-1", "app-1", MessageKind::Lost);
        let again = message("lb-1", "app-2", MessageKind::Request);
        let told = |way: &[&Message], has_arrived| {
            failed_at(&infrastructure, way, has_arrived, false, false)
        };
        assert_eq!(told(&[&users], true), None);
        assert_eq!(told(&[&users, &lost], false), None);
        let expected = Some((3, "app-1 does not answer".to_owned()));
        assert_eq!(told(&[&users, &lost], true), expected);
        assert_eq!(told(&[&users, &lost, &again], false), None);
        let error = Message { to: Place::Users, ..message("lb-1", "", MessageKind::Error) };
        assert_eq!(told(&[&users, &lost, &error], false), expected);
        let late = Some((3, "app-2 does not answer in time".to_owned()));
        assert_eq!(told(&[&users, &again, &error], true), late);
        let own = message("app-2", "lb-1", MessageKind::Error);
        let answered = Some((3, "app-2 answers with an error".to_owned()));
        assert_eq!(told(&[&users, &again, &own, &error], true), answered);
    }

    /// What is told of a request's tries, instant by instant, each time that it changes. The last of the deeds is done after two seconds, those
    /// before it at the beginning.
    fn tries(deeds: &[&str], is_it: impl Fn(&Simulation, u64) -> bool) -> Vec<String> {
        let timed = |(index, deed): (usize, &&str)| {
            let ms = if index + 1 == deeds.len() { 2_000 } else { 500 };
            TimedAction { at: SimTime::from_ms(ms), action: deed.parse().unwrap() }
        };
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let actions = deeds.iter().enumerate().map(timed).collect();
        let mut run = Run::with_actions(plan, actions, History::Recent).unwrap();
        let mut followed = None;
        let mut all: Vec<String> = Vec::new();
        for ms in 2_010..12_000 {
            run.advance_to(SimTime::from_ms(ms));
            let simulation = run.simulation();
            if followed.is_none() {
                let issued = simulation.counts().issued;
                followed = (1..=issued).rev().take(4).find(|own| is_it(simulation, *own));
            }
            let Some(request) = followed else { continue };
            let way = way_of(simulation, request);
            let Some(last) = way.last() else { continue };
            let has_arrived = simulation.now() >= last.due_at;
            let infrastructure = &simulation.plan().infrastructure;
            let told = tried(infrastructure, &way, has_arrived, simulation.tries_of(request));
            if let Some(told) = told.filter(|told| all.last() != Some(told)) {
                all.push(told);
            }
        }
        all
    }

    fn is_at_app_1(simulation: &Simulation, request: u64) -> bool {
        let mut way = way_of(simulation, request).into_iter();
        way.any(|message| message.kind == MessageKind::Lost && message.to.name() == "app-1")
    }

    /// HAProxy 2.6 manual 4.2: `retries 3` are three attempts after the first one. A server without power is silent, and its kernel's
    /// further SYNs are no further tries.
    #[test]
    fn each_further_try_is_told_and_how_many_there_are() {
        let four = ["try 1 of 4", "try 2 of 4", "try 3 of 4", "try 4 of 4"];
        assert_eq!(tries(&["kill app-1"], is_at_app_1), four);
        assert_eq!(tries(&["timeout connect 2s", "kill app-1"], is_at_app_1), four);
        assert_eq!(tries(&["retries 1", "kill app-1"], is_at_app_1), ["try 1 of 2", "try 2 of 2"]);
        // Who is refused pauses for a second between two tries; the last one ends at once.
        assert_eq!(tries(&["kill app-1/app"], is_at_app_1)[..3], four[..3]);
        // The other server answers the second try, in some milliseconds.
        let elsewhere = tries(&["option redispatch", "kill app-1"], is_at_app_1);
        assert_eq!(elsewhere[0], four[0]);
        assert!(elsewhere.iter().all(|told| four[..2].contains(&told.as_str())), "{elsewhere:?}");
        let well = tries(&[], |simulation, own| simulation.tries_of(own).is_some());
        assert!(well.is_empty(), "{well:?}");
    }

    #[test]
    fn of_a_way_whose_begin_is_forgotten_and_of_steps_to_come_nothing_is_said() {
        let infrastructure = Preset::Brief.infrastructure();
        let message = |from: Place, to: &str| Message {
            request: 1,
            from,
            to: Place::Host(to.to_owned()),
            sent_at: SimTime::ZERO,
            due_at: SimTime::ZERO,
            kind: MessageKind::Request,
        };
        let first = message(Place::Users, "lb-1");
        let second = message(Place::Host("lb-1".to_owned()), "web-1");
        assert_eq!(left_out(&infrastructure, &[&second], 2, true, true), [false; 6]);
        assert_eq!(left_out(&infrastructure, &[&first, &second], 2, true, true), [false; 6]);
        let lost = Message { kind: MessageKind::Lost, ..second };
        let out = left_out(&infrastructure, &[&first, &lost], 5, true, true);
        assert_eq!(out, [false, false, true, true, true, false]);
    }
}
