//! A virtual address and who has it; and the users with the ways by which they come.

use super::{begun, choosing, deeds, muted, offered, said, state};
use crate::infra::{Host, Infrastructure, Keepalived, USERS_END, Uplink, Vip, VrrpInstance};
use crate::run::Run;
use crate::sim::{FactKind, VipView};
use crate::submission::{escape_html, time};

/// The panel of a virtual address.
pub(super) fn panel(run: &Run, vip: &Vip) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let snapshot = run.simulation().snapshot();
    let view = snapshot.vips.iter().find(|view| view.name == vip.name);
    let mut markup = muted(&format!("{}, an A record of {}", vip.address, infrastructure.domain));
    markup.push_str(&view.map_or(String::new(), |view| owned(run, view)));
    let claims = claims(infrastructure, vip);
    if claims.is_empty() {
        let keeper = vip.host.as_deref().unwrap_or("its machine");
        markup.push_str(&said(&format!(
            "A plain address of {keeper}: nobody takes it over. When {keeper} dies, DNS goes on naming it, and users wait in vain."
        )));
    } else {
        markup.push_str(&vrrp(run, vip, &claims));
    }
    let hosts = claims.iter().map(|(host, ..)| host.name.as_str()).chain(vip.host.as_deref());
    let buttons: String = hosts.map(|name| choosing(name, name)).collect();
    markup
        + &format!("<div class=\"actions\" role=\"group\" aria-label=\"Machines\">{buttons}</div>")
}

/// Who has it, and since when.
fn owned(run: &Run, view: &VipView) -> String {
    let sign = match (view.is_split(), &view.owner) {
        (true, _) => "DEGRADED",
        (false, Some(_)) => "UP",
        (false, None) => "DOWN",
    };
    let told = state(sign, &begun(&view.told()));
    let took = |holder: &String| {
        let facts = run.simulation().facts().iter().rev();
        let mut its = facts.filter(|fact| fact.subject == view.name);
        let taken =
            its.find(|fact| matches!(&fact.kind, FactKind::VipTaken { by } if by == holder));
        taken.map_or_else(
            || format!("{holder} has had it from the start."),
            |fact| format!("{holder} took it at {}.", fact.at.clock()),
        )
    };
    let has_one =
        if view.holders.is_empty() { view.owner.as_slice() } else { view.holders.as_slice() };
    let since: Vec<String> = has_one.iter().map(took).collect();
    format!("<p>{told}. {}</p>", escape_html(&since.join(" ")))
}

/// Who claims it: the machine, its keepalived, and the claim; the highest priority first.
fn claims<'a>(
    infrastructure: &'a Infrastructure,
    vip: &Vip,
) -> Vec<(&'a Host, &'a Keepalived, &'a VrrpInstance)> {
    let mut claims: Vec<_> = infrastructure
        .hosts
        .iter()
        .filter_map(|host| Some((host, host.keepalived()?)))
        .flat_map(|(host, own)| own.instances.iter().map(move |claim| (host, own, claim)))
        .filter(|(_, _, claim)| claim.vip == vip.name)
        .collect();
    claims.sort_by_key(|(_, _, claim)| std::cmp::Reverse(claim.priority));
    claims
}

/// What keepalived does with it, and what can be done to keepalived.
fn vrrp(run: &Run, vip: &Vip, claims: &[(&Host, &Keepalived, &VrrpInstance)]) -> String {
    let snapshot = run.simulation().snapshot();
    let mut rows = String::new();
    for (host, _, claim) in claims {
        let component = format!("{}/keepalived", host.name);
        let view = snapshot.hosts.iter().find(|view| view.name == host.name);
        let services = view.map_or(&[][..], |view| &view.services);
        let is_up = services.iter().any(|service| service.name == "keepalived" && service.is_up);
        // A machine without power starts nothing.
        let is_off = services.iter().all(|service| !service.is_up);
        let (word, verb, deed) =
            if is_up { ("UP", "Kill", "kill") } else { ("DOWN", "Restore", "restore") };
        let (disabled, why) = if is_off {
            (" disabled=\"\"", format!("; nothing runs on {}: restore the machine", host.name))
        } else {
            ("", String::new())
        };
        let nopreempt = if claim.nopreempt { ", nopreempt" } else { "" };
        rows.push_str(&format!(
            "<li><span>{name}: priority {}{nopreempt}, keepalived {}{}</span><button data-do=\"deed\" data-on=\"{deed} {component}\" \
             aria-label=\"{verb} keepalived on {name}\"{disabled}>{verb}</button></li>",
            claim.priority,
            state(word, word),
            escape_html(&why),
            name = escape_html(&host.name),
            component = escape_html(&component),
        ));
    }
    let every = claims.first().map_or(String::new(), |(_, own, _)| {
        let tracked = own.track_script.map_or(String::new(), |script| {
            format!(
                " A script looks every {} whether HAProxy runs; {} failures in a row count against this machine.",
                time(script.interval),
                script.fall
            )
        });
        format!(
            "The MASTER, who has the highest priority alive, sends an advert every {}. A BACKUP that hears none for a little more than three times \
             that takes the address, and tells the network by gratuitous ARP that it is delivered there from now on.{tracked}",
            time(own.advert_int)
        )
    });
    let infrastructure = &run.simulation().plan().infrastructure;
    let adverts = deeds(run, "VRRP adverts", &offered(infrastructure, "net-heartbeat"));
    format!(
        "<ul class=\"things\">{rows}</ul>{}{adverts}{}",
        said(&format!("VRRP, virtual router {}. {every}", vip.virtual_router_id)),
        muted(
            "The adverts, whole or cut: if they are lost while both live, both take the address. DNS spreads users over the addresses; it does not know \
             who has one."
        )
    )
}

/// The panel of the users.
pub(super) fn users(run: &Run) -> String {
    let infrastructure = &run.simulation().plan().infrastructure;
    let outages = run.simulation().snapshot().outages;
    let network = &infrastructure.network;
    let mut markup = muted(&format!(
        "They ask for {}, {} away, and send {} requests a second.",
        infrastructure.domain,
        time(network.internet_latency),
        crate::kernel::small::decimal(run.plan().workload.rate, 3)
    ));
    let is = if outages.is_offline {
        state("DOWN", "No way in works: nothing gets in or out")
    } else if let Some(link) =
        outages.links.iter().find(|link| [&link.from, &link.to].iter().any(|end| *end == USERS_END))
    {
        let own = if link.from == USERS_END { &link.to } else { &link.from };
        state("DEGRADED", &format!("The link to {own} is not whole"))
    } else if outages.uplinks.is_empty() {
        state("UP", "Every way in works")
    } else {
        state("DEGRADED", &format!("Broken: {}", outages.uplinks.join(", ")))
    };
    markup.push_str(&format!("<p>{is}</p>"));
    let way = |uplink: &Uplink| {
        let choices = offered(infrastructure, &format!("net-{}", uplink.name));
        let name = format!("{}, {}", uplink.name, uplink.role);
        format!("<h3>{}</h3>{}", escape_html(&name), deeds(run, &uplink.name, &choices))
    };
    markup.extend(infrastructure.uplinks.iter().map(way));
    markup.push_str(&said(&match infrastructure.uplinks.len() {
        0 => "No uplink is modelled: users are always connected.".to_owned(),
        1 => "There is one way in: when it breaks, nobody reaches the site.".to_owned(),
        _ => format!(
            "Routing sends all users by one uplink, the first that works. When that breaks, it takes {} until they come by another; until then their \
             packets are lost.",
            time(network.routing_time)
        ),
    }));
    markup
}
