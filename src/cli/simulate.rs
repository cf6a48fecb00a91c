//! `bulkgraph simulate`: the made-up tenant as a server of its own.

use super::args::SimulateArgs;
use super::exit::Exit;
use super::failure::Failure;
use crate::simulator::{self, Scenario, Simulator};
use clap::{ArgMatches, FromArgMatches};
use std::io::Write;
use std::sync::{Arc, Mutex};

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args = SimulateArgs::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let scenario = scenario(&args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let cannot_listen = |error: std::io::Error| {
            Failure::usage(format!("cannot listen on `{}`: {error}", args.listen))
        };
        let listener = tokio::net::TcpListener::bind(args.listen)
            .await
            .map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let simulator = Arc::new(Mutex::new(Simulator::new(&scenario)));
        // Whoever started this waits for the line, so it must not stay in a buffer.
        let mut stdout = std::io::stdout();
        let said = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush());
        said.map_err(|error| Failure::usage(format!("cannot write to standard output: {error}")))?;
        tokio::select! {
            served = simulator::serve(listener, simulator) => served.map_err(cannot_listen)?,
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(Exit::Good)
    })
}

fn scenario(args: &SimulateArgs) -> Result<Scenario, Failure> {
    let Some(path) = &args.scenario else {
        return Ok(Scenario::default());
    };
    let wrong = |what: &str| Failure::usage(format!("scenario `{}`: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
    Scenario::from_toml(&text).map_err(|error| wrong(&error.to_string()))
}
