//! What the compiler cannot check: the invariants that `src/lib.rs` states.

#![expect(
    clippy::unwrap_used,
    reason = "a file of the project that cannot be read fails the test"
)]

use bulkgraph::cli::Exit;
use bulkgraph::jobs;
use std::path::{Path, PathBuf};

/// Modules that are values in, values out.
const PURE: [&str; 3] = ["engine", "jobs", "wire"];

/// What they must not name.
const OUTSIDE: [&str; 18] = [
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "::now()",
    "now_utc",
    "fastrand::u",
    "fastrand::f",
    "fastrand::bool",
    "Rng::new",
    " rand::",
    "reqwest",
    "rusqlite",
    "println!",
    "tracing::",
];

/// Which modules of the crate each module may name.
const ARROWS: [(&str, &[&str]); 8] = [
    ("engine", &[]),
    ("jobs", &["engine"]),
    ("wire", &["engine"]),
    ("simulator", &[]),
    ("shell", &["engine", "jobs", "wire", "simulator"]),
    ("run.rs", &["engine", "jobs", "shell"]),
    ("run", &["engine", "jobs", "shell"]),
    ("cli", &["engine", "jobs", "run", "shell", "simulator"]),
];

/// The files of the client that may name the simulator.
const ARROWS_TO_SIMULATOR: [&str; 2] = ["src/shell/loopback.rs", "src/cli/simulate.rs"];

/// What `src/jobs` holds besides jobs.
const NO_JOBS: [&str; 7] = [
    "mod",
    "conversation",
    "hint",
    "row",
    "script",
    "settlement",
    "user",
];

/// A file is read in a sitting.
const LINES_AT_MOST: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// All files below a folder (or the file itself), relative to the project, with `/` between names.
fn files_below(place: &str) -> Vec<String> {
    let path = root().join(place);
    if path.is_file() {
        return vec![place.to_owned()];
    }
    let mut files: Vec<String> = std::fs::read_dir(path)
        .unwrap()
        .flat_map(|entry| {
            files_below(&format!(
                "{place}/{}",
                entry.unwrap().file_name().to_str().unwrap()
            ))
        })
        .collect();
    files.sort_unstable();
    files
}

