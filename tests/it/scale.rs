//! What the README and the samples say about pace and scale holds: the table of the pace names what
//! is measured, and the samples for schedulers run the program as it is.

use crate::support::{Program, Ran, Server, sample};
use bulkgraph::cli::Exit;
use yaml_rust2::{Yaml, YamlLoader};

#[expect(dead_code, reason = "the bench runs them; here they are read")]
#[path = "../../benches/pace/scenarios.rs"]
mod scenarios;

const README: &str = include_str!("../../README.md");
const KUBERNETES: &str = "schedulers/kubernetes-job.yaml";
const GITHUB: &str = "schedulers/github-actions.yml";

/// The cells of the rows of the README's table with that header.
fn table(header: &str) -> Vec<Vec<String>> {
    let rows = README.lines().skip_while(|line| *line != header).skip(2);
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect()
}

#[test]
fn the_readme_has_a_number_for_every_scenario_of_the_pace_and_none_misses_its_target() {
    let rows = table("| scenario | efficiency | throttled | AIMD: efficiency | throttled |");
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let cases = scenarios::cases();
    let measured: Vec<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names, measured);
    for (row, case) in rows.iter().zip(&cases) {
        let efficiency: f64 = row[1].parse().unwrap();
        let throttled: f64 = row[2].strip_suffix(" %").unwrap().parse().unwrap();
        let (least, most) = case.target.unwrap_or((0.0, 1.0));
        let is_met = (least..=1.0).contains(&efficiency) && throttled <= most * 100.0;
        assert!(is_met, "{row:?}");
    }
}

/// The documents of a sample, and its text.
fn yaml(name: &str) -> (Vec<Yaml>, String) {
    let text = std::fs::read_to_string(sample(name)).unwrap();
    (YamlLoader::load_from_str(&text).unwrap(), text)
}

fn texts(list: &Yaml) -> Vec<&str> {
    let list = list.as_vec().unwrap().iter();
    list.map(|text| text.as_str().unwrap()).collect()
}

/// The entry of a list that has that name.
fn named<'y>(list: &'y Yaml, name: &str) -> &'y Yaml {
    let mut list = list.as_vec().unwrap().iter();
    list.find(|entry| entry["name"].as_str() == Some(name))
        .unwrap()
}

/// Runs the program with the arguments of a sample, at a server in place of Graph.
fn run(program: &Program, server: &Server, arguments: &[&str]) -> Ran {
    let graph = |argument: &&&str| **argument == "https://graph.microsoft.com";
    assert_eq!(arguments.iter().filter(graph).count(), 1, "{arguments:?}");
    let arguments = arguments
        .iter()
        .map(|argument| argument.replace("https://graph.microsoft.com", &server.url()));
    let mut command = program.command();
    command.args(arguments).env("BULKGRAPH_TOKEN", "any");
    Ran::from(command.output().unwrap())
}

/// A folder with a few rows in a file of that name.
fn folder_with(file: &str) -> Program {
    let program = Program::new();
    let path = program.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let rows = std::fs::read_to_string(sample("phone.csv")).unwrap();
    let rows: Vec<&str> = rows.lines().take(6).collect();
    std::fs::write(path, rows.join("\n")).unwrap();
    program
}

/// What a Kubernetes Job says of its pod.
fn pod(documents: &[Yaml]) -> &Yaml {
    let [claim, job] = documents else {
        panic!("a claim and a Job")
    };
    assert_eq!(claim["kind"].as_str(), Some("PersistentVolumeClaim"));
    assert_eq!(job["kind"].as_str(), Some("Job"));
    &job["spec"]["template"]["spec"]
}

#[test]
fn a_pod_runs_its_wave_and_another_one_on_the_same_volume_sends_nothing() {
    let (documents, _) = yaml(KUBERNETES);
    let container = named(&pod(&documents)["containers"], "bulkgraph");
    assert_eq!(texts(&container["command"]), ["bulkgraph"]);
    // The folder is the volume, and the file that is mounted beside it is in it.
    let arguments = texts(&container["args"]).into_iter();
    let arguments: Vec<&str> = arguments
        .map(|argument| argument.strip_prefix("/input/").unwrap_or(argument))
        .collect();
    let (program, server) = (folder_with("wave-12.csv"), Server::start(&[]));
    let ran = run(&program, &server, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        program.files(),
        [
            "samples",
            "wave-12.csv",
            "wave-12.results.csv",
            "wave-12.run"
        ]
    );
    let sent = server.inspect().requests();
    let again = run(&program, &server, &arguments);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(again.stderr.contains("nothing was sent"));
    assert!((server.inspect().requests() - sent).abs() < f64::EPSILON);
}

