//! `curl -I`: the head of the answer that a user would get who asked now, or curl's own words for why there is none (curl 7.88). It is tried
//! on a copy of the world, so the answer is one that the simulation really gives, with its chance.

use crate::infra::{CookieMode, Host, Infrastructure, Peer, Reach, Service};
use crate::kernel::SimDuration;
use crate::kernel::small::fixed;
use crate::sim::{
    DYNAMIC_PATH, HostView, Outcome, RequestRecord, STATIC_PATH, Simulation, Step, Termination,
    Trial,
};

use super::clock;

/// What `curl` with these words prints.
pub(super) fn curl(world: &Simulation, words: &[&str]) -> String {
    let mut options = String::new();
    let mut url = None;
    for word in words {
        match word.strip_prefix('-') {
            Some("-head") => options.push('I'),
            Some("-silent") => options.push('s'),
            Some(short) if short.chars().all(|letter| "IsSk".contains(letter)) => {
                options.push_str(short);
            }
            Some(_) => return format!("# not modelled here: curl {word}"),
            None => url = Some(*word),
        }
    }
    let Some(url) = url else {
        return "curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information"
            .to_owned();
    };
    if !options.contains('I') {
        return "# not modelled here: the pages themselves; ask for their heads, with curl -I"
            .to_owned();
    }
    let is_mute = options.contains('s') && !options.contains('S');
    match head(world, url) {
        Ok(text) => text,
        Err((0, said)) => said,
        Err((code, _)) if is_mute => format!("# exit status {code}"),
        Err((code, said)) => format!("curl: ({code}) {said}"),
    }
}

/// The port that users come to.
pub(super) fn site_port(world: &Simulation) -> u16 {
    let infrastructure = &world.plan().infrastructure;
    let balancer = infrastructure.balancers().next().and_then(Host::haproxy);
    balancer.map(|haproxy| haproxy.port).or_else(|| plain_port(infrastructure)).unwrap_or(80)
}

/// The port of the web server that users reach without a balancer.
fn plain_port(infrastructure: &Infrastructure) -> Option<u16> {
    let mut hosts = infrastructure.vips.iter().filter_map(|vip| vip.host.as_ref());
    let host = hosts.find_map(|name| infrastructure.host(name))?;
    host.services.iter().find_map(Service::as_nginx).map(|nginx| nginx.port)
}

/// The head of the answer; else curl's exit status and what it says, with status 0 what is no word of curl's.
fn head(world: &Simulation, url: &str) -> Result<String, (u8, String)> {
    let infrastructure = &world.plan().infrastructure;
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let own: u16 = match scheme {
        "http" => 80,
        "https" => 443,
        _ => {
            let said = format!("Protocol \"{scheme}\" not supported or disabled in libcurl");
            return Err((1, said));
        }
    };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => {
            let bad = "URL using bad/illegal format or missing URL".to_owned();
            (name, port.parse::<u16>().map_err(|_| (3_u8, bad))?)
        }
        None => (authority, own),
    };
    if infrastructure.host(name).is_some() {
        let said = "# not modelled here: what does not come from users; on a machine: `ssh web-1 curl http://localhost/nginx_status`";
        return Err((0, said.to_owned()));
    }
    if name != infrastructure.domain {
        return Err((6, format!("Could not resolve host: {name}")));
    }
    if port != site_port(world) {
        return Err(elsewhere(world, port));
    }
    let asked = path;
    let path = if path.starts_with("/static/") { STATIC_PATH } else { DYNAMIC_PATH };
    match world.try_request(path) {
        Trial::Ended(record) => ended(world, &record, port, asked),
        Trial::UnderWay => {
            Err((0, "# nothing yet: it would still be waiting after a long look ahead".to_owned()))
        }
        Trial::NobodyAsks => {
            Err((0, "# not modelled here: no user of this workload asks for that".to_owned()))
        }
    }
}

