//! What followed from something that a person did. Each thing that happened is traced back from cause to cause until somebody did it or it began
//! by itself; what merely happened afterwards is nobody's consequence.

use super::before::{self, doing_place, ends, facts_at, goes_wrong, host, is_death};
use super::causes;
use super::marks::Told;
use crate::infra::{COLLECTOR_END, Host, Infrastructure};
use crate::kernel::SimDuration;
use crate::run::is_announced;
use crate::sim::{
    Action, Alarm, Doing, Fact, FactKind, RequestRecord, ServerError, Step, Stop, TimedAction,
};

/// What happened because of the action of this place, in order: changes of state, no single checks and requests.
pub(super) fn facts(told: &Told, stands: &Infrastructure, deed: usize) -> Vec<Fact> {
    // Of a storm of failures nothing is a cause.
    let is_quiet = |fact: &&Fact| is_announced(&fact.kind);
    let quiet = Told {
        plan: told.plan.clone(),
        actions: told.actions.clone(),
        facts: told.facts.iter().filter(is_quiet).cloned().collect(),
        failed: Vec::new(),
        blind: Vec::new(),
        until: told.until,
    };
    let follows = |index: &usize| {
        quiet.facts[*index].at >= quiet.actions[deed].at
            && doing_place(&quiet, &quiet.facts[began(&quiet, stands, *index)]) == Some(deed)
    };
    let found = (0..quiet.facts.len()).filter(follows);
    found.map(|index| quiet.facts[index].clone()).collect()
}

/// Where it began that the fact of this place came about.
fn began(told: &Told, stands: &Infrastructure, index: usize) -> usize {
    let mut at = index;
    while doing_place(told, &told.facts[at]).is_none() {
        let Some(earlier) = cause(told, stands, at) else { break };
        at = earlier;
    }
    at
}

/// The place of what caused the fact of this place, if something before it did.
fn cause(told: &Told, stands: &Infrastructure, index: usize) -> Option<usize> {
    let fact = &told.facts[index];
    let machine = host(&fact.subject);
    let facts = &told.facts[..index];
    let last = |is_it: &dyn Fn(&Fact) -> bool| facts.iter().rposition(is_it);
    let place = |found: &Fact| facts.iter().position(|own| std::ptr::eq(own, found));
    let of_server = |is_wrong| {
        let (_, server, _) = causes::server(stands, &fact.subject)?;
        place(before::of_server(told, index, server, machine, is_wrong)?)
    };
    let is_here = |own: &Fact| host(&own.subject) == machine;
    match &fact.kind {
        FactKind::ServerDown { result: Some(_), .. } | FactKind::ServerStopping => of_server(true),
        FactKind::ServerUp { .. } | FactKind::ServerWarm => of_server(false),
        FactKind::BackendEmpty => {
            let servers = format!("{}/", fact.subject);
            last(&|own| {
                matches!(own.kind, FactKind::ServerDown { .. }) && own.subject.starts_with(&servers)
            })
        }
        FactKind::VipTaken { by } => {
            let had = causes::holder(told, stands, index).unwrap_or_default();
            let claim = causes::claim(stands, &had, &fact.subject);
            let is_tracked = claim.is_some_and(|(own, _)| own.track_script.is_some());
            place(before::of_takeover(told, index, &had, by, is_tracked)?)
        }
        FactKind::VipDropped { by } => last(&|own| {
            let is_own = host(&own.subject) == by.as_str();
            is_own && is_death(&own.kind)
                || !is_own && is_return(&own.kind) && claims(stands, host(&own.subject))
                || is_of_ways(stands, own, true)
        }),
        FactKind::SplitBrainBegan { .. } => last(&|own| is_of_ways(stands, own, false)),
        FactKind::SplitBrainEnded { .. } => last(&|own| {
            let is_end = is_death(&own.kind) && claims(stands, host(&own.subject));
            is_end || is_of_ways(stands, own, true)
        }),
        FactKind::AlertFired { alarm } => of_alarm(told, stands, (index, *alarm), true),
        FactKind::AlertResolved { alarm } => of_alarm(told, stands, (index, *alarm), false),
        FactKind::Recovered => last(&|own| is_here(own) && is_return(&own.kind)),
        FactKind::OutOfMemory { .. } | FactKind::ServiceDied | FactKind::ServiceReturned => {
            last(&|own| is_here(own) && matches!(own.kind, FactKind::Degraded { .. }))
        }
        FactKind::UplinkUsed => {
            last(&|own| matches!(own.kind, FactKind::UplinkCut | FactKind::UplinkHealed))
        }
        FactKind::Promoted { .. } => last(&|own| {
            let other = stands.host(host(&own.subject));
            !is_here(own) && is_death(&own.kind) && other.is_some_and(has_database)
        }),
        _ => None,
    }
}

