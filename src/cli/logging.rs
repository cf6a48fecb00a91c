//! Log lines on standard error.

use super::drive::{LogFormat, OutputArgs};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Starts logging as the options say. A second start changes nothing.
///
/// Only our own lines: what a library says of a request may hold what nobody should read.
pub(super) fn start(args: &OutputArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(ansi);
    let lines = match args.log_format {
        LogFormat::Text => lines.compact().boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let _ =
        tracing::subscriber::set_global_default(Registry::default().with(lines.with_filter(ours)));
}