#[test]
fn a_pod_is_no_root_writes_to_its_volume_only_and_has_its_token_from_a_secret() {
    let (documents, text) = yaml(KUBERNETES);
    let pod = pod(&documents);
    let container = named(&pod["containers"], "bulkgraph");
    assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true));
    let rights = &container["securityContext"];
    assert_eq!(rights["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(rights["allowPrivilegeEscalation"].as_bool(), Some(false));
    assert_eq!(texts(&rights["capabilities"]["drop"]), ["ALL"]);
    let image = container["image"].as_str().unwrap();
    assert!(image.ends_with(concat!(":", env!("CARGO_PKG_VERSION"))));

    let token = named(&container["env"], "BULKGRAPH_TOKEN");
    let secret = &token["valueFrom"]["secretKeyRef"];
    let (name, key) = (secret["name"].as_str(), secret["key"].as_str());
    let made = format!("{} --from-file={}=", name.unwrap(), key.unwrap());
    assert!(text.contains(&made), "the comment makes the secret");

    let mount = |name| named(&container["volumeMounts"], name);
    assert_eq!(mount("results")["mountPath"], container["workingDir"]);
    assert!(mount("results")["readOnly"].is_badvalue());
    assert_eq!(mount("input")["readOnly"].as_bool(), Some(true));
    let claim = &named(&pod["volumes"], "results")["persistentVolumeClaim"]["claimName"];
    assert_eq!(claim, &documents[0]["metadata"]["name"]);
    assert!(!named(&pod["volumes"], "input")["secret"].is_badvalue());
}

#[test]
fn no_exit_code_of_a_pod_starts_another_one() {
    let (documents, text) = yaml(KUBERNETES);
    let (job, pod) = (&documents[1]["spec"], pod(&documents));
    assert_eq!(job["backoffLimit"].as_i64(), Some(0));
    assert_eq!(pod["restartPolicy"].as_str(), Some("Never"));
    let first = &job["podFailurePolicy"]["rules"][0];
    assert_eq!(first["action"].as_str(), Some("FailJob"));
    let codes = &first["onExitCodes"];
    assert_eq!(codes["containerName"].as_str(), Some("bulkgraph"));
    assert_eq!(codes["operator"].as_str(), Some("In"));
    let values = codes["values"].as_vec().unwrap().iter();
    let values: Vec<i64> = values.map(|code| code.as_i64().unwrap()).collect();
    let bad = Exit::ALL.into_iter().filter(|exit| *exit != Exit::Good);
    let bad: Vec<u8> = bad.map(Exit::code).collect();
    assert_eq!(
        values,
        bad.iter().copied().map(i64::from).collect::<Vec<_>>()
    );
    for code in bad {
        assert!(
            text.contains(&format!("\n  #   {code}  ")),
            "{code} is explained"
        );
    }
    // A reply is awaited for a minute.
    assert!(pod["terminationGracePeriodSeconds"].as_i64() > Some(60));
}

#[test]
fn a_workflow_runs_the_wave_of_each_tenant_and_keeps_what_it_leaves() {
    let (documents, _) = yaml(GITHUB);
    let wave = &documents[0]["jobs"]["wave"];
    let step = named(&wave["steps"], "Run the wave");
    let script = step["run"].as_str().unwrap();
    let line = script.lines().last().unwrap();
    let line = line.strip_prefix("exec bin/bulkgraph ").unwrap();
    let keeping = &named(&wave["steps"], "Keep the results")["with"];
    for tenant in texts(&wave["strategy"]["matrix"]["tenant"]) {
        let line = line.replace('"', "").replace("$TENANT", tenant);
        let arguments: Vec<&str> = line.split(' ').collect();
        let file = format!("waves/{tenant}.csv");
        let (program, server) = (folder_with(&file), Server::start(&[]));
        let ran = run(&program, &server, &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let kept = keeping["path"].as_str().unwrap();
        let kept = kept.replace("${{ matrix.tenant }}", tenant);
        for left in program.files() {
            let is_kept = kept.lines().any(|kept| match kept.strip_suffix('*') {
                Some(start) => left.starts_with(start),
                None => left == kept,
            });
            assert!(is_kept || left == "samples" || left == "waves", "{left}");
        }
    }
}

#[test]
fn a_workflow_runs_a_tenant_once_at_a_time_and_shows_its_token_to_the_program_only() {
    let (documents, text) = yaml(GITHUB);
    let wave = &documents[0]["jobs"]["wave"];
    let tenant = "${{ matrix.tenant }}";
    let group = wave["concurrency"]["group"].as_str().unwrap();
    assert!(group.contains(tenant), "{group}");
    assert_eq!(
        wave["concurrency"]["cancel-in-progress"].as_bool(),
        Some(false)
    );
    assert_eq!(wave["strategy"]["fail-fast"].as_bool(), Some(false));
    assert_eq!(wave["environment"].as_str(), Some(tenant));
    assert_eq!(text.matches("secrets.").count(), 1);
    let step = named(&wave["steps"], "Run the wave");
    let token = step["env"]["BULKGRAPH_TOKEN"].as_str();
    assert_eq!(token, Some("${{ secrets.BULKGRAPH_TOKEN }}"));
    assert_eq!(step["env"]["TENANT"].as_str(), Some(tenant));
    let keeping = named(&wave["steps"], "Keep the results");
    assert_eq!(keeping["if"].as_str(), Some("always()"));
    let days = keeping["with"]["retention-days"].as_i64().unwrap();
    assert!((1..=7).contains(&days), "{days}");
    let version = concat!("ref: v", env!("CARGO_PKG_VERSION"), "\n");
    assert!(text.contains(version));
}
