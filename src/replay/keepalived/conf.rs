//! What a recording's keepalived.conf says, as far as the model knows it.

use crate::infra::{Keepalived, TrackScript, VrrpInstance};
use crate::kernel::SimDuration;

/// Reads the file of one node.
pub(super) fn read(text: &str) -> Result<Keepalived, String> {
    let mut keepalived = Keepalived::new(Vec::new());
    let mut script = None;
    let mut is_tracked = false;
    for Statement { block, words } in statements(text) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let outer = block.first().and_then(|head| head.split_whitespace().next()).unwrap_or("");
        if outer == "vrrp_instance" && block.len() == 1 {
            let name = block[0].split_whitespace().nth(1).unwrap_or("");
            if keepalived.instances.last().is_none_or(|last| last.vip != name) {
                keepalived.instances.push(VrrpInstance::new(name, 100));
            }
        }
        match (outer, block.len(), words.as_slice()) {
            ("global_defs", 1, ["vrrp_version", version]) => {
                keepalived.vrrp_version = whole(version)?;
            }
            ("global_defs", 1, ["vrrp_higher_prio_send_advert", rest @ ..]) => {
                keepalived.higher_prio_send_advert = !rest.contains(&"false");
            }
            ("vrrp_script", 1, [key, rest @ ..]) => {
                let script = script.get_or_insert_with(TrackScript::default);
                match (*key, rest) {
                    ("interval", [value]) => script.interval = seconds(value)?,
                    ("fall", [value]) => script.fall = whole(value)?,
                    ("rise", [value]) => script.rise = whole(value)?,
                    ("weight", [value]) => script.weight = whole(value)?,
                    _ => {}
                }
            }
            ("vrrp_instance", 2, [name, ..]) if block[1] == "track_script" => {
                is_tracked |= !name.is_empty();
                if let ([_, "weight", value, ..], Some(script)) = (words.as_slice(), &mut script) {
                    script.weight = whole(value)?;
                }
            }
            ("vrrp_instance", 1, ["version", version]) => keepalived.vrrp_version = whole(version)?,
            ("vrrp_instance", 1, ["advert_int", value]) => keepalived.advert_int = seconds(value)?,
            _ => {}
        }
        if let (Some(instance), "vrrp_instance", 1) =
            (keepalived.instances.last_mut(), outer, block.len())
        {
            match words.as_slice() {
                ["priority", value] => instance.priority = whole(value)?,
                ["nopreempt"] => instance.nopreempt = true,
                ["preempt_delay", value] => instance.preempt_delay = seconds(value)?,
                _ => {}
            }
        }
    }
    keepalived.track_script = script.filter(|_| is_tracked);
    clear_nopreempt_of_masters(text, &mut keepalived);
    Ok(keepalived)
}

/// keepalived ignores `nopreempt` in an instance that is to begin as MASTER, and says so.
fn clear_nopreempt_of_masters(text: &str, keepalived: &mut Keepalived) {
    for Statement { block, words } in statements(text) {
        let [key, state] = words.as_slice() else { continue };
        if key == "state" && state == "MASTER" && block.len() == 1 {
            let name = block[0].split_whitespace().nth(1);
            for instance in &mut keepalived.instances {
                instance.nopreempt &= Some(instance.vip.as_str()) != name;
            }
        }
    }
}

/// A line's words, and the heads of the blocks it stands in.
struct Statement {
    block: Vec<String>,
    words: Vec<String>,
}

fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut block: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split(['#', '!']).next().unwrap_or("");
        let line = line.replace('{', " { ").replace('}', " } ");
        let mut words: Vec<String> = Vec::new();
        for word in line.split_whitespace() {
            match word {
                "{" => block.push(std::mem::take(&mut words).join(" ")),
                "}" => {
                    let words = std::mem::take(&mut words);
                    found.push(Statement { block: block.clone(), words });
                    block.pop();
                }
                word => words.push(word.to_owned()),
            }
        }
        found.push(Statement { block: block.clone(), words });
    }
    found.retain(|statement| !statement.words.is_empty());
    found
}

fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("keepalived_conf: found {text}; allowed: a whole number"))
}

fn seconds(text: &str) -> Result<SimDuration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.0..1e6).contains(seconds));
    let seconds =
        seconds.ok_or_else(|| format!("keepalived_conf: found {text}; allowed: seconds"))?;
    Ok(SimDuration::from_ms(libm::round(seconds * 1000.0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_says_is_read() {
        let text = "global_defs {\n  vrrp_version 3\n}\nvrrp_script chk {\n  interval 2\n  fall 3\n  weight -5\n}\n\
                    vrrp_instance one {\n  state BACKUP\n  priority 150 # high\n  advert_int 0.5\n  nopreempt\n  \
                    virtual_ipaddress { 10.77.0.101/24 }\n  track_script { chk weight -7 }\n}\n\
                    vrrp_instance two {\n  state MASTER\n  nopreempt\n}\n";
        let read = read(text).unwrap();
        let one = VrrpInstance { nopreempt: true, ..VrrpInstance::new("one", 150) };
        let script =
            TrackScript { interval: SimDuration::from_secs(2), fall: 3, rise: 1, weight: -7 };
        let expected = Keepalived {
            vrrp_version: 3,
            advert_int: SimDuration::from_ms(500),
            track_script: Some(script),
            ..Keepalived::new(vec![one, VrrpInstance::new("two", 100)])
        };
        assert_eq!(read, expected);
    }
}
