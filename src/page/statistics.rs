//! The statistics page of a HAProxy as the real one shows it: its columns in their groups, its rows in their classes.

use crate::haproxy::{FIELDS, Row, RowClass};
use crate::submission::escape_html;

/// The groups of the columns, each with its columns: the head, and the field of `show stat`.
const GROUPS: [(&str, &[(&str, &str)]); 6] = [
    ("Queue", &[("Cur", "qcur"), ("Max", "qmax")]),
    ("Session rate", &[("Cur", "rate"), ("Max", "rate_max")]),
    ("Sessions", &[("Cur", "scur"), ("Max", "smax"), ("Limit", "slim"), ("Total", "stot")]),
    ("Errors", &[("Req", "ereq"), ("Conn", "econ"), ("Resp", "eresp")]),
    ("Warnings", &[("Retr", "wretr"), ("Redis", "wredis")]),
    (
        "Server",
        &[
            ("Status", "status"),
            ("LastChk", "check_status"),
            ("Wght", "weight"),
            ("Act", "act"),
            ("Bck", "bck"),
            ("Chk", "chkfail"),
            ("Dwn", "chkdown"),
            ("Dwntme", "downtime"),
            ("Thrtle", "throttle"),
        ],
    ),
];

/// What the colours of the rows mean.
const LEGEND: [(&str, &str); 8] = [
    ("up", "active UP"),
    ("going-down", "UP, going down or not checked yet"),
    ("going-up", "DOWN, going up"),
    ("down", "DOWN"),
    ("draining", "DRAIN, NOLB or weight 0"),
    ("maintain", "MAINT"),
    ("no-check", "not checked"),
    ("proxy", "frontend or backend"),
];

/// The page of a balancer; without rows its HAProxy does not run.
pub fn statistics(balancer: &str, rows: Option<&[Row]>) -> String {
    let Some(rows) = rows else {
        return format!(
            "<p>HAProxy does not run on {}: its page does not answer.</p>",
            escape_html(balancer)
        );
    };
    let mut groups = String::new();
    let mut heads = String::new();
    for (group, columns) in GROUPS {
        groups.push_str(&format!(
            "<th colspan=\"{}\" scope=\"colgroup\">{group}</th>",
            columns.len()
        ));
        for (index, (head, _)) in columns.iter().enumerate() {
            heads.push_str(&format!("<th scope=\"col\"{}>{head}</th>", first(index)));
        }
    }
    let mut body = String::new();
    let mut proxy = "";
    for row in rows {
        let name = field(row, "pxname");
        if name != proxy {
            body.push_str(&format!(
                "{}<tbody><tr class=\"proxy-name\"><th colspan=\"23\" scope=\"rowgroup\"><span>{}</span></th></tr>",
                if proxy.is_empty() { "" } else { "</tbody>" },
                escape_html(name)
            ));
            proxy = name;
        }
        body.push_str(&line(row));
    }
    let legend =
        LEGEND.map(|(class, words)| format!("<li class=\"row-{class}\">{words}</li>")).concat();
    format!(
        "<table class=\"stats\"><thead><tr><th rowspan=\"2\" scope=\"col\"><span class=\"visually-hidden\">Name</span></th>{groups}</tr>\
         <tr>{heads}</tr></thead>{body}</tbody></table><ul class=\"row-legend\" aria-label=\"What the colours mean\">{legend}</ul>"
    )
}