fn is_rust(file: &String) -> bool {
    Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// The code of a file without its tests and comments, line by line with numbers from 1.
fn code(file: &str) -> Vec<(usize, String)> {
    let is_test =
        file.ends_with("/tests.rs") || file.contains("/tests/") || file.ends_with("script.rs");
    if is_test {
        return Vec::new();
    }
    let text = read(file);
    let lines = text
        .lines()
        .enumerate()
        .take_while(|(_, line)| *line != "#[cfg(test)]" || file.ends_with("mod.rs"));
    let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.map(|(number, line)| (number + 1, line.to_owned()))
        .collect()
}

/// Every line of code below a folder for which `wrong` holds, as `file:line: text`.
fn lines_where(place: &str, wrong: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let wrong_in = |file: String| {
        let lines = code(&file)
            .into_iter()
            .filter(|(_, line)| wrong(&file, line));
        lines
            .map(|(number, line)| format!("{file}:{number}: {}", line.trim()))
            .collect::<Vec<_>>()
    };
    files_below(place)
        .into_iter()
        .filter(is_rust)
        .flat_map(wrong_in)
        .collect()
}

#[track_caller]
fn nothing(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn pure_modules_name_nothing_from_outside() {
    for module in PURE {
        nothing(&lines_where(&format!("src/{module}"), |_, line| {
            OUTSIDE.iter().any(|outside| line.contains(outside))
        }));
    }
}

#[test]
fn arrows_point_one_way() {
    let modules: Vec<&str> = ARROWS
        .iter()
        .map(|(module, _)| module.trim_end_matches(".rs"))
        .collect();
    for (module, allowed) in ARROWS {
        let own = module.trim_end_matches(".rs");
        nothing(&lines_where(&format!("src/{module}"), |_, line| {
            let named = modules
                .iter()
                .filter(|other| line.contains(&format!("crate::{other}")));
            named
                .filter(|other| **other != own)
                .any(|other| !allowed.contains(other))
        }));
    }
    nothing(&lines_where("src", |file, line| {
        line.contains("crate::simulator")
            && !file.starts_with("src/simulator")
            && !ARROWS_TO_SIMULATOR.contains(&file)
    }));
}

#[test]
fn every_job_is_declared_and_registered() {
    let modules = read("src/jobs/mod.rs");
    let mut found = 0;
    for entry in std::fs::read_dir(root().join("src/jobs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".rs");
        if !NO_JOBS.contains(&name) {
            found += 1;
            assert!(
                modules.contains(&format!("mod {name};")),
                "`{name}` has no `mod` line"
            );
            assert!(
                modules.contains(&format!("&{name}::")),
                "`{name}` is not in the registry"
            );
        }
    }
    assert_eq!(found, jobs::REGISTRY.len());
    let names: Vec<&str> = jobs::REGISTRY.iter().map(|job| job.name()).collect();
    assert_eq!(names, ["phone", "tap", "copy-members"], "the order of help");
}

#[test]
fn the_program_ends_in_one_place() {
    nothing(&lines_where("src", |file, line| {
        (line.contains("ExitCode::from")
            || line.contains("process::exit")
            || line.contains("Self::from(exit.code"))
            && file != "src/cli/exit.rs"
    }));
}

#[test]
fn only_the_files_of_a_run_and_the_served_simulator_are_written() {
    const WRITERS: [&str; 7] = [
        "fs::write",
        "fs::rename",
        "fs::remove",
        " File::create",
        "OpenOptions",
        "tempfile",
        "fs::create_dir",
    ];
    nothing(&lines_where("src", |file, line| {
        WRITERS.iter().any(|writer| line.contains(writer))
            && !file.starts_with("src/shell/run_file/")
            && file != "src/shell/results.rs"
            // A view of what the scheduler did, written as it happens: the run file has no times.
            && file != "src/shell/pace_trace.rs"
            // What a run says of itself while nobody else can open its run file.
            && file != "src/shell/progress_note.rs"
            // The certificate authority of `simulate --tls`, and the record of `--record`.
            && file != "src/cli/simulate.rs"
            && file != "src/simulator/serve/record.rs"
    }));
}

#[test]
fn the_client_deletes_nothing() {
    nothing(&lines_where("src", |file, line| {
        // A batch that has landed leaves the run file.
        let lands = file.starts_with("src/shell/run_file/") && line.contains("DELETE FROM batch");
        !file.starts_with("src/simulator/") && line.contains("DELETE") && !lands
    }));
}

#[test]
fn a_file_is_read_in_a_sitting() {
    let files = ["src", "tests"]
        .into_iter()
        .flat_map(files_below)
        .filter(is_rust);
    let long = |file: String| {
        let lines = read(&file).lines().count();
        (lines > LINES_AT_MOST).then(|| format!("{file}: {lines} lines"))
    };
    nothing(&files.filter_map(long).collect::<Vec<_>>());
}

#[test]
fn every_sample_is_used_by_a_test() {
    let tests = files_below("tests").into_iter().filter(is_rust);
    let mut tests: String = tests.map(read).collect();
    let unit_tests = files_below("src")
        .into_iter()
        .filter(|file| file.contains("tests") && is_rust(file));
    tests.extend(unit_tests.map(read));
    let unused = |file: &String| {
        let name = file.rsplit('/').next().unwrap();
        // The golden results of `x.csv` are `x.results.csv`, and samples are named without their
        // ending.
        let stem = name.split('.').next().unwrap();
        name != "README.md" && !tests.contains(name) && !tests.contains(&format!("\"{stem}\""))
    };
    nothing(
        &files_below("samples")
            .into_iter()
            .filter(unused)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_test_file_is_wired_in() {
    for folder in ["tests/it", "tests/contract", "tests/simulation"] {
        let main = read(format!("{folder}/main.rs"));
        for file in files_below(folder) {
            let name = file.trim_start_matches(folder).trim_matches('/');
            let name = name.trim_end_matches(".rs");
            assert!(
                name == "main" || main.contains(&format!("mod {name};")),
                "{file} is not built"
            );
        }
    }
}

#[test]
fn the_readme_has_every_exit_code() {
    let readme = read("README.md");
    for exit in Exit::ALL {
        let row = format!("| {} | {} |", exit.code(), exit.meaning());
        assert!(readme.contains(&row), "the README lacks `{row}`");
    }
}