/// What an alert tells of, or that it is over. What is measured has many causes: nobody's.
fn of_alarm(
    told: &Told,
    stands: &Infrastructure,
    (index, alarm): (usize, Alarm),
    is_wrong: bool,
) -> Option<usize> {
    let machine = told.facts[index].subject.as_str();
    let facts = &told.facts[..index];
    let is_of = |own: &Fact, service: Option<&str>| {
        own.subject == machine
            || service.is_some_and(|service| own.subject == format!("{machine}/{service}"))
    };
    let of_service = |service: Option<&str>| {
        facts.iter().rposition(|own| {
            is_of(own, service) && goes_wrong(&own.kind) == Some(is_wrong)
                || service == Some("agent")
                    && is_way_of(own, machine, is_wrong, &|end| end == COLLECTOR_END)
        })
    };
    match alarm {
        Alarm::Silent => of_service(Some("agent")),
        Alarm::ServiceDown(service) => of_service(Some(service)),
        Alarm::DiskFull => of_service(Some("mysql")),
        Alarm::Replica(_) => facts.iter().rposition(|own| {
            let is_database = stands.host(host(&own.subject)).is_some_and(has_database);
            is_database && goes_wrong(&own.kind) == Some(is_wrong)
                || is_way_of(own, machine, is_wrong, &|end| {
                    end != machine && stands.host(end).is_some_and(has_database)
                })
        }),
        Alarm::Errors(_) | Alarm::Latency(_) | Alarm::Rate(_) | Alarm::Waiting(_) => None,
    }
}

/// Whether a fact is of a way from this machine to the outside or to such another end, that it went wrong or came right.
fn is_way_of(fact: &Fact, machine: &str, is_wrong: bool, is_other: &dyn Fn(&str) -> bool) -> bool {
    match fact.kind {
        FactKind::UplinkCut | FactKind::RuleDropped => is_wrong,
        FactKind::UplinkHealed | FactKind::RuleRestored => !is_wrong,
        FactKind::LinkChanged { state } => {
            let is_its = ends(&fact.subject).is_some_and(|ends| {
                ends.contains(&machine) && ends.iter().any(|end| is_other(end))
            });
            is_its && state.is_whole() != is_wrong
        }
        _ => false,
    }
}

/// Whether a fact is of the ways on which balancers hear each other, that they came right or went wrong.
fn is_of_ways(stands: &Infrastructure, fact: &Fact, is_right: bool) -> bool {
    match fact.kind {
        FactKind::HeartbeatHealed => is_right,
        FactKind::HeartbeatCut => !is_right,
        FactKind::LinkChanged { state } => {
            let ends = ends(&fact.subject);
            let is_its = ends.is_some_and(|ends| ends.iter().all(|end| claims(stands, end)));
            is_its && state.is_whole() == is_right
        }
        _ => false,
    }
}

/// Whether a machine claims virtual addresses.
fn claims(stands: &Infrastructure, machine: &str) -> bool {
    stands.host(machine).is_some_and(|host| host.keepalived().is_some())
}

const fn is_return(kind: &FactKind) -> bool {
    matches!(kind, FactKind::HostReturned | FactKind::ServiceReturned)
}

fn has_database(host: &Host) -> bool {
    host.service("mysql").is_some()
}

/// Whether the action of this place changed nothing: the same is done at its instant once more, and what was told is of that one.
pub(super) fn is_repeat(told: &Told, deed: usize) -> bool {
    let timed = &told.actions[deed];
    let is_told = |place: usize| {
        facts_at(told, timed.at).iter().any(|fact| doing_place(told, fact) == Some(place))
    };
    let same = (0..told.actions.len()).filter(|own| *own != deed && told.actions[*own] == *timed);
    let same: Vec<usize> = same.collect();
    !same.is_empty() && !is_told(deed) && same.into_iter().any(|own| own < deed || is_told(own))
}

