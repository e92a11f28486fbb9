//! The page before the app arrives: the same drawing and the same words, made at build time by the same code, in the
//! places where the app will put its own; and the service worker that keeps all of it for the next visit.

use super::{escape_html, html_sections};
use crate::diagram::{Layout, Orientation, Scene, compose, stage_group};
use crate::infra::{Host, Infrastructure};
use crate::kernel::Digest;

/// Where the static lab goes in `index.html`.
pub const LAB_MARKER: &str = "<!-- static:lab -->";
/// Where the explanations go in `index.html`.
pub const READING_MARKER: &str = "<!-- static:reading -->";

/// The lab as it looks before it lives. What needs the app is disabled, and hidden where there is no scripting.
pub fn lab(infrastructure: &Infrastructure) -> String {
    let disabled = |id: &str, text: &str| format!("<button id=\"{id}\" disabled>{text}</button>");
    let nav: String = [("open-what-if", "What if…"), ("open-lecture", "Lecture"), ("open-save", "Save…")]
        .map(|(id, text)| disabled(id, text))
        .concat();
    let transport: String =
        [("restart", "Restart"), ("step", "Step"), ("play", "Play")].map(|(id, text)| disabled(id, text)).concat();
    let hosts: String = infrastructure.hosts.iter().map(host_item).collect();
    format!(
        "<div id=\"lab\" data-mode=\"lab\">\
         <header id=\"head\"><h1>{domain}, scaled up</h1><nav class=\"needs-script\">{nav}</nav></header>\
         <main><section id=\"stage\" aria-label=\"The infrastructure\">{landscape}{portrait}</section>\
         <div id=\"transport\" class=\"needs-script\">{transport}</div>\
         <aside id=\"panel\"><section id=\"readings\" class=\"needs-script\">{readings}</section>\
         <section id=\"inspector\"><p class=\"hint\"><strong>{title}.</strong> \
         The drawing and the explanations below can be read as they are; the live lab needs JavaScript.</p></section></aside></main>\
         <section id=\"text-view\"><h2>The same as text</h2><ul class=\"hosts\">{hosts}</ul></section></div>",
        domain = escape_html(&infrastructure.domain),
        title = escape_html(&infrastructure.title),
        landscape = drawing(infrastructure, Orientation::Landscape, "landscape"),
        portrait = drawing(infrastructure, Orientation::Portrait, "portrait"),
        readings = READINGS,
    )
}

/// The counters before anything is counted.
const READINGS: &str = "<dl class=\"figures\"><div><dt>requests/s</dt><dd>0.0</dd></div><div><dt>errors/s</dt><dd>0.0</dd></div>\
     <div><dt>p50</dt><dd>–</dd></div><div><dt>p95</dt><dd>–</dd></div></dl>\
     <p class=\"totals\">0 requests: 0 answered, 0 failed, 0 on their way</p>";

/// The component explanations.
pub fn reading(infrastructure: &Infrastructure) -> String {
    html_sections(infrastructure)
}

fn drawing(infrastructure: &Infrastructure, orientation: Orientation, class: &str) -> String {
    let layout = Layout::new(infrastructure, orientation);
    let Scene { size, title, description, groups } = compose(infrastructure, None, &layout, &[]);
    let groups: String = groups.iter().map(|group| format!("<g>{}</g>", stage_group(group))).collect();
    format!(
        "<svg class=\"drawing {class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{groups}</svg>",
        size.width,
        size.height,
        escape_html(&format!("{title}. {description}")),
    )
}

fn host_item(host: &Host) -> String {
    let services: Vec<&str> = host.services.iter().map(crate::infra::Service::title).collect();
    format!(
        "<li data-host=\"{name}\"><h3>{name}</h3><p class=\"muted\">{title}, {role}, {address}</p><p>{services}</p></li>",
        name = escape_html(&host.name),
        title = escape_html(&host.title),
        role = escape_html(&host.role),
        address = host.address,
        services = escape_html(&services.join(", ")),
    )
}

/// A service worker that keeps these files (name and content) and answers from them alone. Its cache is named after
/// their content: a new version is fetched whole beside the old one and takes over when the old page is closed.
pub fn service_worker(files: &[(String, Vec<u8>)]) -> String {
    let mut digest = Digest::default();
    let mut names = String::from("\"./\"");
    for (name, content) in files {
        digest.text(name);
        digest.word(content.len() as u64);
        for chunk in content.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            digest.word(u64::from_le_bytes(word));
        }
        if name != "index.html" {
            names.push_str(&format!(", \"./{name}\""));
        }
    }
    format!(
        r#"// Made by the build. Keeps the whole lab for the next visit, with or without a network.
const CACHE = "foobar-lab-{digest}";
const FILES = [{names}];

addEventListener("install", (event) => {{
  const fresh = FILES.map((file) => new Request(file, {{ cache: "reload" }}));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
}});

addEventListener("activate", (event) => {{
  const old = (name) => name.startsWith("foobar-lab-") && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
}});

addEventListener("fetch", (event) => {{
  if (event.request.method !== "GET" || !event.request.url.startsWith(registration.scope)) return;
  const kept = event.request.mode === "navigate" ? "./" : event.request;
  event.respondWith(caches.open(CACHE).then((cache) => cache.match(kept)).then((found) => found ?? fetch(event.request)));
}});
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;

    #[test]
    fn the_static_lab_is_well_formed_and_names_every_host() {
        let infrastructure = Preset::Brief.infrastructure();
        let html = lab(&infrastructure);
        let document = roxmltree::Document::parse(&html).unwrap();
        for host in &infrastructure.hosts {
            assert!(
                document.descendants().any(|node| node.attribute("data-host") == Some(host.name.as_str())),
                "{}",
                host.name
            );
        }
        let forbidden = |name: &str| name == "style" || name.starts_with("on");
        assert!(document.descendants().all(|node| node.attributes().all(|attribute| !forbidden(attribute.name()))));
    }

    #[test]
    fn the_cache_is_named_after_the_content() {
        let files = |content: &str| vec![("a.js".to_owned(), content.as_bytes().to_vec())];
        let first_line = |content: &str| service_worker(&files(content)).lines().nth(1).unwrap().to_owned();
        assert_eq!(first_line("1"), first_line("1"));
        assert_ne!(first_line("1"), first_line("2"));
    }
}
