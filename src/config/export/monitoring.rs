//! The monitoring agents, and the collector that asks them: Prometheus with its node exporter. The model has no machine for the
//! collector, so its files have a folder of their own.

use super::text::{Text, clean, time};
use super::{AGENT_PORT, Kind, Piece};
use crate::infra::{Host, Infrastructure, Service, Thresholds, Zone};

pub(super) const AGENT: Kind = Kind {
    file: "prometheus-node-exporter",
    to: "/etc/default/prometheus-node-exporter",
    check: "sh -n /etc/default/prometheus-node-exporter",
    load: "systemctl restart prometheus-node-exporter",
};
const COLLECTOR: Kind = Kind {
    file: "prometheus.yml",
    to: "/etc/prometheus/prometheus.yml, on the collector",
    check: "promtool check config /etc/prometheus/prometheus.yml",
    load: "systemctl reload prometheus",
};
const ALERTS: Kind = Kind {
    file: "alerts.yml",
    to: "/etc/prometheus/alerts.yml, on the collector",
    check: "promtool check rules /etc/prometheus/alerts.yml",
    load: "systemctl reload prometheus",
};

/// The zone that no machine of the plan stands in: the collector's place, and the administrators'.
pub(super) fn zone(infrastructure: &Infrastructure) -> Option<&Zone> {
    infrastructure.zones.iter().find(|zone| infrastructure.hosts_in(&zone.name).next().is_none())
}

/// The settings of one machine's agent.
pub(super) fn agent(host: &Host) -> String {
    let title = format!("Monitoring agent on {} ({})", host.name, host.title);
    let mut text = Text::new(&[
        &title,
        "It listens inside only and tells how the machine is: processor, memory, disk, network.",
    ]);
    text.line(0, &format!("ARGS=\"--web.listen-address={}:{AGENT_PORT}\"", host.address));
    text.finish()
}

/// The collector's files, if somebody watches.
pub(super) fn collector(infrastructure: &Infrastructure) -> Vec<Piece> {
    let Some(monitoring) = infrastructure.monitoring else { return Vec::new() };
    let runs_agent = |host: &&Host| host.services.contains(&Service::Agent);
    let watched: Vec<&Host> = infrastructure.hosts.iter().filter(runs_agent).collect();
    if watched.is_empty() {
        return Vec::new();
    }
    let title = format!("Monitoring of {}", clean(&infrastructure.title));
    let mut asks = Text::new(&[&title]);
    asks.line(0, "global:");
    asks.line(0, "  # Every agent is asked so often: nothing is noticed sooner.");
    asks.line(0, &format!("  scrape_interval: {}", time(monitoring.scrape_interval)));
    asks.line(0, "rule_files:");
    asks.line(0, "  - alerts.yml");
    asks.line(0, "scrape_configs:");
    asks.line(0, "  - job_name: machines");
    asks.line(0, "    static_configs:");
    asks.line(0, "      - targets:");
    for host in watched {
        let name = clean(&host.name);
        asks.line(0, &format!("          - \"{}:{AGENT_PORT}\" # {name}", host.address));
    }
    let mut alerts = Text::new(&[&title]);
    alerts.line(0, "groups:");
    alerts.line(0, "  - name: machines");
    alerts.line(0, "    rules:");
    alerts.line(0, "      - alert: MachineDown");
    alerts.line(0, "        expr: up == 0");
    alerts.line(0, "        # So long must it be wrong before anybody is woken.");
    alerts.line(0, &format!("        for: {}", time(monitoring.alert_for)));
    let Thresholds { errors_percent, latency_p95, busy_percent, waiting_percent, replica_lag } =
        monitoring.thresholds;
    for what in [
        "Not here are the rules that need an exporter beside each program, or its log:".to_owned(),
        format!("- over {errors_percent} % of a balancer's answers in a minute are errors (5xx)"),
        format!("- p95 of a minute's good answers is over {}", time(latency_p95)),
        format!("- Nginx gets over {busy_percent} % of the QPS that its workers can serve"),
        format!("- as many wait before an application as {waiting_percent} % of its workers"),
        format!("- a replica is over {} behind its source, or without it", time(replica_lag)),
        "- a database's disk has no room left".to_owned(),
    ] {
        alerts.line(0, &format!("# {what}"));
    }
    let piece = |kind: Kind, text: Text| Piece {
        folder: "monitoring".to_owned(),
        kind,
        text: text.finish(),
    };
    vec![piece(COLLECTOR, asks), piece(ALERTS, alerts)]
}
