//! The native face: a thin command line over the library. Exit codes: 0 done, 1 the thing asked for failed, 2 bad usage.

mod arguments;
pub mod bench;
mod check;
mod commands;
mod experiment;
mod export;
mod model_card;
mod pages;
mod picture;
mod plan_file;
mod print;
mod replay;
mod why;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use arguments::Arguments;
use commands::Failure;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output (`| head`) has seen enough.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Told(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("foobar-lab: {}", shown(&error.to_string()));
            error.exit_code()
        }
    }
}

/// A text without what a terminal would obey: names may come from a file of anybody's.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Says what was wrong with what was typed, with the names that would have been right; or the help that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    // If the terminal is gone there is nobody to tell.
    let _ = error.print();
    if let Some(names) = valid_names(error.kind()) {
        eprintln!("{names}");
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The names that clap leaves out where it only offers the most similar one.
fn valid_names(kind: ErrorKind) -> Option<String> {
    let mut program = Arguments::command();
    program.build();
    let mut commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    match kind {
        ErrorKind::InvalidSubcommand => {
            let names: Vec<_> = commands.map(clap::Command::get_name).collect();
            Some(format!("The commands are: {}", names.join(", ")))
        }
        ErrorKind::UnknownArgument => {
            let typed = std::env::args().nth(1);
            let command = commands
                .find(|command| Some(command.get_name()) == typed.as_deref())
                .unwrap_or(&program);
            let names: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            Some(format!("The options are: --{}", names.join(", --")))
        }
        _ => None,
    }
}
