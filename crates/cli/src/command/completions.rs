//! `completions`: a script for the shell.

use clap::CommandFactory as _;

use crate::args::{Cli, Completions};
use crate::{End, Outcome, output};

pub(crate) fn run(args: &Completions) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bellwether", &mut text);
    output::print(&String::from_utf8_lossy(&text));
    Ok(End::Done)
}
