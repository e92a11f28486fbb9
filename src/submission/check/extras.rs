//! The link to the diagram, and what makes a submission a document: picture, scaling rationale, technical documentation.

use super::point::to_explain;
use super::text::Text;
use super::{Finding, Section, Task, Verdict};

/// The graded point that every task has: the diagram can be opened from the text.
pub(super) fn diagram_link(task: Task, text: Option<&Text>) -> Finding {
    let id = if task == Task::ScaleUp { "G3-7" } else { "G-all-2" };
    let (verdict, found) = match text {
        None => (Verdict::NotShown, "Link to the diagram: a link stands in a text"),
        Some(text) if text.has_link => (Verdict::Pass, "the text shows a picture or leads to one"),
        Some(_) => (Verdict::Fail, "the text shows no picture and leads to none"),
    };
    let why = "without its link nobody sees the diagram";
    let todo = "put the diagram's link or picture into the text";
    let (section, found) = (Section::Graded, found.to_owned());
    Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
}

/// A part of the document, the groups of terms that tell it in a sentence, and what it should hold.
struct Part {
    id: &'static str,
    says: &'static [&'static str],
    about: &'static str,
    todo: &'static str,
}

const PARTS: [Part; 6] = [
    Part {
        id: "X-rationale",
        says: &[
            "scal|grow|horizontal|vertical",
            "horizontal|vertical|scale out|scales out|scaled out|scaling out|scale up|scales up|scaled up|scaling up|grows|grow |growing|bigger|more machines|more servers|another server",
            "first|limit|bottleneck|full|capacity|load |traffic|demand|bigger|larger|more |add |adding|added|because|when|another",
            "!exercise|task|alx|project",
        ],
        about: "which tier grows first, and how",
        todo: "say which tier reaches its limit first, and whether it grows by bigger or by more machines",
    },
    Part {
        id: "X-checks",
        says: &[
            "health|checks|httpchk|check ",
            "health check|health of|checks|httpchk|check |checked",
            "server|every|each|second|fails|remov|unhealthy|down |dead|out of|stops|respond|alive|detect",
            "balancer|haproxy|lb |lbs |server|backend|failure|fails",
        ],
        about: "how the balancer notices a dead server",
        todo: "say how the load balancer checks its servers",
    },
    Part {
        id: "X-network",
        says: &[
            "vlan|zone|subnet|network segment|segmentation|dmz|network",
            "vlan|vlans|zone|zones|subnet|network segment|segmentation|dmz",
            "only|between|separat|isolat|private|allow|reach|its own|rule|access|divid|split|behind|pass|firewall|cannot|can t |open",
        ],
        about: "how the network is divided",
        todo: "name the zones, and what may pass between them",
    },
    Part {
        id: "X-monitoring",
        says: &[
            "alert|alarm|threshold|notif",
            "alert|alarm|threshold|notif",
            "when|if |above|below|beyond|more than|exceed|reach|over |than|raise|sent|sends|goes off|trigger|drops",
        ],
        about: "who is told when something is wrong",
        todo: "say which figure raises an alert",
    },
    Part {
        id: "X-backup",
        says: &[
            "backup |backups|back up|backs up|backed up|dump",
            "data |restor|daily|night|every day|week|hour|off site|offsite|copy|copies|stored|regular|make |makes|made|take |taken|keep |kept",
            "!backup server|backup load|backup lb|backup balancer|backup haproxy|active backup|backup router|as backup|backup uplink|backup node|is backup|be backup",
        ],
        about: "how the data survives a mistake",
        todo: "say how the data is backed up: a replica repeats a mistaken deletion",
    },
    Part {
        id: "X-next",
        says: &[
            "next step|next we|next would|in the future|in future|future work|future improvement|improvement|to improve|could add|would add|can add|should add|could be added|would be added|should be added|to go further|later we|could be improved|would be to",
            "add|second|replica|another|more |automat|move|introduc|replac|use |give|let |backup|encrypt|promot|copy|same",
        ],
        about: "what the next step would be",
        todo: "say what you would add next, and which failure it would cure",
    },
];

/// What the exercise does not ask for: said in sentences, not by a title or a row of a table alone.
pub(super) fn findings(text: Option<&Text>) -> Vec<Finding> {
    let part = |Part { id, says, about, todo }: Part| {
        let said = text.map(|text| text.saying(says));
        let (verdict, found) = match said {
            None => (Verdict::NotShown, to_explain(about)),
            Some(Some(sentence)) => (Verdict::Pass, sentence.quoted()),
            Some(None) => (Verdict::Advice, format!("the text does not say {about}")),
        };
        let why = "not asked for; it shows that the design was thought through";
        let section = Section::Extra;
        Finding { section, id, verdict, found, why, todo: String::new() }.with_todo(todo)
    };
    PARTS.into_iter().map(part).collect()
}
