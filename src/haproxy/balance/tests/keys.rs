//! What of a request is hashed, tried out on the real HAProxy 2.6.12.

use super::rules::param;
use super::*;

#[test]
fn the_part_of_the_uri_that_counts_is_hashed_as_recorded() {
    let uris = [
        "/",
        "/a",
        "/a/b",
        "/a/b/c",
        "/a/b/c/d?x=/1/2",
        "/ab/cd/ef",
        "/abc?d=e/f",
        "/abc?g",
        "http://h.example/abc?g",
        "http://h.example/a/b/c",
        "http://h.example",
        "*",
        "/longer/path/here",
        "/?a/b/c/d",
    ];
    let part = |whole, path_only, len, depth| UriPart { whole, path_only, len, depth };
    for (part, servers) in [
        (part(false, false, 0, 0), "faffaaddfdaabf"),
        (part(true, false, 0, 0), "fafffafbfdaabd"),
        (part(false, false, 0, 1), "faaaaaddbbbaef"),
        (part(false, false, 0, 2), "fafffeddaaaaaf"),
        (part(false, false, 0, 3), "fafffaddfaaabf"),
        (part(false, false, 4, 0), "faffffddcccaaf"),
        (part(false, false, 4, 2), "faffffddcccaaf"),
        (part(false, false, 12, 2), "fafffeddcccaaf"),
        (part(true, false, 0, 3), "fafffafbfaaabc"),
        (part(false, true, 0, 0), "faffaadddfaabf"),
        (part(false, true, 0, 2), "fafffedddfaaaf"),
        (part(false, true, 3, 0), "fadddaaaadaaaf"),
        (part(true, false, 9, 0), "faffbafbaaaabd"),
        (part(true, true, 0, 0), "fafffafbbfaabd"),
    ] {
        let mut scheduler = scheduler(&backend(Balance::Uri(part), &[1; 6], 0));
        let pick = |uri: &&str| {
            let hash = scheduler.hash_of(&KeyOf { source: 0, uri, headers: &[] });
            letter(scheduler.pick(&Ask { hash, ..ANY }, |_| IDLE))
        };
        assert_eq!(uris.iter().map(pick).collect::<String>(), servers, "{part:?}");
    }
}

/// Recorded: four requests with the same parameter or header; `abcd` shows that there was no key.
#[test]
fn parameters_and_headers_are_found_as_recorded() {
    let four = |balance: Balance, uri: &str, headers: &[(String, String)]| {
        let mut scheduler = scheduler(&backend(balance, &[1; 6], 0));
        let hash = scheduler.hash_of(&KeyOf { source: 0, uri, headers });
        (0..4).map(|_| letter(scheduler.pick(&Ask { hash, ..ANY }, |_| IDLE))).collect::<String>()
    };
    for (uri, servers) in [
        ("/?x=", "aaaa"),
        ("/?x", "abcd"),
        ("/?xx=5", "abcd"),
        ("/?y=1&x=", "aaaa"),
        ("/?x=&z", "aaaa"),
        ("/?x=abc", "cccc"),
        ("/?x=abc&x=b", "cccc"),
        ("/?X=abc", "abcd"),
        ("/?y&x=abc", "cccc"),
        ("/p?q?x=abc", "abcd"),
        ("/?x=a%20c", "bbbb"),
        ("/", "abcd"),
    ] {
        assert_eq!(four(param(), uri, &[]), servers, "{uri}");
    }
    let hdr = || Balance::Hdr { name: "X-K".to_owned() };
    for (values, servers) in [
        (&["b,c"][..], "cccc"),
        (&["c,b"], "dddd"),
        (&["hello, b"], "cccc"),
        (&[" a "], "bbbb"),
        (&["abc,def"], "cccc"),
        (&["abcd, hello"], "cccc"),
        (&["x y"], "dddd"),
        (&["x"], "aaaa"),
        (&["\"a,b\""], "bbbb"),
        (&["\"a"], "ffff"),
        (&[",abcd"], "abcd"),
        (&["", "abc"], "abcd"),
        (&[], "abcd"),
    ] {
        let headers: Vec<_> =
            values.iter().map(|value| ("x-k".to_owned(), (*value).to_owned())).collect();
        assert_eq!(four(hdr(), "/", &headers), servers, "{values:?}");
    }
}
