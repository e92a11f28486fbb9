//! How machines stand for whoever sends them requests: what the balancers make of their servers, and which balancers have none to send to.

use crate::haproxy::Status;

use super::snapshot::{Condition, HostView, ServerView, Snapshot};

impl ServerView {
    /// Whether its balancer would give it the request of a new client.
    pub const fn is_usable(&self) -> bool {
        let is_taken_in =
            matches!(self.status, Some(Status::Up | Status::GoingDown { .. } | Status::NoCheck));
        is_taken_in && self.weight > 0
    }

    /// The word for a server that gets no new client whatever its checks say; empty if it is none.
    pub const fn out(&self) -> &'static str {
        match self.status {
            Some(Status::Drain) => Condition::Drain.word(),
            Some(Status::Maint) => Condition::Maint.word(),
            Some(Status::Nolb) => "NOLB",
            Some(
                Status::Up
                | Status::GoingDown { .. }
                | Status::GoingUp { .. }
                | Status::Down
                | Status::NoCheck,
            )
            | None => "",
        }
    }
}

impl HostView {
    /// Whether it runs whole and at its own speed, whatever balancers make of it.
    pub fn is_well(&self) -> bool {
        let is_slow = self.slow_factor > 1.0;
        !is_slow && self.services.iter().all(|own| own.is_up && own.ailment.is_none())
    }
}

impl Snapshot {
    /// A host's `server` lines as the balancers see them: by balancer, then in configuration order.
    pub fn lines_to<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a ServerView> {
        self.servers.iter().filter(move |view| view.host == host)
    }

    /// What is out of the ordinary with a host's `server` lines, beside its condition: `DRAIN`, `MAINT`, `w 3`; at which balancers or in which
    /// backend, if not everywhere.
    pub fn orders(&self, host: &str) -> String {
        let seen: Vec<&ServerView> =
            self.lines_to(host).filter(|view| view.status.is_some()).collect();
        let mut words: Vec<(String, Vec<&ServerView>)> = Vec::new();
        for &view in &seen {
            let weight = (view.weight != 1).then(|| format!("w {}", view.weight));
            let out = Some(view.out().to_owned()).filter(|word| !word.is_empty());
            for word in out.into_iter().chain(weight) {
                match words.iter_mut().find(|(known, _)| *known == word) {
                    Some((_, its)) => its.push(view),
                    None => words.push((word, vec![view])),
                }
            }
        }
        let condition = self.hosts.iter().find(|view| view.name == host);
        let condition = condition.map_or("", |view| view.condition.word());
        let mut told = Vec::new();
        for (word, its) in words {
            let is_at = |balancer: &str| its.iter().any(|view| view.balancer == balancer);
            if its.len() < seen.len() {
                let is_everywhere = seen.iter().all(|view| is_at(&view.balancer));
                told.push(if is_everywhere {
                    format!("{word} in {}", its[0].backend)
                } else {
                    let mut names: Vec<&str> =
                        its.iter().map(|view| view.balancer.as_str()).collect();
                    names.dedup();
                    format!("{word} at {}", names.join(" and "))
                });
            } else if word != condition {
                told.push(word);
            }
        }
        told.join(", ")
    }

    /// That a balancer has a backend without a server that it would give a request to; empty if it has none such, or its HAProxy does not run.
    pub fn lack(&self, balancer: &str) -> String {
        lack(&self.servers, balancer)
    }

