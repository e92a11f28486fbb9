//! The figures of TLS that no directive of HAProxy sets: how many clients resume a session, what a handshake is for a core, and
//! whether the certificate is there. They stand in `haproxy.cfg` as a comment, which HAProxy leaves alone and our reader takes back.

use crate::infra::Tls;
use crate::kernel::SimDuration;

/// What such a comment begins with, after its `#`.
const MARK: &str = "foobar-lab tls:";
/// What may stand in it.
const ALLOWED: &str = "a comment of the lab holds resumed_percent=0 to 100, full_work=TIME, resumed_work=TIME and certificate=true or false";

/// The comment, without its `#`.
pub(super) fn write(tls: Tls) -> String {
    let Tls {
        resumed_percent,
        full_work,
        resumed_work,
        to_servers: _,
        certificate,
        tls_ticket_keys: _,
    } = tls;
    format!(
        "{MARK} resumed_percent={resumed_percent} full_work={full_work} resumed_work={resumed_work} certificate={certificate}"
    )
}

/// What a line says if it is such a comment, else `None`. What it leaves out is as usual; `Err`: what it may hold.
pub(super) fn read(line: &str) -> Option<Result<Tls, &'static str>> {
    let figures = line.trim().strip_prefix('#')?.trim_start().strip_prefix(MARK)?;
    let mut tls = Tls::USUAL;
    let mut words = figures.split_whitespace();
    let is_understood = words.all(|word| take_in(word, &mut tls).is_some());
    Some(if is_understood { Ok(tls) } else { Err(ALLOWED) })
}

/// One figure; `None` if it is none.
fn take_in(word: &str, tls: &mut Tls) -> Option<()> {
    let (name, value) = word.split_once('=')?;
    match name {
        "resumed_percent" => {
            tls.resumed_percent = value.parse::<u32>().ok().filter(|percent| *percent <= 100)?;
        }
        "full_work" => tls.full_work = value.parse::<SimDuration>().ok()?,
        "resumed_work" => tls.resumed_work = value.parse::<SimDuration>().ok()?,
        "certificate" => tls.certificate = value.parse::<bool>().ok()?,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(percent in 0_u32..=100, full in 0_u64..10_000_000_000, resumed in 0_u64..10_000_000_000, certificate in any::<bool>()) {
            let [full_work, resumed_work] = [full, resumed].map(SimDuration::from_ns);
            let tls = Tls { resumed_percent: percent, full_work, resumed_work, to_servers: false, certificate, ..Tls::USUAL };
            prop_assert_eq!(read(&format!("    # {}", write(tls))), Some(Ok(tls)));
        }
    }

    #[test]
    fn other_comments_are_none_and_wrong_ones_are_told() {
        for line in ["", "# TLS ends here", "foobar-lab tls: certificate=true", "bind :443 # ssl"] {
            assert_eq!(read(line), None, "{line}");
        }
        for figure in ["certificate=no", "resumed_percent=101", "full_work=5", "colour=red", "x"] {
            assert_eq!(read(&format!("# {MARK} {figure}")), Some(Err(ALLOWED)), "{figure}");
        }
        assert_eq!(read(&format!("#{MARK}")), Some(Ok(Tls::USUAL)));
    }
}
