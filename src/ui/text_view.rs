//! The infrastructure as text: always on the page, always current, with the same actions as the drawing.

use leptos::prelude::*;

use super::inspector::{HostActions, ServiceRow, find};
use super::lab::use_lab;
use crate::infra::{Component, Host};
use crate::sim::ServerView;

/// Machines, addresses and servers as tables.
#[component]
pub(super) fn TextView() -> impl IntoView {
    let lab = use_lab();
    let hosts = lab.run.with_value(|run| run.plan().infrastructure.hosts.clone());
    let vips = Memo::new(move |_| lab.readout.with(|readout| readout.snapshot.vips.clone()));
    let servers = Memo::new(move |_| lab.readout.with(|readout| readout.snapshot.servers.clone()));
    view! {
        <section id="text-view" aria-labelledby="text-view-title">
            <h2 id="text-view-title">"The same as text"</h2>
            <ul class="vips">
                <For each=move || vips.get() key=|vip| (vip.name.clone(), vip.owner.clone()) let(vip)>
                    <li data-vip=vip.name.clone()>
                        {vip.name.clone()}" "{vip.address.to_string()}": "
                        {vip.owner.clone().map_or("no owner".to_owned(), |owner| format!("owned by {owner}"))}
                    </li>
                </For>
            </ul>
            <ul class="hosts">
                {hosts.into_iter().map(|host| view! { <HostRow host/> }).collect_view()}
            </ul>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="servers-title">
                <table id="servers">
                    <caption id="servers-title">"Servers as each balancer sees them"</caption>
                    <thead><tr>
                        <th scope="col">"Balancer"</th><th scope="col">"Backend"</th><th scope="col">"Server"</th>
                        <th scope="col">"Status"</th><th scope="col">"Sessions"</th>
                    </tr></thead>
                    <tbody>
                        <For each=move || 0..servers.with(Vec::len) key=|index| *index let(index)>
                            <ServerRow index servers/>
                        </For>
                    </tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn HostRow(
    /// The machine.
    host: Host,
) -> impl IntoView {
    let lab = use_lab();
    let name = StoredValue::new(host.name.clone());
    let now = Memo::new(move |_| find(lab, &name.read_value()));
    let word = move || now.with(|host| host.as_ref().map_or("?", |host| host.condition.word()));
    let reading = move || {
        now.with(|host| {
            let load = host.as_ref().and_then(|host| host.load);
            load.map(|load| format!("{} of {} workers busy, {} waiting", load.busy, load.workers, load.queue))
        })
    };
    let services = now.get_untracked().map(|host| host.services).unwrap_or_default();
    view! {
        <li data-host=host.name.clone()>
            <h3>{host.name.clone()} <span class="state" data-state=word>{word}</span></h3>
            <p class="muted">{host.title}", "{host.role}", "{host.address.to_string()}</p>
            <p class="reading">{reading}</p>
            <HostActions name=host.name.clone() host=now/>
            <ul class="services">
                {services.into_iter().map(|service| {
                    let component = Component::service(&host.name, service.name);
                    view! { <ServiceRow component title=service.title service=service.name host=now/> }
                }).collect_view()}
            </ul>
        </li>
    }
}

#[component]
fn ServerRow(
    /// Which server.
    index: usize,
    /// All of them.
    servers: Memo<Vec<ServerView>>,
) -> impl IntoView {
    let server = Memo::new(move |_| servers.with(|servers| servers.get(index).cloned()));
    let name = move |pick: fn(&ServerView) -> String| {
        move || server.with(|server| server.as_ref().map(pick))
    };
    let row = move || {
        server.with(|server| {
            server.as_ref().map(|server| format!("{}/{}/{}", server.balancer, server.backend, server.name))
        })
    };
    view! {
        <tr data-server=row>
            <td>{name(|server| server.balancer.clone())}</td>
            <td>{name(|server| server.backend.clone())}</td>
            <td>{name(|server| server.name.clone())}</td>
            <td class="status">{name(|server| server.status.to_string())}</td>
            <td class="sessions">{name(|server| server.requests.to_string())}</td>
        </tr>
    }
}
