//! What the hashing algorithms look at in a request, and the hash functions (HAProxy 2.6 manual 4.2 `balance`, `hash-type`).

use crate::infra::{Backend, Balance, HashFunction, HashMethod, UriPart};

/// The key material of a request for the hashing algorithms.
#[derive(Clone, Copy, Debug)]
pub struct KeyOf<'a> {
    /// The client's IPv4 address, its first byte the highest.
    pub source: u32,
    /// The URI of the request line.
    pub uri: &'a str,
    /// Names and values of the headers, in order.
    pub headers: &'a [(String, String)],
}

/// How a backend makes hashes.
#[derive(Clone, Debug)]
pub(super) struct Hashing {
    key: Key,
    function: HashFunction,
    avalanche: bool,
}

#[derive(Clone, Debug)]
enum Key {
    None,
    Source,
    Uri(UriPart),
    UrlParam(String),
    Header(String),
}

impl Hashing {
    pub(super) fn new(backend: &Backend) -> Self {
        let hash_type = &backend.hash_type;
        let key = match &backend.balance {
            Balance::Roundrobin
            | Balance::StaticRr
            | Balance::Leastconn
            | Balance::First
            | Balance::Random { .. } => Key::None,
            Balance::Source => Key::Source,
            Balance::Uri(part) => Key::Uri(*part),
            Balance::UrlParam { name } => Key::UrlParam(name.clone()),
            Balance::Hdr { name } => Key::Header(name.clone()),
        };
        // Only `consistent` alone stands for `sdbm avalanche`; `consistent sdbm` means what it says.
        let implied = hash_type.method == HashMethod::Consistent && hash_type.function.is_none();
        Self {
            key,
            function: hash_type.function.unwrap_or(HashFunction::Sdbm),
            avalanche: hash_type.avalanche || implied,
        }
    }

    pub(super) const fn is_used(&self) -> bool {
        !matches!(self.key, Key::None)
    }

    /// `None`: there is nothing to hash.
    pub(super) fn hash_of(&self, request: &KeyOf<'_>) -> Option<u32> {
        let hash = match &self.key {
            Key::None => return None,
            // An address is its own hash, whatever the function.
            Key::Source => request.source,
            Key::Uri(part) => digest(self.function, part_of(request.uri, part)),
            Key::UrlParam(name) => digest(self.function, parameter(request.uri, name)?.as_bytes()),
            Key::Header(name) => digest(self.function, header(request.headers, name)?.as_bytes()),
        };
        Some(if self.avalanche { avalanche(hash) } else { hash })
    }

    /// With a single server nothing is hashed. A header is not even looked for then, so that requests without it do not
    /// walk either (recorded).
    pub(super) fn alone(&self, hash: Option<u32>) -> Option<u32> {
        if matches!(self.key, Key::Header(_)) { Some(0) } else { hash.map(|_| 0) }
    }
}

fn part_of<'a>(uri: &'a str, part: &UriPart) -> &'a [u8] {
    let mut bytes = if part.path_only { path_and_query(uri) } else { uri }.as_bytes();
    if part.len > 0 {
        bytes = &bytes[..bytes.len().min(part.len as usize)];
    }
    let mut slashes = 0;
    let ends = |byte: &u8| {
        slashes += u32::from(*byte == b'/');
        (part.depth > 0 && slashes > part.depth) || (*byte == b'?' && !part.whole)
    };
    let end = bytes.iter().position(ends).unwrap_or(bytes.len());
    &bytes[..end]
}

/// `https://host/path` without scheme and authority.
fn path_and_query(uri: &str) -> &str {
    match uri.find("://") {
        Some(colon) if !uri.starts_with('/') => {
            let authority = colon + 3;
            uri[authority..].find('/').map_or("", |slash| &uri[authority + slash..])
        }
        _ => uri,
    }
}

/// The value may be empty, but there must be an equals sign.
fn parameter<'a>(uri: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = uri.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The first of the values that commas part, outside quotes.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let mut quoted = false;
    let ends = |sign: char| {
        quoted ^= sign == '"';
        sign == ',' && !quoted
    };
    let first = value.find(ends).map_or(value.as_str(), |comma| &value[..comma]);
    Some(first.trim()).filter(|value| !value.is_empty())
}

/// The hash of these bytes, without avalanche.
pub(super) fn digest(function: HashFunction, bytes: &[u8]) -> u32 {
    match function {
        HashFunction::Sdbm => bytes
            .iter()
            .fold(0_u32, |hash, byte| hash.wrapping_mul(65_599).wrapping_add(u32::from(*byte))),
        HashFunction::Djb2 => bytes
            .iter()
            .fold(5381_u32, |hash, byte| hash.wrapping_mul(33).wrapping_add(u32::from(*byte))),
        HashFunction::Wt6 => wt6(bytes),
        HashFunction::Crc32 => crc32(bytes),
    }
}

fn wt6(bytes: &[u8]) -> u32 {
    let (mut h0, mut h1) = (0xA53C_965A_u32, 0x5CA6_953A_u32);
    let (mut s0, mut s1) = (6, 18);
    for byte in bytes {
        h0 = !(h0 ^ u32::from(*byte));
        h1 = !h1.wrapping_add(u32::from(*byte));
        (h0, h1) = (h1.rotate_left(s0), h0.rotate_left(s1));
        let turn = ((h0 >> 16) ^ h1) & 0xFFFF;
        s0 = turn & 31;
        s1 = turn >> 11;
    }
    h0 ^ h1
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let fold = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), step);
    !bytes.iter().fold(u32::MAX, fold)
}

/// Spreads what differs in a few bits over all of them.
pub(super) const fn avalanche(hash: u32) -> u32 {
    let mut a = hash;
    a = a.wrapping_add(0x7ED5_5D16).wrapping_add(a << 12);
    a = a ^ 0xC761_C23C ^ (a >> 19);
    a = a.wrapping_add(0x1656_67B1).wrapping_add(a << 5);
    a = a.wrapping_add(0xD3A2_646C) ^ (a << 9);
    a = a.wrapping_add(0xFD70_46C5).wrapping_add(a << 3);
    a = a ^ 0xB55A_4F09 ^ (a >> 16);
    a.wrapping_mul(3_221_225_473)
}
