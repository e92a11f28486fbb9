//! What the runtime socket answers about the process: which rows, which sessions, and what the lab leaves out.

use foobar_lab::run::terminal::run_line;

use crate::given::{kill, plan, run};
use crate::{row, said};

/// Some of the rows, chosen as the real one lets choose (checked with 2.6.12); another form is refused, not answered with CSV.
#[test]
fn some_of_the_statistics_can_be_asked_for() {
    let run = run(plan(1), &[], 5.0);
    let rows = |line: &str| {
        let text = said(&run, line);
        let rows =
            text.lines().skip(1).map(|row| row.split(',').take(2).collect::<Vec<_>>().join("/"));
        rows.collect::<Vec<_>>()
    };
    let all = rows("show stat");
    assert_eq!(
        (all.first().unwrap().as_str(), all.last().unwrap().as_str()),
        ("www/FRONTEND", "stats/FRONTEND")
    );
    assert_eq!(rows("show stat app 4 -1"), ["app/app-1", "app/app-2"]);
    assert_eq!(rows("show stat 4 2 -1"), ["app/BACKEND"]);
    assert_eq!(rows("show stat -1 1 -1"), ["www/FRONTEND", "stats/FRONTEND"]);
    assert_eq!(rows("show stat app 4 2"), ["app/app-2"]);
    assert!(rows("show stat 1 2 3").is_empty());
    assert_eq!(rows("show stat nope"), all);
    assert_eq!(
        said(&run, "show stat typed"),
        "# not modelled here: show stat typed; `show stat` alone is answered"
    );
    assert!(said(&run, "show info json").starts_with("# not modelled here: show info json"));
    assert!(said(&run, "show info").contains("\nMaxconn: 262129\n"));
}

/// A line for each connection that the frontend counts as open, each with where it is.
#[test]
fn sessions_are_what_is_in_flight() {
    let run = run(plan(1), &[(5.0, kill("app-1"))], 6.0);
    let text = said(&run, "@lb-1 show sess");
    let open = row(&run, "lb-1", "www,FRONTEND,").split(',').nth(4).unwrap().to_owned();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("0x")).collect();
    assert_eq!(lines.len().to_string(), open, "{text}");
    let dead = lines.iter().filter(|line| line.contains(" be=app srv=app-1 # request "));
    assert!(
        dead.clone().count() > 0 && lines.iter().all(|line| line.contains("proto=tcpv4 src=198.1")),
        "{text}"
    );
    assert!(dead.clone().all(|line| !line.ends_with("answered")), "{text}");
    let fresh = crate::given::run(plan(1), &[], 0.0);
    assert_eq!(said(&fresh, "show sess"), "# nothing is in flight here at this instant");
    let errors = said(&run, "show errors");
    assert!(
        errors.starts_with("Total events captured on [01/Jan/2026:00:00:06.000] : 0\n"),
        "{errors}"
    );
}

/// What the lab leaves out it names, in a sentence, and changes nothing.
#[test]
fn commands_that_are_not_modelled_say_what_is_missing() {
    let run = run(plan(1), &[], 5.0);
    for (line, part) in [
        ("set maxconn server app/app-1 5", "a reload with another `maxconn`"),
        ("set maxconn frontend www 10", "the frontend's limit while HAProxy runs"),
        ("disable health app/app-1", "a server without its checks"),
        ("enable health app/app-1", "a server without its checks"),
        ("shutdown sessions server app/app-1", "`on-marked-down shutdown-sessions`"),
        ("clear counters", "they do after a reload or a restart"),
    ] {
        let answer = run_line(run.simulation(), line);
        assert!(answer.text.starts_with("# not modelled here: "), "{line}: {}", answer.text);
        assert!(answer.text.contains(part) && answer.action.is_none(), "{line}: {}", answer.text);
    }
}