/// Another port than the site's: refused by the machine, or dropped by the firewall.
fn elsewhere(world: &Simulation, port: u16) -> (u8, String) {
    let infrastructure = &world.plan().infrastructure;
    let (addresses, _) = world.dns_answer();
    let vips = world.snapshot().vips;
    let first = addresses.first().copied();
    let owner = vips.into_iter().find(|vip| Some(vip.address) == first).and_then(|vip| vip.owner);
    let answers = first.is_some_and(|address| world.is_reached(address));
    let reach = owner.and_then(|owner| infrastructure.reach(&Peer::Internet, &owner, port));
    let refuses = answers && matches!(reach, Some(Reach::NothingListens { .. }));
    if refuses {
        return refused(world, port, infrastructure.network.internet_latency * 2);
    }
    let patience = world.plan().workload.connect_timeout * addresses.len() as u64;
    silent(world, port, patience)
}

fn refused(world: &Simulation, port: u16, after: SimDuration) -> (u8, String) {
    (7, unconnected(world, port, after, "Couldn't connect to server"))
}

fn silent(world: &Simulation, port: u16, after: SimDuration) -> (u8, String) {
    (28, unconnected(world, port, after, "Timeout was reached"))
}

fn unconnected(world: &Simulation, port: u16, after: SimDuration, why: &str) -> String {
    let (domain, ms) = (&world.plan().infrastructure.domain, fixed(after.as_ms_f64(), 0));
    format!("Failed to connect to {domain} port {port} after {ms} ms: {why}")
}

/// What the user saw, in curl's words.
fn ended(
    world: &Simulation,
    record: &RequestRecord,
    port: u16,
    asked: &str,
) -> Result<String, (u8, String)> {
    let took = record.ended_at.since(record.started_at);
    let ms = fixed(took.as_ms_f64(), 0);
    let (status, termination) = match record.outcome {
        Outcome::Ok => (200, Termination::Normal),
        Outcome::Status { status: 0, .. } => {
            return Err((52, "Empty reply from server".to_owned()));
        }
        Outcome::Status { status, termination } => (status, termination),
        Outcome::NoConnection => {
            let is_refused = matches!(record.steps.last(), Some(Step::AddressRefused { .. }));
            if is_refused {
                return Err(refused(world, port, took));
            }
            return Err(silent(world, port, took));
        }
        Outcome::Reset if port == 443 => {
            return Err((56, "OpenSSL SSL_read: Connection reset by peer, errno 104".to_owned()));
        }
        Outcome::Reset => return Err((56, "Recv failure: Connection reset by peer".to_owned())),
        Outcome::NoAnswer => {
            let said = format!("Operation timed out after {ms} milliseconds with 0 bytes received");
            return Err((28, said));
        }
        Outcome::NoCertificate => {
            let domain = &world.plan().infrastructure.domain;
            let said = format!(
                "SSL: no alternative certificate subject name matches target host name '{domain}'"
            );
            return Err((60, said));
        }
    };
    let mut text = format!("HTTP/1.1 {status} {}\n", reason(status));
    let is_own = termination != Termination::Normal;
    if is_own {
        let length = own_length(status);
        text.push_str(&format!(
            "content-length: {length}\ncache-control: no-cache\ncontent-type: text/html\n"
        ));
    } else {
        from_server(world, record, status, asked, &mut text);
    }
    let way = way(record);
    text.push_str(&format!("\n# answered after {ms} ms: {way}\n"));
    if !is_own {
        text.push_str(&format!("{}\n", clock::SINCE));
        if world.plan().workload.answer_kib == 0 {
            text.push_str("# no content-length: without `answer_kib` answers have no size here\n");
        }
    }
    text.push_str("# what the next user gets who asks at this instant; as long as time stands, that is the same one\n");
    let hosts = world.snapshot().hosts;
    if !hosts.iter().all(HostView::is_well) {
        text.push_str(
            "# not everything is well here: who asks at another instant may fare otherwise\n",
        );
    }
    Ok(text)
}