fn line(row: &Row) -> String {
    let backup = if row.backup { "backup-" } else { "" };
    let class = match row.class {
        RowClass::Proxy => "proxy",
        RowClass::Up => "up",
        RowClass::GoingDown => "going-down",
        RowClass::GoingUp => "going-up",
        RowClass::Down => "down",
        RowClass::Nolb => "nolb",
        RowClass::Draining => "draining",
        RowClass::Maintain => "maintain",
        RowClass::NoCheck => "no-check",
    };
    let name = match field(row, "svname") {
        "FRONTEND" => "Frontend",
        "BACKEND" => "Backend",
        name => name,
    };
    let mut cells = String::new();
    for (_, columns) in GROUPS {
        for (index, (_, name)) in columns.iter().enumerate() {
            cells.push_str(&format!(
                "<td data-field=\"{name}\"{}>{}</td>",
                first(index),
                escape_html(&cell(row, name))
            ));
        }
    }
    format!(
        "<tr class=\"row-{backup}{class}\"><th scope=\"row\">{}</th>{cells}</tr>",
        escape_html(name)
    )
}

/// The first column of a group has a line before it.
const fn first(index: usize) -> &'static str {
    if index == 0 { " class=\"first\"" } else { "" }
}

fn field<'a>(row: &'a Row, name: &str) -> &'a str {
    let place = FIELDS.iter().position(|field| *field == name);
    place.and_then(|place| row.values.get(place)).map_or("", String::as_str)
}

/// A field as the page writes it.
fn cell(row: &Row, name: &str) -> String {
    let value = field(row, name);
    let kind = field(row, "type");
    let time = |name| field(row, name).parse().map_or(String::new(), human_time);
    match name {
        "status" if kind == "0" => value.to_owned(),
        "status" => format!("{} {value}", time("lastchg")),
        "downtime" => time("downtime"),
        "act" | "bck" if kind == "2" => if value == "1" { "Y" } else { "-" }.to_owned(),
        "check_status" => {
            let (code, took) = (field(row, "check_code"), field(row, "check_duration"));
            let slash = if code.is_empty() { "" } else { "/" };
            let took = if took.is_empty() { String::new() } else { format!(" in {took}ms") };
            format!("{value}{slash}{code}{took}")
        }
        "throttle" if !value.is_empty() => format!("{value}%"),
        "slim" | "throttle" if value.is_empty() && kind == "2" => "-".to_owned(),
        _ => value.to_owned(),
    }
}

/// Seconds as HAProxy writes them: the two largest units.
fn human_time(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let (mut left, mut said, mut text) = (seconds, 0, String::new());
    for (unit, letter) in units {
        if said < 2 && left >= unit {
            text.push_str(&format!("{}{letter}", left / unit));
            left %= unit;
            said += 1;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Component, Preset};
    use crate::kernel::SimTime;
    use crate::run::Run;
    use crate::sim::{Action, History, Plan};

    #[test]
    fn the_page_has_a_row_for_everything_and_its_columns_are_fields() {
        for (_, columns) in GROUPS {
            assert!(columns.iter().all(|(_, name)| FIELDS.contains(name)));
        }
        let mut run = Run::new(Plan::new(Preset::Brief.infrastructure(), 1), History::Off).unwrap();
        run.advance_to(SimTime::from_ms(8000));
        let rows = run.simulation().statistics("lb-1").unwrap();
        let page = format!("<p>{}</p>", statistics("lb-1", Some(&rows)));
        let document = roxmltree::Document::parse(&page).unwrap();
        let lines: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("tr") && node.children().count() > 20)
            .collect();
        assert_eq!(lines.len(), 1 + rows.len(), "the heads and the rows");
        for line in lines.iter().skip(1) {
            assert_eq!(line.children().count(), 23);
        }
        assert!(page.contains("L7OK/200 in "), "{page}");
        run.act(Action::Kill(Component::host("lb-1"))).unwrap();
        run.advance_to(SimTime::from_ms(8100));
        assert!(run.simulation().statistics("lb-1").is_none());
        assert!(statistics("lb-1", None).contains("does not run"));
    }

    #[test]
    fn times_are_written_as_haproxy_writes_them() {
        let written = [0, 59, 61, 3600, 90_061].map(human_time);
        assert_eq!(written, ["0s", "59s", "1m1s", "1h", "1d1h"]);
    }
}
