//! `bulkgraph simulate`: the made-up tenant as a server of its own.

use super::args::SimulateArgs;
use super::exit::Exit;
use super::failure::Failure;
use crate::simulator::serve::{Certificate, Record, new_certificate};
use crate::simulator::{Scenario, Server, Simulator};
use clap::{ArgMatches, FromArgMatches};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The file in the folder of `--tls` that clients are told to trust.
const AUTHORITY: &str = "ca.pem";

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
        let listener = TcpListener::bind(args.listen)
            .await
            .map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let certificate = match &args.tls {
            Some(folder) => Some(certificate(folder, address)?),
            None => None,
        };
        let mut server = Server::new(Arc::new(Mutex::new(Simulator::new(&scenario))));
        if let Some(certificate) = &certificate {
            server = server.with_certificate(certificate);
        }
        if let Some(path) = &args.record {
            let record = Record::open(path).map_err(|error| cannot_record(path, &error))?;
            server = server.recording(record);
        }
        announce(address, certificate.is_some(), &scenario)?;
        tokio::select! {
            failed = server.run(listener) => match &args.record {
                Some(path) => Err(cannot_record(path, &failed)),
                None => Err(cannot_listen(failed)),
            },
            _ = tokio::signal::ctrl_c() => Ok(Exit::Good),
        }
    })
}

fn cannot_record(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot record in `{}`: {error}", path.display()))
}

/// Makes a certificate for this start, and leaves its authority where clients find it.
fn certificate(folder: &Path, address: SocketAddr) -> Result<Certificate, Failure> {
    let wrong = |what: String| Failure::usage(format!("--tls `{}`: {what}", folder.display()));
    let certificate = new_certificate(address).map_err(|error| wrong(error.to_string()))?;
    std::fs::create_dir_all(folder).map_err(|error| wrong(error.to_string()))?;
    std::fs::write(folder.join(AUTHORITY), certificate.authority_pem())
        .map_err(|error| wrong(format!("cannot write `{AUTHORITY}`: {error}")))?;
    Ok(certificate)
}

/// Says on standard output where it listens, and on standard error how to sign in.
fn announce(address: SocketAddr, tls: bool, scenario: &Scenario) -> Result<(), Failure> {
    let scheme = if tls { "https" } else { "http" };
    // Whoever started this waits for the line, so it must not stay in a buffer.
    let mut stdout = std::io::stdout();
    let said = writeln!(stdout, "listening on {scheme}://{address}").and_then(|()| stdout.flush());
    said.map_err(|error| Failure::usage(format!("cannot write to standard output: {error}")))?;
    // Standard error may be closed; nobody waits for this.
    let _ = std::io::stderr().write_all(sign_in(scenario).as_bytes());
    Ok(())
}

/// How to sign in, where one has to; the secret is shown if it is the documented one of the sample.
fn sign_in(scenario: &Scenario) -> String {
    if scenario.sign_in.open {
        return String::new();
    }
    let mut lines = vec![format!("tenant id      {}", scenario.tenant.id)];
    for application in &scenario.sign_in.applications {
        lines.push(format!("application id {}", application.id));
        let secret = application.sample_secret();
        lines.extend(secret.map(|secret| format!("client secret  {secret}")));
    }
    lines.join("\n") + "\n"
}

fn scenario(args: &SimulateArgs) -> Result<Scenario, Failure> {
    let scenario = match &args.scenario {
        None => Scenario::default(),
        Some(path) => {
            let wrong =
                |what: &str| Failure::usage(format!("scenario `{}`: {what}", path.display()));
            let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
            Scenario::from_toml(&text).map_err(|error| wrong(&error.to_string()))?
        }
    };
    if !args.open {
        return Ok(scenario);
    }
    let sign_in = &scenario.sign_in;
    if sign_in.token_seconds.is_some() || sign_in.challenge_after_seconds.is_some() {
        let warning =
            "warning: with --open no token ends; what the scenario says of that has no effect\n";
        // Standard error may be closed; nobody waits for this.
        let _ = std::io::stderr().write_all(warning.as_bytes());
    }
    Ok(scenario.opened())
}
