//! Plans that every face of the library runs alike: the browser shows their hashes, and a test compares them with the
//! command line's.

use super::Run;
use super::option::command_line_option;
use super::self_check_plans::PLANS;
use crate::haproxy::{Command, Order};
use crate::infra::{Balance, Component, Directive, LinkChange, LinkState, Preset};
use crate::kernel::SimTime;
use crate::sim::{Action, Gray, History, Plan, PlanError, TimedAction};

/// A plan to be run natively and in the browser.
#[derive(Clone, Copy, Debug)]
pub struct SelfCheck {
    /// The infrastructure.
    pub preset: Preset,
    /// The seed, and its number among them, from 1.
    pub seed: u64,
    /// Requests per second.
    pub rate: u32,
    /// How long it runs, in seconds.
    pub seconds: u64,
    /// What is done, and at which millisecond.
    pub deeds: &'static [(u64, Deed)],
    /// How it is built otherwise than the preset.
    pub edits: &'static [&'static str],
    /// What else is changed, which no option of the command line says.
    pub change: Option<fn(&mut Plan)>,
}

/// What is done, as a constant.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A host or a service dies.
    Kill(&'static str),
    /// It comes back.
    Restore(&'static str),
    /// It is asked to end.
    Stop(&'static str),
    /// A host gets so many times slower.
    Slow(&'static str, u32),
    /// A server of the backend `app` is commanded.
    Order(&'static str, Order),
    /// All balancers are reloaded with this line in the defaults section or in all backends.
    Line(Directive),
    /// As [`Line`](Self::Line), in the backend `app` alone.
    App(Directive),
    /// `balance hdr(<name>)` in the backend `app`.
    Header(&'static str),
    /// `balance url_param <name>` in the backend `app`.
    UrlParam(&'static str),
    /// `server <name> backup` in the backend `app`.
    Backup(&'static str),
    /// Something goes wrong with a service.
    Ail(&'static str, Gray),
    /// The link between two hosts changes, one way or both.
    Wire(&'static str, &'static str, bool, LinkState),
    /// A replica becomes the primary database.
    Promote(&'static str),
    /// An uplink breaks.
    CutUplink(&'static str),
    /// It works again.
    HealUplink(&'static str),
    /// A firewall rule is taken out.
    DropRule(&'static str),
    /// It is put back.
    RestoreRule(&'static str),
    /// VRRP adverts are lost.
    CutHeartbeat,
    /// They get through again.
    HealHeartbeat,
}

/// The plans: together they use everything that can be done and set, on the rungs of the ladder.
pub const SELF_CHECKS: [SelfCheck; 20] = PLANS;

/// The backend that the deeds speak of.
const BACKEND: &str = "app";

impl Deed {
    fn action(&self) -> Action {
        let component = |name: &str| match name.split_once('/') {
            Some((host, service)) => Component::service(host, service),
            None => Component::host(name),
        };
        let reload = |directive| Action::Reload { backend: Some(BACKEND.to_owned()), directive };
        match self {
            Self::Kill(name) => Action::Kill(component(name)),
            Self::Restore(name) => Action::Restore(component(name)),
            Self::Stop(name) => Action::Stop(component(name)),
            Self::Slow(host, factor) => {
                Action::Slow { host: (*host).to_owned(), factor: f64::from(*factor) }
            }
            Self::Order(server, order) => {
                let (backend, server) = (BACKEND.to_owned(), (*server).to_owned());
                let command = Command { backend, server, order: *order };
                Action::Command { balancer: None, command }
            }
            Self::Line(directive) => Action::Reload { backend: None, directive: directive.clone() },
            Self::App(directive) => reload(directive.clone()),
            Self::Header(name) => {
                reload(Directive::Balance(Balance::Hdr { name: (*name).to_owned() }))
            }
            Self::UrlParam(name) => {
                reload(Directive::Balance(Balance::UrlParam { name: (*name).to_owned() }))
            }
            Self::Backup(name) => reload(Directive::Backup((*name).to_owned())),
            Self::Ail(name, gray) => Action::Degrade { component: component(name), gray: *gray },
            Self::Wire(from, to, one_way, state) => Action::Link(LinkChange {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
                one_way: *one_way,
                state: *state,
            }),
            Self::Promote(host) => Action::Promote { host: (*host).to_owned() },
            Self::CutUplink(name) => Action::CutUplink { uplink: (*name).to_owned() },
            Self::HealUplink(name) => Action::HealUplink { uplink: (*name).to_owned() },
            Self::DropRule(name) => Action::DropRule { rule: (*name).to_owned() },
            Self::RestoreRule(name) => Action::RestoreRule { rule: (*name).to_owned() },
            Self::CutHeartbeat => Action::CutHeartbeat,
            Self::HealHeartbeat => Action::HealHeartbeat,
        }
    }
}

impl SelfCheck {
    /// Runs it and returns the digest of all that happened.
    ///
    /// # Errors
    /// If its data do not fit the infrastructure (a test shows that they do).
    pub fn hash(&self) -> Result<String, PlanError> {
        Ok(self.run()?.simulation().digest().to_string())
    }

    fn run(&self) -> Result<Run, PlanError> {
        let mut run = Run::with_actions(self.plan(), self.actions().collect(), History::Off)?;
        run.advance_to(SimTime::from_ms(self.seconds * 1000));
        Ok(run)
    }

    /// The plan: its preset, built otherwise and changed.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::new(self.preset.infrastructure(), self.seed);
        plan.workload.rate = f64::from(self.rate);
        for edit in self.edits.iter().filter_map(|edit| edit.parse().ok()) {
            // A test shows that each can be made.
            drop(plan.edit(edit));
        }
        if let Some(change) = self.change {
            change(&mut plan);
        }
        plan
    }

    /// What is done, in order of time.
    pub fn actions(&self) -> impl Iterator<Item = TimedAction> {
        self.deeds
            .iter()
            .map(|(ms, deed)| TimedAction { at: SimTime::from_ms(*ms), action: deed.action() })
    }

    /// The command that runs the same natively.
    pub fn command(&self) -> String {
        let (seed, rate, seconds) = (self.seed, self.rate, self.seconds);
        let mut command = "foobar-lab simulate".to_owned();
        if self.change.is_some() {
            command.push_str(&format!(" --self-check {seed}"));
            return command;
        }
        if self.preset != Preset::Brief {
            command.push_str(&format!(" --preset {}", self.preset.name()));
        }
        for edit in self.edits {
            command.push_str(&format!(" --edit {edit}"));
        }
        command.push_str(&format!(" --seed {seed} --rate {rate} --for {seconds}s"));
        for timed in self.actions() {
            command.push(' ');
            command.push_str(&command_line_option(&timed));
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_run_and_differ() {
        let mut hashes = SELF_CHECKS.map(|check| check.hash().unwrap()).to_vec();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), SELF_CHECKS.len());
    }

    /// The command line does what is due at one instant in the order of its options.
    #[test]
    fn no_two_deeds_are_done_at_once() {
        for check in SELF_CHECKS {
            assert!(
                check.deeds.is_sorted_by(|earlier, later| earlier.0 < later.0),
                "{}",
                check.command()
            );
        }
    }

    #[test]
    fn a_plan_is_known_by_its_seed_and_its_edits_can_be_made() {
        for (index, check) in SELF_CHECKS.iter().enumerate() {
            assert_eq!(check.seed, index as u64 + 1);
            assert_eq!(check.plan().edits.len(), check.edits.len(), "{}", check.command());
        }
    }

    /// What can be configured and what users can do is otherwise than usual in one of the plans at least.
    #[allow(clippy::too_many_lines, reason = "a row for each feature")]
    #[test]
    fn every_feature_is_on_in_some_plan() {
        use crate::infra::{CookieMode, Distribution, Nginx, Service, SessionStore};
        use crate::sim::Dialling;
        let plans = SELF_CHECKS.map(|check| check.plan());
        let services = || {
            plans.iter().flat_map(|plan| &plan.infrastructure.hosts).flat_map(|host| &host.services)
        };
        let haproxy = || services().filter_map(Service::as_haproxy);
        let tls = || haproxy().filter_map(|own| own.tls);
        let backends = || haproxy().flat_map(|own| &own.backends);
        let cookies = |mode: CookieMode| {
            backends().any(|one| one.cookie.as_ref().is_some_and(|c| c.mode == mode))
        };
        let apps = || services().filter_map(Service::as_app);
        let spreads = |is: fn(Distribution) -> bool| apps().any(|app| is(app.service_distribution));
        let mysql = || services().filter_map(Service::as_mysql);
        let nginx = || services().filter_map(Service::as_nginx);
        let proxies = || nginx().filter_map(|own| own.proxy_pass.as_ref());
        let upstream = || nginx().flat_map(Nginx::upstream_servers);
        let keepalived = || services().filter_map(Service::as_keepalived);
        let claims = || keepalived().flat_map(|own| &own.instances);
        let users =
            |is: fn(&crate::sim::Workload) -> bool| plans.iter().any(|plan| is(&plan.workload));
        let zero = crate::kernel::SimDuration::ZERO;
        for (feature, is_on) in [
            ("TLS to the servers", tls().any(|tls| tls.to_servers)),
            ("shared ticket keys", tls().any(|tls| tls.tls_ticket_keys)),
            ("a wrong certificate", tls().any(|tls| !tls.certificate)),
            ("hash-balance-factor", backends().any(|backend| backend.hash_balance_factor > 0)),
            ("cookie prefix", cookies(CookieMode::Prefix)),
            ("cookie rewrite", cookies(CookieMode::Rewrite)),
            ("abortonclose", backends().any(|backend| backend.abortonclose)),
            ("local sessions", apps().any(|app| app.sessions == SessionStore::Local)),
            ("kept connections", apps().any(|app| app.keeps_connections)),
            ("memory overcommitted", apps().any(|app| app.worker_mib * app.workers > 8 * 1024)),
            ("erlang", spreads(|is| matches!(is, Distribution::Erlang { .. }))),
            ("constant", nginx().any(|own| own.service_distribution == Distribution::Constant)),
            ("hyperexponential", mysql().any(|own| own.service_distribution.squared_cv() > 1.0)),
            (
                "promote_after",
                mysql()
                    .any(|own| own.replica.as_ref().is_some_and(|own| own.promote_after.is_some())),
            ),
            ("proxy_cache", proxies().any(|own| own.cache.is_some())),
            ("upstream weight", upstream().any(|server| server.weight > 1)),
            ("upstream backup", upstream().any(|server| server.backup)),
            ("VRRP version 3", keepalived().any(|own| own.vrrp_version == 3)),
            (
                "script weight",
                keepalived().any(|own| own.track_script.is_some_and(|script| script.weight != 0)),
            ),
            ("nopreempt", claims().any(|claim| claim.nopreempt)),
            ("preempt_delay", claims().any(|claim| claim.preempt_delay > zero)),
            ("links laid", plans.iter().any(|plan| !plan.infrastructure.network.links.is_empty())),
            ("edits", plans.iter().any(|plan| !plan.edits.is_empty())),
            ("answers with a size", users(|users| users.answer_kib > 0)),
            ("a DNS cache", users(|users| users.dns.resolvers > 1 && users.dns.ttl.as_ns() > 0)),
            ("Happy Eyeballs", users(|users| users.dns.dialling == Dialling::HappyEyeballs)),
            ("slow clients", users(|users| users.slow_clients.share > 0.0)),
        ] {
            assert!(is_on, "{feature}");
        }
        for preset in Preset::ALL {
            assert!(SELF_CHECKS.iter().any(|check| check.preset == preset), "{preset}");
        }
    }

    /// Each plan does what it is for: what it can end in is seen somewhere.
    #[test]
    fn the_plans_together_see_everything() {
        let mut seen = String::new();
        for check in SELF_CHECKS {
            let run = check.run().unwrap();
            let simulation = run.simulation();
            let facts =
                simulation.facts().iter().map(|fact| format!("{} {fact}\n", fact.kind.name()));
            seen.push_str(&facts.collect::<String>());
            let outcomes = simulation.outcomes().map(|(outcome, _)| format!("outcome {outcome}\n"));
            seen.push_str(&outcomes.collect::<String>());
        }
        let wanted = [
            "host-died",
            "host-returned",
            "service-died",
            "service-returned",
            "host-slowed",
            "stopped",
            "heartbeat-cut",
            "heartbeat-healed",
            "split-brain-began",
            "split-brain-ended",
            "check-failed",
            "server-down",
            "server-up",
            "server-warm",
            "server-state",
            "server-weight",
            "reloaded",
            "backend-empty",
            "vip-taken",
            "vip-dropped",
            "degraded",
            "cured",
            "out-of-memory",
            "link-changed",
            "The link users to lb-1",
            "rule-dropped",
            "rule-restored",
            "uplink-cut",
            "uplink-healed",
            "uplink-used",
            "recovered",
            "promoted",
            "alert-fired",
            "alert-resolved",
            "outcome 502 --",
            "outcome 504 --",
            "outcome 200",
            "outcome 503 SC",
            "outcome 503 sC",
            "outcome 502 SH",
            "outcome 504 sH",
            "outcome 503 sQ",
            "outcome 503 SQ",
            "outcome 502 DH",
            "outcome 500 --",
            "outcome no connection",
            "outcome connection reset",
            "outcome no answer",
            "outcome wrong certificate",
            "L4CON",
            "L4TOUT",
            "L7TOUT",
            "HANA",
        ];
        let unseen: Vec<_> = wanted.into_iter().filter(|wanted| !seen.contains(wanted)).collect();
        assert!(unseen.is_empty(), "{unseen:?}");
    }
}
