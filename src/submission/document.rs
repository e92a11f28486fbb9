//! The documents put together: which part follows which, in brief, in full and on the page. Holds no prose beyond
//! headings, and no format.

use super::block::{Block, Item, Slot, Table};
use super::reading::{ends_tls, haproxy, has_borders, movers};
use super::wording::answers::{self, Part};
use super::wording::{
    balancing, benefits, components, design, operations, rationale, upkeep, workflow,
};
use super::{Explanation, Length, SectionId, Task, tables};
use crate::infra::Infrastructure;

/// The picture's file, if nobody names another.
const DIAGRAM_FILE: &str = "diagram.svg";

/// A whole document, with its slots.
pub(super) fn blocks(infrastructure: &Infrastructure, length: Length) -> Vec<Block> {
    let task = Task::of(infrastructure);
    let mut blocks = vec![
        heading(1, &answers::title(task, infrastructure)),
        Block::Slot(Slot::Author),
        Block::Paragraph(answers::setting(task)),
    ];
    let parts = answers::parts(task, infrastructure);
    match length {
        Length::Brief => brief(&mut blocks, infrastructure, parts),
        Length::Full => full(&mut blocks, infrastructure, parts),
    }
    blocks.push(Block::Slot(Slot::OtherWords));
    blocks
}

fn brief(blocks: &mut Vec<Block>, infrastructure: &Infrastructure, parts: Vec<Part>) {
    section(blocks, SectionId::Diagram, 2, "Diagram", [picture(infrastructure)]);
    for part in parts {
        section(blocks, part.section, 2, part.heading, [Block::List(part.items)]);
    }
}

fn full(blocks: &mut Vec<Block>, infrastructure: &Infrastructure, parts: Vec<Part>) {
    let first = parts.first().filter(|part| part.section == SectionId::Graded);
    let (title, graded) = match first {
        Some(part) => (part.heading, part.items.clone()),
        None => ("What is graded", parts.into_iter().flat_map(|part| part.items).collect()),
    };
    section(blocks, SectionId::Graded, 2, title, [Block::List(graded)]);
    section(
        blocks,
        SectionId::Diagram,
        2,
        "1. Infrastructure diagram",
        [
            picture(infrastructure),
            heading(3, "Machines"),
            Block::Table(tables::machines(infrastructure)),
        ],
    );
    let steps = Block::Steps(workflow::steps(infrastructure));
    section(blocks, SectionId::Workflow, 3, "Workflow", [steps]);
    let mut explained = Vec::new();
    explain_components(&mut explained, infrastructure);
    section(blocks, SectionId::Components, 2, "2. Component explanation", explained);
    scaling(blocks, infrastructure);
    blocks.push(heading(2, "4. Technical documentation"));
    balancer(blocks, infrastructure);
    network(blocks, infrastructure);
    machines(blocks, infrastructure);
    let run = [Block::Slot(Slot::Evidence)];
    section(blocks, SectionId::Evidence, 2, "5. Evidence of a run", run);
}

fn scaling(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    let mut why = Vec::new();
    explain_all(&mut why, &rationale::reasons(infrastructure));
    why.push(heading(3, "Before and after, and what grows first"));
    why.extend(design::before_and_after(infrastructure).map(Block::Table));
    why.push(Block::Paragraph(design::growth(infrastructure)));
    section(blocks, SectionId::Rationale, 2, "3. Scaling rationale", why);
    let won = Block::Table(benefits::benefits(infrastructure));
    section(blocks, SectionId::Benefits, 3, "Benefits and their evidence", [won]);
    let weighed = Block::List(benefits::considerations(infrastructure));
    section(blocks, SectionId::Considerations, 3, "Design considerations", [weighed]);
    let single = rationale::single_points(infrastructure);
    let told = single.paragraphs.into_iter().map(Block::Paragraph);
    section(blocks, SectionId::Issues, 3, &single.heading, told);
    let learned = Block::List(design::objectives(infrastructure));
    section(blocks, SectionId::Objectives, 3, "Learning objectives", [learned]);
}

