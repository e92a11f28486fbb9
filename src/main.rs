//! The one program: a command line natively, the browser app on wasm32. Both are thin faces of the library.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    foobar_lab::cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {
    foobar_lab::ui::start();
}
