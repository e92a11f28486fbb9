//! The native face: a thin command line over the library. Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage.

mod arguments;
mod commands;

use std::process::ExitCode;

use clap::Parser;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("foobar-lab: {error}");
            error.exit_code()
        }
    }
}