fn balancer(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    if let Some(of) = haproxy(infrastructure) {
        let settings = [
            Block::List(balancing::haproxy(infrastructure, of)),
            Block::Table(tables::server_lines(infrastructure)),
        ];
        section(blocks, SectionId::Balancing, 3, "Load balancer (HAProxy)", settings);
    }
    let moved = operations::addresses(infrastructure).into_iter().map(Block::Paragraph);
    if movers(infrastructure).is_empty() {
        section(blocks, SectionId::Addresses, 3, "Addresses", moved);
    } else {
        let table = Block::Table(tables::priorities(infrastructure));
        let told = std::iter::once(table).chain(moved);
        section(blocks, SectionId::Addresses, 3, "Virtual addresses (VRRP, keepalived)", told);
    }
}

fn network(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    let zones = [
        Block::Table(tables::vlans(infrastructure)),
        Block::List(operations::network(infrastructure)),
    ];
    section(blocks, SectionId::Network, 3, "Network: VLANs and zones", zones);
    if has_borders(infrastructure) {
        let rules = [
            Block::Table(tables::rules(infrastructure)),
            Block::Paragraph(operations::MATRIX.to_owned()),
            Block::Table(tables::matrix(infrastructure)),
        ];
        section(blocks, SectionId::Firewall, 3, "Network: firewall rules", rules);
    }
    if let Some(of) = haproxy(infrastructure).filter(|_| ends_tls(infrastructure)) {
        let tls = Block::List(balancing::tls(infrastructure, of));
        section(blocks, SectionId::Tls, 3, "TLS (SSL) termination", [tls]);
    }
    let sessions = Block::List(balancing::sessions(infrastructure));
    section(blocks, SectionId::Sessions, 3, "Sessions", [sessions]);
}

fn machines(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    let data = Block::List(upkeep::data(infrastructure));
    section(blocks, SectionId::Data, 3, "Data and backups", [data]);
    let sizes = [
        Block::Table(tables::requirements(infrastructure)),
        Block::Paragraph(operations::capacity(infrastructure)),
    ];
    section(blocks, SectionId::Servers, 3, "Server requirements and specialization", sizes);
    let mut watched = Table::new(&["Metric", "Read from", "Alert rule", "What to do"]);
    for row in upkeep::watched(infrastructure) {
        watched.row(row);
    }
    let mut told = vec![Block::List(upkeep::collecting(infrastructure))];
    if !watched.rows.is_empty() {
        told.push(Block::Table(watched));
    }
    section(blocks, SectionId::Monitoring, 3, "Monitoring", told);
}

/// A section with its heading, and room for people's own words at its end.
fn section(
    blocks: &mut Vec<Block>,
    section: SectionId,
    level: u8,
    title: &str,
    content: impl IntoIterator<Item = Block>,
) {
    blocks.push(heading(level, title));
    blocks.extend(content);
    blocks.push(Block::Slot(Slot::Words(section)));
}

fn picture(infrastructure: &Infrastructure) -> Block {
    Block::Image { alt: workflow::alt_text(infrastructure), file: DIAGRAM_FILE.to_owned() }
}

/// What the page shows before the lab is there.
pub(super) fn reading(infrastructure: &Infrastructure) -> Vec<Block> {
    let mut blocks = vec![
        heading(2, "How a request travels"),
        Block::Steps(workflow::steps(infrastructure)),
        heading(2, "The machines"),
        Block::Table(tables::machines(infrastructure)),
        heading(2, "What each component is for"),
    ];
    explain_components(&mut blocks, infrastructure);
    blocks.push(heading(2, "Why it is scaled this way"));
    explain_all(&mut blocks, &rationale::all(infrastructure));
    blocks
}

fn heading(level: u8, text: &str) -> Block {
    Block::Heading(level, text.to_owned())
}

fn explain_components(blocks: &mut Vec<Block>, infrastructure: &Infrastructure) {
    for component in super::components(infrastructure) {
        blocks.push(heading(3, &component.title));
        blocks.push(Block::Paragraph(component.what));
        blocks.push(Block::List(vec![
            Item::new("Why it was added", component.why_added),
            Item::new("Without it", component.without_it),
            Item::new("Cost", component.cost),
        ]));
    }
    explain_all(blocks, &[components::web_and_application(infrastructure)]);
}

fn explain_all(blocks: &mut Vec<Block>, explanations: &[Explanation]) {
    for explanation in explanations {
        blocks.push(heading(3, &explanation.heading));
        blocks.extend(explanation.paragraphs.iter().cloned().map(Block::Paragraph));
    }
}