/// Who had the request, in order.
fn way(record: &RequestRecord) -> String {
    let mut way = "you".to_owned();
    for step in &record.steps {
        let next = match step {
            Step::Dialled { vip } => vip,
            Step::Accepted { balancer } => balancer,
            Step::Picked { server, .. } | Step::PassedOn { server, .. } => server,
            _ => continue,
        };
        way.push_str(" > ");
        way.push_str(next);
    }
    way
}

/// What the server's own answer says in its head, in the order of Nginx 1.22 and gunicorn 20; HAProxy writes the names small, and its cookie last.
fn from_server(
    world: &Simulation,
    record: &RequestRecord,
    status: u16,
    asked: &str,
    text: &mut String,
) {
    let infrastructure = &world.plan().infrastructure;
    let accepted = record.steps.iter().rev().find_map(|step| match step {
        Step::Accepted { balancer } => infrastructure.host(balancer)?.haproxy(),
        _ => None,
    });
    let picked = record.steps.iter().rev().find_map(|step| match step {
        Step::Picked { backend, server, persistent, .. } => Some((backend, server, *persistent)),
        _ => None,
    });
    let file = record.path == STATIC_PATH && status == 200;
    let kind = kind(asked, status, file);
    let kib = u64::from(world.plan().workload.answer_kib);
    let length = (status == 200 && kib > 0).then_some(kib * 1024);
    let date = clock::http(record.ended_at);
    let Some((haproxy, (backend, server, is_bound))) = accepted.zip(picked) else {
        text.push_str(&format!("Server: nginx\nDate: {date}\nContent-Type: {kind}\n"));
        if let Some(length) = length {
            text.push_str(&format!("Content-Length: {length}\n"));
        }
        if file {
            text.push_str("Accept-Ranges: bytes\n");
        }
        return;
    };
    let backend = haproxy.backends.iter().find(|of| of.name == *backend);
    let server = backend.and_then(|of| of.servers.iter().find(|own| own.name == *server));
    let Some((backend, server)) = backend.zip(server) else { return };
    let services = infrastructure.host(&server.host).map(|host| host.services.as_slice());
    let mut services = services.unwrap_or_default().iter();
    let service = services.find(|service| service.ports().contains(&server.port));
    let is_app = service.is_some_and(|service| service.as_app().is_some());
    let program = if is_app { "gunicorn" } else { "nginx" };
    text.push_str(&format!("server: {program}\ndate: {date}\ncontent-type: {kind}\n"));
    if let Some(length) = length {
        text.push_str(&format!("content-length: {length}\n"));
    }
    if file && !is_app {
        text.push_str("accept-ranges: bytes\n");
    }
    let Some((cookie, value)) = backend.cookie.as_ref().zip(server.cookie.as_ref()) else { return };
    // Whom the stick table knows gets none, and `nocache` says nothing of an answer that no cache would keep (both as the real one does).
    if cookie.mode == CookieMode::Insert && !is_bound {
        text.push_str(&format!("set-cookie: {}={value}; path=/\n", cookie.name));
    }
}

/// What an answer is of: a page, an error's page, or a file by the end of its name, as the `mime.types` of Nginx 1.22 have it.
fn kind(asked: &str, status: u16, is_file: bool) -> &'static str {
    if !is_file {
        return if status == 200 { "text/html; charset=utf-8" } else { "text/html" };
    }
    let name = asked.split(['?', '#']).next().unwrap_or_default();
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

/// HAProxy and Nginx word the timeout as RFC 2616 did.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        408 => "Request Time-out",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Time-out",
        _ => "",
    }
}

/// The length of HAProxy's own error pages.
const fn own_length(status: u16) -> u16 {
    match status {
        408 => 110,
        500 => 97,
        504 => 92,
        _ => 107,
    }
}
