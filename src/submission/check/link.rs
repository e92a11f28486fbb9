//! What makes a link one to a picture: the kind of file, the place where people put pictures, the words around it.

/// What an address of a picture has in it: kinds of files, and places where people put pictures.
const PICTURES: [&str; 25] = [
    ".png",
    ".jpg",
    ".jpeg",
    ".svg",
    ".gif",
    ".webp",
    ".pdf",
    ".drawio",
    ".excalidraw",
    "imgur.",
    "drive.google",
    "photos.",
    "dropbox.",
    "miro.",
    "lucid",
    "draw.io",
    "diagrams.net",
    "githubusercontent",
    "user-attachments",
    "excalidraw.",
    "whimsical.",
    "figma.",
    "ibb.co",
    "postimg",
    "cloudinary",
];
/// What the words around an address of a picture say.
pub(super) const SHOWN: &str =
    "diagram|picture|drawing|drawn|image|schema|screenshot|whiteboard|sketch|infrastructure|design";

/// Whether an address is one of a picture, as far as one can see.
pub(super) fn is_picture(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    PICTURES.iter().any(|part| address.contains(part))
}