/// How many requests failed because of the action of this place: those whose chain meets what was done, and nothing that was done to that
/// later.
pub(super) fn failures(told: &Told, stands: &Infrastructure, deed: usize) -> usize {
    let does_harm = |timed: &TimedAction| match &timed.action {
        Action::Restore(_)
        | Action::HealHeartbeat
        | Action::HealUplink { .. }
        | Action::RestoreRule { .. } => false,
        Action::Link(change) => !change.state.is_whole(),
        _ => true,
    };
    let harmful = (0..told.actions.len()).filter(|place| does_harm(&told.actions[*place]));
    let harmful: Vec<usize> = harmful.filter(|place| !is_repeat(told, *place)).collect();
    let of = |record: &&RequestRecord| {
        let met = met(record, stands);
        let is_met = |place: &&usize| {
            let timed = &told.actions[**place];
            timed.at <= record.ended_at
                && about(&timed.action, stands).iter().any(|name| met.contains(name))
        };
        harmful.iter().rfind(is_met) == Some(&deed)
    };
    told.failed.iter().filter(of).count()
}

/// What an action is about: machines, uplinks, rules.
fn about(action: &Action, stands: &Infrastructure) -> Vec<String> {
    match action {
        Action::Kill(on) | Action::Restore(on) | Action::Stop(on) => vec![on.host.clone()],
        Action::Degrade { component, .. } => vec![component.host.clone()],
        Action::Slow { host, .. } | Action::Promote { host } => vec![host.clone()],
        Action::Link(change) => vec![change.from.clone(), change.to.clone()],
        Action::CutUplink { uplink } | Action::HealUplink { uplink } => vec![uplink.clone()],
        Action::DropRule { rule } | Action::RestoreRule { rule } => vec![rule.clone()],
        Action::CutHeartbeat | Action::HealHeartbeat => {
            stands.balancers().map(|host| host.name.clone()).collect()
        }
        Action::Command { command, .. } => vec![on_host(stands, &command.server)],
        Action::Reload { .. } => Vec::new(),
    }
}

/// The machine of a server.
fn on_host(stands: &Infrastructure, server: &str) -> String {
    let mut servers = stands.backends().flat_map(|backend| &backend.servers);
    let line = servers.find(|line| line.name == server);
    line.map_or_else(|| server.to_owned(), |line| line.host.clone())
}

/// The machines, uplinks and rules that a failed request met where it did not get on.
fn met(record: &RequestRecord, stands: &Infrastructure) -> Vec<String> {
    let mut names = Vec::new();
    for step in &record.steps {
        match step {
            Step::AddressSilent { vip } | Step::AddressRefused { vip } => {
                let has_it = |host: &&Host| {
                    let own = host.keepalived().map_or(&[][..], |own| &own.instances);
                    own.iter().any(|own| own.vip == *vip)
                };
                names.extend(stands.hosts.iter().filter(has_it).map(|host| host.name.clone()));
                let plain = stands.vips.iter().filter(|own| own.name == *vip);
                names.extend(plain.filter_map(|own| own.host.clone()));
            }
            Step::BalancerDied { balancer } | Step::NoCertificate { balancer } => {
                names.push(balancer.clone());
            }
            Step::ServerRefused { server }
            | Step::ServerSilent { server }
            | Step::ServerClosed { server }
            | Step::ServerTimedOut { server }
            | Step::SessionCut { server }
            | Step::PassFailed { server, .. } => names.push(on_host(stands, server)),
            Step::NoServer { backend } => {
                let own = stands.backends().filter(|own| own.name == *backend);
                names.extend(own.flat_map(|own| &own.servers).map(|line| line.host.clone()));
            }
            Step::Answered { server, error: Some(error), .. } => {
                names.push(on_host(stands, server));
                if matches!(error, ServerError::Database(_)) {
                    let databases = stands.hosts.iter().filter(|host| has_database(host));
                    names.extend(databases.map(|host| host.name.clone()));
                }
            }
            Step::Blocked { rule, .. } => names.push(rule.clone()),
            Step::At(stop) => at(stop, stands, &mut names),
            _ => {}
        }
    }
    names
}

/// Work that takes so long may be why somebody has waited too long.
const LONG: SimDuration = SimDuration::from_secs(1);