    /// What is to be said of a host beside its condition, with commas between: its orders, and what it lacks as a balancer.
    pub fn remarks(&self, host: &str) -> String {
        let all = [self.orders(host), self.lack(host)];
        all.into_iter().filter(|remark| !remark.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

fn lack(servers: &[ServerView], balancer: &str) -> String {
    let is_its = |view: &&ServerView| view.balancer == balancer && view.status.is_some();
    let mut backends: Vec<(&str, bool)> = Vec::new();
    for view in servers.iter().filter(is_its) {
        match backends.iter_mut().find(|(name, _)| *name == view.backend) {
            Some((_, has_one)) => *has_one |= view.is_usable(),
            None => backends.push((&view.backend, view.is_usable())),
        }
    }
    let without: Vec<&str> =
        backends.iter().filter(|(_, has_one)| !has_one).map(|(name, _)| *name).collect();
    if without.is_empty() {
        String::new()
    } else if without.len() == backends.len() && without.len() > 1 {
        "no server in any backend".to_owned()
    } else {
        format!("no server in backend {}", without.join(", "))
    }
}

/// How a host stands that runs whole and at its own speed: as the balancers that see it have it, and they themselves by their servers.
pub(super) fn of_the_well(servers: &[ServerView], host: &str) -> Condition {
    if !lack(servers, host).is_empty() {
        return Condition::Degraded;
    }
    let seen = servers.iter().filter(|view| view.host == host && view.status.is_some());
    let words: Vec<&str> = seen.map(ServerView::out).collect();
    let is_all = |word: &[&str]| !words.is_empty() && words.iter().all(|own| word.contains(own));
    let [drain, maint] = [Condition::Drain, Condition::Maint].map(Condition::word);
    if is_all(&[maint]) {
        Condition::Maint
    } else if is_all(&[drain, maint]) {
        Condition::Drain
    } else {
        Condition::Up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::kernel::SimTime;
    use crate::sim::{Action, History, Plan, Simulation};

    /// The brief a second after these deeds.
    fn after(deeds: &[&str]) -> Snapshot {
        let plan = Plan::new(Preset::Brief.infrastructure(), 1);
        let mut simulation = Simulation::new(&plan, History::Off).unwrap();
        simulation.advance_to(SimTime::from_ms(5_000));
        for deed in deeds {
            simulation.apply(&deed.parse::<Action>().unwrap()).unwrap();
        }
        simulation.advance_to(SimTime::from_ms(6_000));
        simulation.snapshot()
    }

    fn condition(snapshot: &Snapshot, host: &str) -> Condition {
        snapshot.hosts.iter().find(|view| view.name == host).unwrap().condition
    }

    const DRAIN: &str = "set server app/app-2 state drain";
    const MAINT: &str = "set server app/app-1 state maint";

    #[test]
    fn who_drains_or_is_in_maintenance_is_not_called_up() {
        let snapshot = after(&[DRAIN]);
        assert_eq!(condition(&snapshot, "app-2"), Condition::Drain);
        assert_eq!(condition(&snapshot, "app-1"), Condition::Up);
        assert_eq!(condition(&snapshot, "lb-1"), Condition::Up, "app-1 is left");
        assert_eq!(snapshot.remarks("app-2"), "", "its condition says it");
        assert!(snapshot.hosts.iter().all(HostView::is_well));
        let snapshot = after(&[MAINT]);
        assert_eq!(condition(&snapshot, "app-1"), Condition::Maint);
        // What is worse is told first, and this beside it.
        let snapshot = after(&[DRAIN, "slow app-2 x5"]);
        assert_eq!(condition(&snapshot, "app-2"), Condition::Degraded);
        assert_eq!(snapshot.remarks("app-2"), "DRAIN");
    }

    #[test]
    fn a_balancer_without_a_usable_server_says_of_which_backend() {
        let snapshot = after(&[DRAIN, MAINT]);
        for balancer in ["lb-1", "lb-2"] {
            assert_eq!(condition(&snapshot, balancer), Condition::Degraded);
            assert_eq!(snapshot.remarks(balancer), "no server in backend app");
        }
        let snapshot = after(&[DRAIN, MAINT, "set server static/web-1 state maint"]);
        assert_eq!(snapshot.lack("lb-1"), "no server in any backend");
        let snapshot = after(&[DRAIN, "set server app/app-1 weight 0"]);
        assert_eq!(snapshot.lack("lb-1"), "no server in backend app");
        let snapshot = after(&[DRAIN, MAINT, "kill lb-1/haproxy"]);
        assert_eq!(snapshot.lack("lb-1"), "", "nobody looks");
    }

    #[test]
    fn what_differs_between_balancers_is_told_with_their_names() {
        let mut snapshot = after(&[]);
        let mut views = snapshot.servers.iter_mut();
        let view = views.find(|view| view.balancer == "lb-1" && view.name == "app-2").unwrap();
        view.status = Some(Status::Drain);
        assert_eq!(snapshot.remarks("app-2"), "DRAIN at lb-1");
        assert_eq!(of_the_well(&snapshot.servers, "app-2"), Condition::Up);
    }
}
