//! Log lines on standard error.

use super::args::{JobArgs, LogFormat};
use tracing::level_filters::LevelFilter;

/// Starts logging as the options say. A second start changes nothing.
pub(super) fn start(args: &JobArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level);
    let lines = lines.with_target(false);
    let _ = match args.log_format {
        LogFormat::Text => tracing::subscriber::set_global_default(lines.compact().finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(lines.json().finish()),
    };
}
