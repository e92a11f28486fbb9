//! The diagram as it is asked for: the sheet, the colours, what is left out, the numbered way of a request.

use super::{drawn, export, text};

#[test]
fn the_diagram_is_drawn_as_it_is_asked_for() {
    let svg = |name: &str, arguments: &[&str]| {
        let all = [arguments, &["--format", "svg"]].concat();
        text(&export(name, &all).join("diagram.svg"))
    };
    let shape = |svg: &str| {
        let tree = roxmltree::Document::parse(svg).unwrap();
        let side =
            |name: &str| tree.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
        side("width") / side("height")
    };
    let usual = svg("options-usual", &[]);
    assert!((shape(&svg("a4", &["--size", "a4"])) - 297.0 / 210.0).abs() < 0.001);
    assert!((shape(&svg("screen", &["--size", "16:9"])) - 16.0 / 9.0).abs() < 0.001);
    assert!(usual.contains("fill=\"#f8f9fa\""));
    let print = svg("print", &["--theme", "print"]);
    assert!(print.contains("fill=\"#ffffff\"") && !print.contains("#f8f9fa"));
    let has = |svg: &str, part: &str| drawn(svg).iter().any(|text| text.contains(part));
    for (part, word) in [("zones", "VLAN"), ("addresses", "10.0."), ("ports", "HTTP 80")] {
        assert!(has(&usual, word), "{word}");
        let without = svg(&format!("without-{part}"), &["--without", part]);
        assert!(!has(&without, word), "--without {part} still shows {word}");
    }
    let bare = svg("bare", &["--without", "zones,addresses,ports"]);
    assert!(!["VLAN", "10.0.", "203.0.113.", "HTTP"].iter().any(|word| has(&bare, word)));
    assert!(has(&bare, "lb-1"));
    let numbers = |svg: &str| {
        let mut numbers = drawn(svg);
        numbers.retain(|text| text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit()));
        numbers.sort();
        numbers.dedup();
        numbers
    };
    assert_eq!(numbers(&usual), [""; 0]);
    assert_eq!(numbers(&svg("path", &["--path"])), ["1", "2", "3"]);
    let dead = svg("dead", &["--kill", "app-1@1s", "--as-it-stands"]);
    assert!(has(&dead, "no answer") && !has(&usual, "no answer"));
}
