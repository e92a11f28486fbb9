//! What the checker found, as the page shows it: first what to act on, then what a text would have to show, and folded up what could be
//! better and what is right. The summary counts what stands below it. The names of the findings are for the command line.

use std::fmt::Write;

use crate::submission::{Finding, Report, Section, Verdict, escape_html};

/// The report as markup.
pub(super) fn findings(report: &Report) -> String {
    let of = |section: Option<Section>, verdict: Verdict| -> Vec<&Finding> {
        let is_in = |finding: &&Finding| section.is_none_or(|section| section == finding.section);
        report.of(verdict).filter(is_in).collect()
    };
    let graded = of(Some(Section::Graded), Verdict::Fail);
    let graded_open = of(Some(Section::Graded), Verdict::NotShown);
    let mut wrong = of(Some(Section::Correctness), Verdict::Fail);
    wrong.extend(of(Some(Section::Extra), Verdict::Fail));

    let mut markup =
        format!("<p class=\"summary\">{}</p>", summary(report, &graded_open, &graded, &wrong));
    for (title, findings) in [("Graded points to earn", &graded), ("Not correct", &wrong)] {
        if !findings.is_empty() {
            let _ = write!(markup, "<h3>{title} ({})</h3>{}", findings.len(), list(findings));
        }
    }
    for (verdict, one, more) in [
        (Verdict::NotShown, "thing only a text can show", "things only a text can show"),
        (Verdict::Advice, "suggestion", "suggestions"),
        (Verdict::Pass, "thing is right", "things are right"),
    ] {
        let findings = of(None, verdict);
        if !findings.is_empty() {
            let title = counted(findings.len(), one, more);
            let list = list(&findings);
            let _ = write!(markup, "<details><summary>{title}</summary>{list}</details>");
        }
    }
    markup
}

/// How many graded points there are, and how many things to act on stand below, each kind by its number.
fn summary(report: &Report, open: &[&Finding], graded: &[&Finding], wrong: &[&Finding]) -> String {
    let mut words = format!("{} of {} graded points", report.graded.passed, report.graded.of);
    match open.len() {
        0 => {}
        1 => words.push_str(", 1 needs a text that shows it"),
        more => {
            let _ = write!(words, ", {more} need a text that shows them");
        }
    }
    let mut todo = Vec::new();
    if !graded.is_empty() {
        todo.push(counted(graded.len(), "graded point", "graded points"));
    }
    if !wrong.is_empty() {
        let (one, more) = ("thing that is not correct", "things that are not correct");
        todo.push(counted(wrong.len(), one, more));
    }
    if todo.is_empty() {
        words.push_str(". Nothing is wrong.");
    } else {
        let _ = write!(words, ". To act on: {}.", todo.join(" and "));
    }
    words
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn list(findings: &[&Finding]) -> String {
    let mut markup = String::from("<ul class=\"findings\">");
    for finding in findings {
        let verdict = finding.verdict.word();
        // What only a text can show begins with what it is; the title above says the verdict.
        let named = (finding.verdict == Verdict::NotShown).then(|| finding.found.split_once(": "));
        let (name, found) = named.flatten().unwrap_or((verdict, finding.found.as_str()));
        let (name, found) = (escape_html(name), escape_html(found));
        let _ = write!(markup, "<li data-state=\"{verdict}\"><strong>{name}</strong>: {found}");
        if !finding.todo.is_empty() {
            let _ = write!(
                markup,
                "<p class=\"muted\">Why it matters: {}.</p><p>What to do: {}.</p>",
                escape_html(finding.why),
                escape_html(&finding.todo)
            );
        }
        markup.push_str("</li>");
    }
    markup.push_str("</ul>");
    markup
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::Preset;
    use crate::submission::{Task, check};

    fn of_text(text: Option<&str>) -> (Report, String) {
        let report = check(Task::ScaleUp, &Preset::Brief.infrastructure(), text);
        let markup = findings(&report);
        let document = format!("<root>{markup}</root>");
        assert!(roxmltree::Document::parse(&document).is_ok(), "{markup}");
        (report, markup)
    }

    /// What stands open, before anything is folded up, is what the summary counts.
    #[test]
    fn the_summary_counts_what_there_is_to_act_on() {
        let text = "There are 3 load balancers. No single point of failure is left.";
        let (report, markup) = of_text(Some(text));
        let failed: Vec<_> = report.of(Verdict::Fail).collect();
        let graded = failed.iter().filter(|one| one.section == Section::Graded).count();
        let wrong = failed.len() - graded;
        assert!(graded > 1 && wrong > 1, "{}", report.to_text());
        let (open, folded) = markup.split_once("<details>").unwrap();
        let todo =
            format!("To act on: {graded} graded points and {wrong} things that are not correct.");
        assert!(open.contains(&todo), "{open}");
        assert_eq!(open.matches("data-state=\"fail\"").count(), failed.len());
        assert_eq!(open.matches("<li").count(), failed.len());
        assert!(!folded.contains("data-state=\"fail\""));
        let right = report.of(Verdict::Pass).count();
        assert!(folded.contains(&format!("<summary>{right} things are right</summary>")));
    }

    #[test]
    fn reason_and_remedy_have_words_of_their_own_and_names_are_not_shown() {
        for text in [None, Some("There are 3 load balancers, with least connections.")] {
            let (report, markup) = of_text(text);
            for finding in &report.findings {
                assert!(!markup.contains(finding.id), "{}: {markup}", finding.id);
            }
            let open = report.findings.iter().filter(|one| one.verdict != Verdict::Pass).count();
            for words in ["<p class=\"muted\">Why it matters: ", "<p>What to do: "] {
                assert_eq!(markup.matches(words).count(), open, "{words}");
            }
            assert!(!markup.contains("..<"), "{markup}");
        }
    }

    /// Ten times the same words would tell nothing apart.
    #[test]
    fn what_only_a_text_can_show_begins_with_its_own_name() {
        for task in Task::ALL {
            let report = check(task, &task.preset().infrastructure(), None);
            let markup = findings(&report);
            let begin = "<li data-state=\"not shown\"><strong>";
            let rest = markup.split(begin).skip(1);
            let mut names: Vec<&str> =
                rest.map(|one| one.split_once("</strong>").unwrap().0).collect();
            assert_eq!(names.len(), report.of(Verdict::NotShown).count(), "{markup}");
            let is_name =
                |name: &&str| name.starts_with("Explain ") || *name == "Link to the diagram";
            assert!(names.iter().all(is_name), "{names:?}");
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{names:?}");
            assert!(!markup.contains("not shown here") && !markup.contains("not shown</strong>"));
        }
    }

    #[test]
    fn where_nothing_failed_that_is_said() {
        let (report, markup) = of_text(None);
        assert_eq!(report.of(Verdict::Fail).count(), 0);
        assert!(markup.contains("Nothing is wrong.") && !markup.contains("<h3>"), "{markup}");
        assert!(markup.contains("only a text can show</summary>"));
    }
}