fn at(stop: &Stop, stands: &Infrastructure, names: &mut Vec<String>) {
    let is_met = match stop.doing {
        Doing::Offline { .. } => {
            names.extend(stands.uplinks.iter().map(|uplink| uplink.name.clone()));
            false
        }
        Doing::Asks | Doing::Answers => false,
        Doing::Works { takes, .. } | Doing::Commits { takes, .. } => takes >= LONG,
        Doing::Waits(_)
        | Doing::Full(_)
        | Doing::Cut
        | Doing::Late
        | Doing::Unheld
        | Doing::Killed(_) => true,
    };
    if is_met {
        names.push(stop.host.clone());
        names.extend(stop.from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;
    use crate::run::permalink;
    use crate::sim::History;

    const LINK: &str = "run/1/brief;seed=1;at=60s;10s%20kill%20lb-1;20s%20kill%20app-1;30s%20restore%20app-1;35s%20restore%20lb-1";

    fn told() -> Told {
        told_of(LINK)
    }

    fn told_of(link: &str) -> Told {
        Told::by(&permalink::read(link, History::Recent).unwrap())
    }

    fn sentences(told: &Told, place: usize) -> String {
        let stands = &told.plan.infrastructure;
        let all = facts(told, stands, place);
        all.iter().map(|fact| format!("{fact}\n")).collect()
    }

    #[test]
    fn what_another_deed_caused_does_not_follow_from_this_one() {
        let told = told();
        let of: Vec<String> = (0..4).map(|place| sentences(&told, place)).collect();
        for (place, follows) in [
            (0, "lb-1 lost power."),
            (0, "lb-2 took over VIP A."),
            (0, "Alert: lb-1: its agent is silent"),
            (1, "app-1 lost power."),
            (1, "lb-2 marks app-1 DOWN"),
            (2, "lb-2 marks app-1 UP"),
            (3, "lb-1 took over VIP A."),
        ] {
            for (other, sentences) in of.iter().enumerate() {
                assert_eq!(
                    sentences.contains(follows),
                    other == place,
                    "{other}: {follows}: {sentences}"
                );
            }
        }
        // Nothing is told twice, whoever did it.
        let all: usize = of.iter().map(|sentences| sentences.lines().count()).sum();
        let announced = told.facts.iter().filter(|fact| is_announced(&fact.kind)).count();
        assert!(all <= announced, "{all} of {announced}");
    }

    #[test]
    fn every_failed_request_is_counted_with_one_deed() {
        let told = told();
        let stands = &told.plan.infrastructure;
        let of = |place: usize| failures(&told, stands, place);
        assert!(of(1) > 0);
        assert_eq!(of(1), told.failed.len(), "all of them met app-1");
        assert_eq!([0, 2, 3].map(of), [0; 3]);
    }

    /// Who does the same twice at one instant has done it once; with something else between, each did its own.
    #[test]
    fn equal_deeds_of_one_instant_do_not_share_what_they_caused() {
        let link = "run/1/brief;seed=1;at=60s;20s%20kill%20app-1;20s%20kill%20app-1";
        let told = told_of(link);
        let stands = &told.plan.infrastructure;
        assert!(sentences(&told, 0).contains("lb-2 marks app-1 DOWN"), "{}", sentences(&told, 0));
        assert_eq!(sentences(&told, 1), "");
        let failed = [0, 1].map(|place| failures(&told, stands, place));
        assert_eq!(failed, [told.failed.len(), 0]);
        assert_eq!([0, 1].map(|place| is_repeat(&told, place)), [false, true]);
        let markup = Desk::default().answer("marks", link, "20s 0s 60s").unwrap();
        assert_eq!(markup.matches("app-1 lost power.</li>").count(), 1, "{markup}");
        assert_eq!(markup.matches("It changed nothing").count(), 1, "{markup}");

        let told = told_of(
            "run/1/brief;seed=1;at=60s;20s%20kill%20app-1;20s%20restore%20app-1;20s%20kill%20app-1",
        );
        let of: Vec<String> = (0..3).map(|place| sentences(&told, place)).collect();
        for (place, own) in ["app-1 lost power.", "app-1 is switched on", "app-1 lost power."]
            .into_iter()
            .enumerate()
        {
            assert_eq!(of[place].matches(own).count(), 1, "{place}: {of:?}");
        }
        assert!(!of[0].contains("DOWN") && of[2].contains("lb-2 marks app-1 DOWN"), "{of:?}");
        assert!((0..3).all(|place| !is_repeat(&told, place)));
        assert_eq!(failures(&told, &told.plan.infrastructure, 2), told.failed.len());
    }

    #[test]
    fn the_answer_tells_it() {
        let markup = Desk::default().answer("marks", LINK, "20s 0s 60s").unwrap();
        let (_, deed) = markup.split_once("You killed app-1</h3>").unwrap();
        let deed = deed.split("</ol>").next().unwrap();
        assert!(deed.contains("app-1 lost power.") && !deed.contains("lb-1:"), "{deed}");
    }
}
