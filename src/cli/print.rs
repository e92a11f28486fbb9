//! The document as PDF: the browser that is installed prints the page. It makes what a PDF needs to be read by ear and searched:
//! tags, an outline, a title, fonts with their characters.

#![allow(
    clippy::disallowed_types,
    reason = "a face may read the wall clock: a browser that does not end is ended"
)]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long printing may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether it is done.
const GLANCE: Duration = Duration::from_millis(20);
/// The names of the program, the first that is there is taken.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// The variable that names another.
const VARIABLE: &str = "CHROMIUM";
const CURE: &str = "install Chromium (on Debian: apt-get install chromium) or name it in the variable CHROMIUM; \
    or take --format html, open the file in any browser and print it as PDF";

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrintError {
    /// There is no browser.
    #[error("a PDF is printed by Chromium, and there is none here (tried {tried}): {cure}", cure = CURE)]
    NoBrowser { tried: String },
    /// The browser could not be started or watched.
    #[error("{browser} cannot print the PDF: {error}. {cure}", cure = CURE)]
    Start { browser: String, error: std::io::Error },
    /// The browser took too long.
    #[error("{browser} was ended, with no PDF after {} s. {cure}", PATIENCE.as_secs(), cure = CURE)]
    Slow { browser: String },
    /// The browser ended without a PDF.
    #[error("{browser} printed no PDF ({status}). {cure}", cure = CURE)]
    Nothing { browser: String, status: ExitStatus },
    /// The page could not be given to the browser, or the PDF not read.
    #[error("{path}: {error}", path = path.display())]
    File { path: PathBuf, error: std::io::Error },
}

/// The page, printed.
pub(super) fn pdf(html: &str) -> Result<Vec<u8>, PrintError> {
    let folder = workplace()?;
    let page = folder.join("submission.html");
    let printed = match std::fs::write(&page, html) {
        Ok(()) => print(&folder, &page),
        Err(error) => Err(PrintError::File { path: page, error }),
    };
    // What is left there is in nobody's way.
    let _ = std::fs::remove_dir_all(&folder);
    printed
}

/// A new folder, nobody else's.
fn workplace() -> Result<PathBuf, PrintError> {
    let mut number = 0;
    loop {
        let name = format!("foobar-lab-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match std::fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(PrintError::File { path, error }),
        }
    }
}

fn print(folder: &Path, page: &Path) -> Result<Vec<u8>, PrintError> {
    let file = folder.join("submission.pdf");
    let (browser, mut child) = start(folder, page, &file)?;
    let Some(status) =
        wait(&mut child).map_err(|error| PrintError::Start { browser: browser.clone(), error })?
    else {
        return Err(PrintError::Slow { browser });
    };
    match std::fs::read(&file) {
        Ok(bytes) if bytes.starts_with(b"%PDF-") => Ok(bytes),
        Ok(_) => Err(PrintError::Nothing { browser, status }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(PrintError::Nothing { browser, status })
        }
        Err(error) => Err(PrintError::File { path: file, error }),
    }
}

/// The browser at its work: the one that is named, else the first that is there.
fn start(folder: &Path, page: &Path, file: &Path) -> Result<(String, Child), PrintError> {
    let named = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    let names = named.map_or_else(|| NAMES.map(str::to_owned).to_vec(), |name| vec![name]);
    for browser in &names {
        let started = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--no-default-browser-check", "--disable-extensions"])
            .args(["--no-pdf-header-footer", "--generate-pdf-document-outline"])
            .arg(option("--user-data-dir=", &folder.join("profile")))
            .arg(option("--print-to-pdf=", file))
            .arg(page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(child) => return Ok((browser.clone(), child)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(PrintError::Start { browser: browser.clone(), error }),
        }
    }
    Err(PrintError::NoBrowser { tried: names.join(", ") })
}

/// An option and its path, which need not be text.
fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push(path);
    option
}

/// How it ended; `None` if it had to be ended.
fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(GLANCE);
    }
}
