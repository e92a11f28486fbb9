//! `keepalived.conf`: one VRRP instance for each virtual address that this balancer claims (keepalived.conf(5)).

use super::text::{Text, seconds, token};
use super::{Kind, interface, rivals};
use crate::infra::{Host, Infrastructure, Keepalived, TrackScript, Vip, VrrpInstance};
use crate::kernel::SimDuration;
use crate::kernel::small::decimal;

pub(super) const KIND: Kind = Kind {
    file: "keepalived.conf",
    to: "/etc/keepalived/keepalived.conf",
    check: "keepalived -t -f /etc/keepalived/keepalived.conf",
    load: "systemctl reload keepalived",
};

/// The configuration of one balancer's keepalived.
pub(super) fn write(
    infrastructure: &Infrastructure,
    host: &Host,
    keepalived: &Keepalived,
) -> String {
    let title = format!("keepalived on {} ({}): {}", host.name, host.title, infrastructure.title);
    let mut text = Text::new(&[
        &title,
        "Of the machines that claim an address the one with the highest priority holds it and says so; when it falls silent the",
        "next one takes over.",
    ]);
    global(&mut text, host, keepalived);
    if let Some(script) = &keepalived.track_script {
        track(&mut text, script);
    }
    for instance in &keepalived.instances {
        let vip = infrastructure.vips.iter().find(|vip| vip.name == instance.vip);
        if let Some(vip) = vip {
            claim(&mut text, infrastructure, host, keepalived, (instance, vip));
        }
    }
    text.finish()
}

fn global(text: &mut Text, host: &Host, keepalived: &Keepalived) {
    text.part("global_defs {");
    text.line(1, &format!("router_id {}", token(&host.name)));
    text.note(1, "Version 2 counts adverts in whole seconds, version 3 in hundredths. All machines need the same.");
    text.line(1, &format!("vrrp_version {}", keepalived.vrrp_version));
    text.note(1, "It starts even when the network interface comes up after it.");
    text.line(1, "dynamic_interfaces");
    text.note(1, "Scripts run as this user, and not at all if others could change them.");
    text.line(1, "script_user root");
    text.line(1, "enable_script_security");
    if keepalived.higher_prio_send_advert {
        text.note(1, "A holder that hears a higher priority speaks once more before it steps down, so that the clash is noticed.");
        text.line(1, "vrrp_higher_prio_send_advert");
    }
    text.line(0, "}");
}

fn track(text: &mut Text, script: &TrackScript) {
    text.part("vrrp_script haproxy_lives {");
    text.note(1, "keepalived sees that the machine lives; only this tells whether HAProxy does.");
    text.line(1, "script \"/usr/bin/pgrep -x haproxy\"");
    if script.interval != SimDuration::from_secs(seconds(script.interval)) {
        text.note(
            1,
            &format!("The plan says {}; keepalived counts whole seconds here.", script.interval),
        );
    }
    text.line(1, &format!("interval {}", seconds(script.interval)));
    text.note(1, "So many results in a row count.");
    text.line(1, &format!("fall {}", script.fall));
    text.line(1, &format!("rise {}", script.rise));
    text.note(1, match script.weight {
        0 => "0: while it fails this machine gives its addresses up, whatever its priority is.",
        ..0 => "Below 0: taken from the priority while it fails. It must be more than the gap to the other machine's.",
        1.. => "Above 0: added to the priority while it succeeds. It must be more than the gap to the other machine's.",
    });
    text.line(1, &format!("weight {}", script.weight));
    text.line(0, "}");
}

fn claim(
    text: &mut Text,
    infrastructure: &Infrastructure,
    host: &Host,
    keepalived: &Keepalived,
    (instance, vip): (&VrrpInstance, &Vip),
) {
    let name = token(&vip.name).replace('-', "_");
    let interface = interface(infrastructure, host);
    text.part(&format!("vrrp_instance {name} {{"));
    text.note(1, "All start as BACKUP, listen first, and let the priority decide.");
    text.line(1, "state BACKUP");
    text.line(1, &format!("interface {interface}"));
    text.note(
        1,
        "The same number on every machine that claims this address, and on none for another one.",
    );
    text.line(1, &format!("virtual_router_id {}", vip.virtual_router_id));
    text.note(1, "The highest alive holds the address.");
    text.line(1, &format!("priority {}", instance.priority));
    text.note(
        1,
        "Seconds between adverts; after three of them and a bit without one it is taken over.",
    );
    text.line(1, &format!("advert_int {}", decimal(keepalived.advert_int.as_secs_f64(), 2)));
    if instance.nopreempt {
        text.note(1, "A returning machine leaves the address where it is: one interruption less.");
        text.line(1, "nopreempt");
    } else if instance.preempt_delay > SimDuration::ZERO {
        text.note(1, "A returning machine waits so many seconds before it takes the address back.");
        let delay = decimal(instance.preempt_delay.as_secs_f64(), 3);
        text.line(1, &format!("preempt_delay {delay}"));
    }
    let claims = |other: &Keepalived| other.instances.iter().any(|own| own.vip == vip.name);
    let others: Vec<String> =
        rivals(infrastructure, host, claims).map(|other| other.address.to_string()).collect();
    if !others.is_empty() {
        text.note(1, "Adverts go to these machines alone (IP protocol 112), not to a multicast group that some networks drop.");
        text.line(1, &format!("unicast_src_ip {}", host.address));
        text.line(1, "unicast_peer {");
        for other in &others {
            text.line(2, other);
        }
        text.line(1, "}");
    }
    text.note(1, &format!("{}: what the domain's A record says.", vip.name));
    text.line(1, "virtual_ipaddress {");
    text.line(2, &format!("{}/32 dev {interface}", vip.address));
    text.line(1, "}");
    if keepalived.track_script.is_some() {
        text.line(1, "track_script {");
        text.line(2, "haproxy_lives");
        text.line(1, "}");
    }
    text.line(0, "}");
}
