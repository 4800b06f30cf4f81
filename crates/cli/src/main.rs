//! `bellwether`: from a folder of contradicting reports to an assessment one can check.
//!
//! One file a verb under `command/`. This crate is the only one that prints, reads the environment and exits.

mod args;
mod command;
mod output;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};

/// How a verb ended, when it did not fail for want of a file or a right.
pub(crate) enum End {
    /// Done; lints may have warned, indicators tripped.
    Done,
    /// Errors in the case, or failed tests.
    Failed,
}

/// What stops a verb: a phrase for the person who called it.
pub(crate) type Outcome = Result<End, String>;

fn main() -> ExitCode {
    // A reader that stops listening (`| head`) is no fault of ours.
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    if let Some(threads) = cli.common.threads {
        // Called once, before any other use of the pool.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    }
    let outcome = match &cli.verb {
        Verb::Init(a) => command::init::run(a),
        Verb::Add(a) => command::add::run(a),
        Verb::Read(a) => command::read::run(a, &cli.common),
        Verb::Train(a) => command::train::run(a),
        Verb::Claims(a) => command::claims::run(a, &cli.common),
        Verb::Review(a) => command::review::run(a, &cli.common),
        Verb::Import(a) => command::import::run(a, &cli.common),
        Verb::Check(a) => command::check::run(a, &cli.common),
        Verb::Build(a) => command::build::run(a, &cli.common),
        Verb::Status(a) => command::status::run(a, &cli.common),
        Verb::Explain(a) => command::explain::run(a, &cli.common),
        Verb::Weigh(a) => command::weigh::run(a, &cli.common),
        Verb::Diff(a) => command::diff::run(a, &cli.common),
        Verb::Publish(a) => command::publish::run(a, &cli.common),
        Verb::Query(a) => command::query::run(a, &cli.common),
        Verb::Match(a) => command::matching::run(a, &cli.common),
        Verb::Place(a) => command::place::run(a, &cli.common),
        Verb::Spread(a) => command::spread::run(a, &cli.common),
        Verb::Forecast(a) => command::forecast::run(a, &cli.common),
        Verb::Score(a) => command::score::run(a, &cli.common),
        Verb::Serve(a) => command::serve::run(a),
        Verb::Account(a) => command::account::run(a, &cli.common),
        Verb::Audit(a) => command::audit::run(a, &cli.common),
        Verb::Completions(a) => command::completions::run(a),
    };
    match outcome {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::from(1),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(1)
        }
    }
}
