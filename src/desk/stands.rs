//! Why a machine stands as it does: what befell it and who did that, how and when the balancers found out, why it gets no requests or has no
//! address, what its requests wait for; each with the directive that would have changed it.

use std::fmt::Write;

use super::before::{self, goes_wrong};
use super::causes::{self, Cause};
use super::marks::Told;
use crate::infra::{Host, Infrastructure, Server, Service};
use crate::page::{Named, unbroken};
use crate::run::Run;
use crate::sim::{Condition, Fact, FactKind, HostView, ServerStatus, ServerView, Snapshot};

/// Markup with why the machine of this name stands as it does now.
pub(super) fn why(run: &Run, name: &str) -> String {
    let stands = &run.simulation().plan().infrastructure;
    let snapshot = run.simulation().snapshot();
    let view = snapshot.hosts.iter().find(|view| view.name == name);
    let (Some(host), Some(view)) = (stands.host(name), view) else {
        return "<p>It does not stand here any more.</p>".to_owned();
    };
    let told = Told::by(run);
    let named = Named::new(stands, &format!("why-{name}"));
    let (said, markup) = (Vec::new(), String::new());
    let mut answer = Answer { told: &told, stands, host, named, said, markup };
    let lack = snapshot.lack(name);
    answer.befell(view, &lack);
    for seen in &snapshot.servers {
        answer.seen(seen, &snapshot);
    }
    if view.condition != Condition::Down {
        answer.addresses(&snapshot);
        answer.waits(view);
        answer.copies();
    }
    answer.markup
}

/// The answer as it grows.
struct Answer<'a> {
    told: &'a Told,
    stands: &'a Infrastructure,
    host: &'a Host,
    named: Named<'a>,
    /// The sentences that stand there already: what two balancers see has one cause.
    said: Vec<String>,
    markup: String,
}

