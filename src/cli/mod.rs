//! The native face: a thin command line over the library. Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage.

mod arguments;
mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::Failure;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output (`| head`) has seen enough.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("foobar-lab: {error}");
            error.exit_code()
        }
    }
}
