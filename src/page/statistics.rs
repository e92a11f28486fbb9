//! The statistics page of a HAProxy as the real one shows it: its columns in their groups, its rows in their classes.

use crate::haproxy::{Row, RowClass};
use crate::submission::escape_html;

/// The groups of the columns, each with its columns: the head, and the field of `show stat`.
const GROUPS: [(&str, &[(&str, &str)]); 8] = [
    ("Queue", &[("Cur", "qcur"), ("Max", "qmax"), ("Limit", "qlimit")]),
    ("Session rate", &[("Cur", "rate"), ("Max", "rate_max"), ("Limit", "rate_lim")]),
    (
        "Sessions",
        &[
            ("Cur", "scur"),
            ("Max", "smax"),
            ("Limit", "slim"),
            ("Total", "stot"),
            ("LbTot", "lbtot"),
            ("Last", "lastsess"),
        ],
    ),
    ("Bytes", &[("In", "bin"), ("Out", "bout")]),
    ("Denied", &[("Req", "dreq"), ("Resp", "dresp")]),
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

/// So many columns a row has, its name among them.
const COLUMNS: usize = 31;

/// What the page cannot say, and what nobody has set.
const EMPTY: &str = "Bytes In is empty: requests have no size here. Bytes Out counts the bodies of the answers, if a plan gives them a size. Nothing is ever denied. \
     A limit of 262129 sessions is what HAProxy makes of the files that it may open, where no maxconn is set; a backend's is a tenth of its frontend's. Nobody looks at \
     the page of frontend stats here, so nothing is counted there.";

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
        let name = row.value("pxname");
        if name != proxy {
            body.push_str(&format!(
                "{}<tbody><tr class=\"proxy-name\"><th colspan=\"{COLUMNS}\" scope=\"rowgroup\"><span>{}</span></th></tr>",
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
         <tr>{heads}</tr></thead>{body}</tbody></table><ul class=\"row-legend\" aria-label=\"What the colours mean\">{legend}</ul>\
         <p class=\"muted\">{EMPTY}</p>"
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
    let name = match row.value("svname") {
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

/// A field as the page writes it.
fn cell(row: &Row, name: &str) -> String {
    let value = row.value(name);
    let kind = row.value("type");
    let time = |name| row.value(name).parse().map_or(String::new(), human_time);
    let is_server = kind == "2";
    match name {
        "status" if kind == "0" || value == "no check" => value.to_owned(),
        "status" => format!("{} {value}", time("lastchg")),
        "downtime" => time("downtime"),
        // Of a server that nobody has come to: -1.
        "lastsess" if value.starts_with('-') => "?".to_owned(),
        "lastsess" => time("lastsess"),
        "act" | "bck" if is_server => if value == "1" { "Y" } else { "-" }.to_owned(),
        "weight" if kind != "0" => format!("{value}/{}", row.value("uweight")),
        "chkfail" if !row.value("hanafail").is_empty() => {
            format!("{value}/{}", row.value("hanafail"))
        }
        "check_status" => {
            let (code, took) = (row.value("check_code"), row.value("check_duration"));
            let slash = if code.is_empty() { "" } else { "/" };
            let took = if took.is_empty() { String::new() } else { format!(" in {took}ms") };
            format!("{value}{slash}{code}{took}")
        }
        "throttle" if !value.is_empty() => format!("{value}%"),
        "slim" | "qlimit" | "throttle" if value.is_empty() && is_server => "-".to_owned(),
        // No limit is set.
        "rate_lim" if value == "0" => "-".to_owned(),
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
    use crate::haproxy::FIELDS;
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
            assert_eq!(line.children().count(), COLUMNS);
        }
        assert!(page.contains("L7OK/200 in "), "{page}");
        run.act(Action::Kill(Component::host("lb-1"))).unwrap();
        run.advance_to(SimTime::from_ms(8100));
        assert!(run.simulation().statistics("lb-1").is_none());
        assert!(statistics("lb-1", None).contains("does not run"));
    }

    /// The columns are those of the page of HAProxy 2.6.12, in its order, and so is what stands in them.
    #[test]
    fn the_columns_are_the_real_ones() {
        let heads: Vec<String> =
            GROUPS.iter().map(|(group, columns)| format!("{group} {}", columns.len())).collect();
        assert_eq!(
            heads.join(", "),
            "Queue 3, Session rate 3, Sessions 6, Bytes 2, Denied 2, Errors 3, Warnings 2, Server 9"
        );
        assert_eq!(GROUPS.iter().map(|(_, columns)| columns.len()).sum::<usize>() + 1, COLUMNS);
        let mut infrastructure = Preset::Brief.infrastructure();
        let edit: crate::infra::Edit = "haproxy.maxconn:lb-1=5".parse().unwrap();
        edit.apply(&mut infrastructure).unwrap();
        let mut plan = Plan::new(infrastructure, 1);
        plan.workload.answer_kib = 4;
        let mut run = Run::new(plan, History::Recent).unwrap();
        run.advance_to(SimTime::from_ms(20_000));
        let rows = run.simulation().statistics("lb-1").unwrap();
        let row = |name: &str| rows.iter().find(|row| row.value("svname") == name).unwrap();
        let server = row("app-1");
        let answers: u64 = server.value("hrsp_2xx").parse().unwrap();
        assert!(answers > 20, "{answers}");
        assert_eq!(server.value("bout"), (answers * 4096).to_string());
        let host = run.plan().infrastructure.host("app-1").unwrap();
        assert!(server.value("addr").starts_with(&format!("{}:", host.address)), "{server:?}");
        assert_eq!(server.value("bin"), "");
        for (field, written) in
            [("qlimit", "-"), ("slim", "5"), ("dresp", "0"), ("weight", "1/1"), ("rate_lim", "")]
        {
            assert_eq!(cell(server, field), written, "{field}");
        }
        assert_eq!(cell(row("FRONTEND"), "rate_lim"), "-");
        assert_eq!(cell(row("BACKEND"), "qlimit"), "");
        // A page takes the application some milliseconds, and no longer than the longest.
        let times = ["rtime", "ttime", "rtime_max", "ttime_max"];
        let [answer, total, longest, longest_total] =
            times.map(|name| server.value(name).parse::<u64>().unwrap());
        assert!(answer > 0 && answer <= total && answer <= longest && total <= longest_total);
    }

    #[test]
    fn times_are_written_as_haproxy_writes_them() {
        let written = [0, 59, 61, 3600, 90_061].map(human_time);
        assert_eq!(written, ["0s", "59s", "1m1s", "1h", "1d1h"]);
    }
}
