//! Whether keepalived can do its part: figures in range, a HAProxy beside it, and its rivals within earshot.

use super::faults::{Faults, HOUR, each, join};
use crate::infra::{Host, Infrastructure, Keepalived};
use crate::kernel::SimDuration;

impl Infrastructure {
    /// Whoever claims an address can take its users, and hears the others that claim it.
    pub(super) fn check_cluster(&self, host: &Host, faults: &mut Faults) {
        let Some(keepalived) = host.keepalived() else { return };
        if host.haproxy().is_none() {
            let at = host.services.iter().position(|own| own.name() == "keepalived").unwrap_or(0);
            let allowed = "a host with the service haproxy";
            faults.expect(false, &format!("services[{at}].keepalived"), &host.name, allowed);
            return;
        }
        let is_own = |vip: &String| keepalived.instances.iter().any(|own| own.vip == *vip);
        // Adverts are multicast, and do not leave their VLAN.
        let first = self.hosts.iter().find(|other| {
            let claims = other.keepalived().map_or(&[][..], |other| &other.instances);
            claims.iter().any(|claim| is_own(&claim.vip))
        });
        let hears = first.is_none_or(|first| first.zone == host.zone);
        let allowed = "all balancers of a virtual address in one zone";
        faults.expect(hears, "zone", &host.zone, allowed);
    }

    pub(super) fn check_keepalived(&self, keepalived: &Keepalived, faults: &mut Faults) {
        let (version, advert) = (keepalived.vrrp_version, keepalived.advert_int);
        faults.expect(matches!(version, 2 | 3), "vrrp_version", &version, "2 or 3");
        let steps_of = |step: u64, most: u64| {
            let ns = advert.as_ns();
            ns.is_multiple_of(step) && (1..=most).contains(&(ns / step))
        };
        let (advert_ok, allowed) = if version == 3 {
            (steps_of(10_000_000, 4095), "10ms to 40.95s in steps of 10ms (version 3)")
        } else {
            (steps_of(1_000_000_000, 255), "1s to 255s in whole seconds (version 2)")
        };
        faults.expect(advert_ok, "advert_int", &advert, allowed);
        // A second one would be the same router with the same address.
        faults.unique(each("instances", "vip", &keepalived.instances, |own| own.vip.clone()));
        for (index, instance) in keepalived.instances.iter().enumerate() {
            let back = faults.enter_item("instances", index);
            if !self.vips.iter().any(|vip| vip.name == instance.vip) {
                let vips = join(self.vips.iter().map(|vip| &vip.name));
                faults.expect(false, "vip", &instance.vip, &vips);
            }
            let (priority, delay) = (instance.priority, instance.preempt_delay);
            faults.expect((1..=254).contains(&priority), "priority", &priority, "1 to 254");
            let delay_ok = delay <= SimDuration::from_secs(1000);
            faults.expect(delay_ok, "preempt_delay", &delay, "0s to 1000s");
            // keepalived resets it, and says so.
            let is_used = !instance.nopreempt || delay == SimDuration::ZERO;
            faults.expect(is_used, "preempt_delay", &delay, "0s beside nopreempt");
            faults.leave(back);
        }
        let Some(script) = &keepalived.track_script else { return };
        let back = faults.enter("track_script");
        faults.time("interval", script.interval, SimDuration::from_ms(10), HOUR);
        faults.count("fall", script.fall, 1, 100);
        faults.count("rise", script.rise, 1, 100);
        let weight_ok = (-253..=253).contains(&script.weight);
        faults.expect(weight_ok, "weight", &script.weight, "-253 to 253");
        faults.leave(back);
    }
}
