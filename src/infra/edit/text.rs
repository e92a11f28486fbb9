//! Edits as text: how they are written in links and on the command line, and read back.

use std::fmt;
use std::str::FromStr;

use super::{Edit, EditError, Figure, NewRule, PARTS, Part, Routing, Setting, TlsMode};

/// The longest name of a rule that is read.
const LONGEST_NAME: usize = 200;

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(part) => write!(f, "add-{}", PARTS[*part as usize].0),
            Self::Remove(host) => write!(f, "remove:{host}"),
            Self::Set(figure, host, value) => write!(f, "{}:{host}={value}", figure.name()),
            Self::Tls(mode) => write!(f, "tls:{}", mode.name()),
            Self::Routing(routing) => write!(f, "routing:{}", routing.name()),
            Self::AddRule(rule) => write!(f, "rule:{rule}"),
            Self::RemoveRule(name) => write!(f, "remove-rule:{name}"),
            Self::Tune(setting, host, value) => write!(
                f,
                "{}.{}:{host}={}",
                setting.service(),
                setting.name(),
                setting.written(*value)
            ),
        }
    }
}

impl FromStr for Edit {
    type Err = EditError;

    fn from_str(text: &str) -> Result<Self, EditError> {
        let shown = |text: &str| text.chars().take(60).collect::<String>();
        read(text).ok_or_else(|| match known_setting(text) {
            // What it names is there: only the value is none.
            Some((setting, name, value)) if is_name(name) => EditError::Refused {
                edit: shown(text),
                found: format!("`{}`", shown(value)),
                allowed: setting.allowed(),
            },
            _ => EditError::Text { found: shown(text) },
        })
    }
}

/// Whether a machine or a zone may be called so in an edit.
pub(super) fn is_name(name: &str) -> bool {
    (1..=60).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn read(text: &str) -> Option<Edit> {
    if let Some(name) = text.strip_prefix("add-") {
        let part = Part::ALL.into_iter().find(|part| PARTS[*part as usize].0 == name);
        return part.map(Edit::Add);
    }
    if let Some((setting, host, value)) = known_setting(text) {
        let value = setting.read(value)?;
        return is_name(host).then(|| Edit::Tune(setting, host.to_owned(), value));
    }
    let host = |name: &str| is_name(name).then(|| name.to_owned());
    let (verb, rest) = text.split_once(':')?;
    match verb {
        "remove" => host(rest).map(Edit::Remove),
        "tls" => TlsMode::ALL.into_iter().find(|mode| mode.name() == rest).map(Edit::Tls),
        "routing" => {
            Routing::ALL.into_iter().find(|routing| routing.name() == rest).map(Edit::Routing)
        }
        "rule" => NewRule::read(rest).map(Edit::AddRule),
        "remove-rule" => {
            let is_one = (1..=LONGEST_NAME).contains(&rest.len());
            (is_one && !rest.contains(char::is_control)).then(|| Edit::RemoveRule(rest.to_owned()))
        }
        _ => {
            let figure = Figure::ALL.into_iter().find(|figure| figure.name() == verb)?;
            let (name, value) = rest.split_once('=')?;
            Some(Edit::Set(figure, host(name)?, value.parse().ok()?))
        }
    }
}

/// The directive that a text such as `mysql.max_connections:db-1=300` names, the machine and the value.
fn known_setting(text: &str) -> Option<(Setting, &str, &str)> {
    let (verb, rest) = text.split_once(':')?;
    let (service, name) = match verb {
        // Links and commands from before directives had a service in front of them.
        "workers" => ("app", verb),
        "max_connections" => ("mysql", verb),
        _ => verb.split_once('.')?,
    };
    let mut all = Setting::ALL.into_iter();
    let setting = all.find(|one| one.service() == service && one.name() == name)?;
    let (host, value) = rest.split_once('=')?;
    Some((setting, host, value))
}