impl Answer<'_> {
    fn say(&mut self, sentence: impl Into<String>) {
        let mut cause = Cause::default();
        cause.say(sentence);
        self.tell(&cause);
    }

    fn tell(&mut self, cause: &Cause) {
        let markup = cause.markup(&mut self.said, &mut self.named);
        self.markup.push_str(&markup);
    }

    fn heading(&mut self, fact: &Fact) {
        let words = unbroken(&fact.to_string());
        let _ = write!(self.markup, "<h3>{} {words}</h3>", fact.at.clock());
    }

    /// What went wrong with the machine and its services, and is wrong still; as a balancer it may lack servers.
    fn befell(&mut self, view: &HostView, lack: &str) {
        let (told, host) = (self.told, self.host);
        let name = host.name.as_str();
        let services = host.services.iter().map(|own| format!("{name}/{}", own.name()));
        let mut is_well = true;
        for subject in std::iter::once(name.to_owned()).chain(services) {
            // A machine that is switched on starts its services.
            let is_its = |fact: &&Fact| {
                let is_start = fact.subject == name && matches!(fact.kind, FactKind::HostReturned);
                (fact.subject == subject || is_start) && goes_wrong(&fact.kind).is_some()
            };
            let last = told.facts.iter().rfind(is_its);
            let Some(fact) = last.filter(|fact| goes_wrong(&fact.kind) == Some(true)) else {
                continue;
            };
            is_well = false;
            self.heading(fact);
            let did = before::deed(told, fact);
            self.say(did.unwrap_or_else(|| "Nobody did it: it happened by itself.".to_owned()));
            if before::is_death(&fact.kind) {
                let mut cause = Cause::default();
                causes::finding_out(&mut cause, self.stands, &subject);
                self.tell(&cause);
            }
        }
        if !lack.is_empty() {
            self.say(format!(
                "There is {lack} that takes a new client: HAProxy answers those with 503."
            ));
        } else if is_well {
            let ends = match view.condition {
                Condition::Up => "nothing is wrong with it, and it runs at its own speed.",
                Condition::Drain => "it runs well, and no balancer gives it a new client.",
                Condition::Maint => "it runs well, and no balancer gives it anything.",
                Condition::Degraded | Condition::Down => "nobody has told why.",
            };
            self.say(format!("It is {}: {ends}", view.condition.word()));
        }
    }

    /// Why a balancer gives it no requests, if it is a server of its.
    fn seen(&mut self, seen: &ServerView, snapshot: &Snapshot) {
        let (told, stands) = (self.told, self.stands);
        let subject = format!("{}/{}/{}", seen.balancer, seen.backend, seen.name);
        let Some((backend, line, _)) = causes::server(stands, &subject) else { return };
        if line.host != self.host.name {
            return;
        }
        let is_taken_out = match seen.status {
            Some(
                ServerStatus::Down
                | ServerStatus::GoingUp { .. }
                | ServerStatus::Nolb
                | ServerStatus::Drain
                | ServerStatus::Maint,
            ) => true,
            Some(ServerStatus::Up | ServerStatus::GoingDown { .. } | ServerStatus::NoCheck) => {
                let others = snapshot.servers.iter().filter(|other| {
                    other.balancer == seen.balancer && other.backend == seen.backend
                });
                self.unused(seen, line, others.collect());
                false
            }
            // Nobody looks.
            None => false,
        };
        if !is_taken_out {
            return;
        }
        let is_why = |fact: &Fact| {
            let takes_out = matches!(
                fact.kind,
                FactKind::ServerDown { .. }
                    | FactKind::ServerState { .. }
                    | FactKind::ServerStopping
            );
            takes_out && fact.subject == subject
        };
        let Some(index) = told.facts.iter().rposition(is_why) else {
            self.say(format!("{subject} is {}, as it is configured.", seen.status_word()));
            return;
        };
        let fact = &told.facts[index];
        self.heading(fact);
        if matches!(fact.kind, FactKind::ServerDown { .. }) {
            let mut cause = causes::of_event(told, stands, index);
            cause.say(format!(
                "It gets requests of {backend} again once {} has seen it pass its checks.",
                seen.balancer
            ));
            self.tell(&cause);
        } else if let Some(did) = before::deed(told, fact) {
            self.say(did);
        }
    }

    /// Why a server that could gets nothing all the same.
    fn unused(&mut self, seen: &ServerView, line: &Server, others: Vec<&ServerView>) {
        let host = self.host;
        let name = &host.name;
        let is_up = |other: &&ServerView| {
            other.name != seen.name
                && matches!(
                    other.status,
                    Some(ServerStatus::Up | ServerStatus::GoingDown { .. } | ServerStatus::NoCheck)
                )
        };
        if line.backup && others.into_iter().any(|other| is_up(&other)) {
            self.say(format!(
                "In {} it is a `backup` server: {name} gets requests once no other server is usable.",
                seen.backend
            ));
        } else if seen.weight == 0 {
            self.say(format!(
                "In {} the server {name} has `weight` 0: no new client comes to it.",
                seen.backend
            ));
        }
    }

    /// Who has the addresses that it claims, and why not it.
    fn addresses(&mut self, snapshot: &Snapshot) {
        let (told, stands, host) = (self.told, self.stands, self.host);
        let name = host.name.as_str();
        for own in host.keepalived().map_or(&[][..], |keepalived| &keepalived.instances) {
            let Some(vip) = snapshot.vips.iter().find(|vip| vip.name == own.vip) else { continue };
            self.say(format!("{}: {}.", vip.name, vip.told()));
            let is_its = |fact: &Fact| {
                fact.subject == vip.name && matches!(fact.kind, FactKind::VipTaken { .. })
            };
            if let Some(index) = told.facts.iter().rposition(is_its) {
                self.heading(&told.facts[index]);
                let cause = causes::of_event(told, stands, index);
                self.tell(&cause);
                continue;
            }
            let Some(owner) = vip.owner.as_deref().filter(|owner| *owner != name) else { continue };
            if let Some((_, other)) = causes::claim(stands, owner, &vip.name) {
                self.say(format!(
                    "The highest `priority` for {} is elected: {} of {owner}, against {} of {name}.",
                    vip.name, other.priority, own.priority
                ));
            }
        }
    }

    /// What its requests wait for.
    fn waits(&mut self, view: &HostView) {
        let Some(load) = view.load.filter(|load| load.queue > 0 && load.busy >= load.workers)
        else {
            return;
        };
        let host = self.host;
        let name = &host.name;
        let directive = host.services.iter().find_map(|service| match service {
            Service::App(_) => Some("`workers`"),
            Service::Nginx(_) => Some("`worker_processes`"),
            Service::Mysql(_) => Some("`innodb_thread_concurrency`"),
            Service::Haproxy(_) | Service::Keepalived(_) | Service::Agent => None,
        });
        let Some(directive) = directive else { return };
        self.say(format!(
            "All of its {} workers are at work, and {} requests wait: more {directive} on {name}, or more `cores` for {name}, or another server.",
            load.workers, load.queue
        ));
    }

    /// Why a replica gets no writes.
    fn copies(&mut self) {
        let host = self.host;
        let name = &host.name;
        let mut databases = host.services.iter().filter_map(Service::as_mysql);
        let Some(replica) = databases.find_map(|own| own.replica.as_ref()) else { return };
        let is_promoted = self.told.facts.iter().any(|fact| {
            matches!(fact.kind, FactKind::Promoted { .. }) && before::host(&fact.subject) == name
        });
        if !is_promoted {
            self.say(format!(
                "It copies {}: it takes no writes until somebody promotes it, or `promote_after` on {name} does.",
                replica.source
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::desk::Desk;

    fn ask(link: &str, machine: &str) -> String {
        let markup = Desk::default().answer("part", link, &format!("why-{machine}")).unwrap();
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        markup
    }

    #[test]
    fn a_dead_server_names_the_deed_its_checks_and_the_directives() {
        let markup = ask("run/1/brief;seed=1;at=40s;20s+kill+app-1", "app-1");
        for words in [
            "<h3>00:20.000 <span class=\"unbroken\">app-1</span> lost power.</h3>",
            "You killed app-1 (<code>kill app-1</code>).",
            "marks <span class=\"unbroken\">app-1</span> DOWN",
            "Its first check failed at",
            "data-edit=\"backend app: default-server fall \"",
            "data-edit=\"backend app: default-server inter \"",
        ] {
            assert!(markup.contains(words), "{words}: {markup}");
        }
        assert_eq!(markup.matches("data-edit=\"backend app: default-server fall \"").count(), 1);
        assert_eq!(
            markup.matches("You killed app-1 (").count(),
            1 + 2,
            "once, and before each DOWN"
        );
    }

    #[test]
    fn a_balancer_that_is_not_elected_names_who_is_and_why() {
        let markup = ask("run/1/brief;seed=1;at=5s", "lb-2");
        assert!(markup.contains("VIP A: owned by lb-1."), "{markup}");
        assert!(markup.contains("101 of lb-1, against 100 of lb-2"), "{markup}");
        assert!(markup.contains("data-edit=\"keepalived.priority:lb-1=\""), "{markup}");
    }

    #[test]
    fn what_is_slow_drained_or_well_says_so() {
        let slow = ask("run/1/brief;seed=1;at=25s;20s+slow+app-1+x5", "app-1");
        assert!(slow.contains("is 5 times slower.") && slow.contains("You made app-1"), "{slow}");
        let link = "run/1/brief;seed=1;at=25s;20s+set+server+app/app-1+state+drain";
        let drained = ask(link, "app-1");
        assert!(drained.contains("drains: no new client"), "{drained}");
        let well = ask("run/1/brief;seed=1;at=25s;5s+kill+app-1;8s+restore+app-1", "app-1");
        assert!(well.contains("It is UP: nothing is wrong with it"), "{well}");
        assert!(ask("run/1/brief;seed=1;at=1s", "app-9").contains("not stand here"));
    }

    #[test]
    fn every_machine_of_every_infrastructure_has_an_answer() {
        for preset in crate::infra::Preset::ALL {
            for host in preset.infrastructure().hosts {
                let link = format!("run/1/{preset};seed=1;at=12s;5s+kill+{}", host.name);
                assert!(ask(&link, &host.name).contains("lost power."), "{preset}");
            }
        }
    }
}
