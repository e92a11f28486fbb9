//! The service worker that keeps the whole lab for the next visit.

use crate::kernel::Digest;

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

// Whatever is asked for as a page and is none of the files is the app.
async function answer(request) {{
  const cache = await caches.open(CACHE);
  const page = () => request.mode === "navigate" ? cache.match("./") : undefined;
  return (await cache.match(request)) ?? (await page()) ?? fetch(request);
}}

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
  event.respondWith(answer(event.request));
}});
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_named_after_the_content() {
        let files = |content: &str| vec![("a.js".to_owned(), content.as_bytes().to_vec())];
        let first_line =
            |content: &str| service_worker(&files(content)).lines().nth(1).unwrap().to_owned();
        assert_eq!(first_line("1"), first_line("1"));
        assert_ne!(first_line("1"), first_line("2"));
    }
}
