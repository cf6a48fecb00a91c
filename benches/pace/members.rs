//! A job of one directory write a row, which no job of the program is.

use bulkgraph::engine::{Effect, Method, Operation, Reply, Workload};
use bulkgraph::jobs::{
    Action, Column, Conversation, Fields, Item, ItemId, Job, JobOption, NewItem, OptionError,
    Refusal, Settings, Settlement, Stage, Step, Work,
};
use serde_json::{Value, json};

/// Adds one member to one group with each row.
#[derive(Debug)]
pub(crate) struct SingleMembers;

const COLUMNS: &[Column] = &[column("Group"), column("Member")];

const fn column(name: &'static str) -> Column {
    Column {
        name,
        aliases: &[],
        required: true,
    }
}

impl Job for SingleMembers {
    fn name(&self) -> &'static str {
        "single-members"
    }

    fn about(&self) -> &'static str {
        "Add one member to one group with each row"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn options(&self) -> &'static [JobOption] {
        &[]
    }

    fn result_columns(&self) -> &'static [&'static str] {
        &[]
    }

    fn sameness(&self) -> &'static str {
        "the same member"
    }

    fn in_doubt_hint(&self) -> &'static str {
        ""
    }

    fn configure(&self, settings: &Settings) -> Result<Box<dyn Work>, OptionError> {
        let graph_root = settings.graph_root.clone();
        Ok(Box::new(Adding { graph_root }))
    }
}

#[derive(Debug)]
struct Adding {
    graph_root: String,
}

impl Work for Adding {
    fn check(&self, row: &Fields<'_>) -> Result<NewItem, Vec<Refusal>> {
        let (group, member) = (row.text("Group"), row.text("Member"));
        let link = format!("{}/directoryObjects/{member}", self.graph_root);
        Ok(NewItem {
            key: format!("{group} {member}"),
            company: None,
            stage: Stage::Work,
            content: json!({"group": group, "body": {"@odata.id": link}}).to_string(),
            fields: Vec::new(),
        })
    }

    fn converse(&self, items: Vec<Item>) -> Vec<Box<dyn Conversation>> {
        let add = |item| Box::new(Add(item)) as Box<dyn Conversation>;
        items.into_iter().map(add).collect()
    }
}

#[derive(Debug)]
struct Add(Item);

impl Conversation for Add {
    fn items(&self) -> Vec<ItemId> {
        vec![self.0.id]
    }

    fn start(&mut self) -> Step {
        let content: Value = serde_json::from_str(&self.0.content).unwrap();
        let group = content["group"].as_str().unwrap_or_default();
        let body = content["body"].clone();
        let call = Operation::write(
            Method::Post,
            Workload::Directory,
            format!("/groups/{group}/members/$ref"),
            body,
            Effect::Idempotent,
        );
        Step::Call(call.on(group))
    }

    fn hear(&mut self, reply: Reply) -> Step {
        let settlement = match reply.into_answer() {
            Ok(answer) if answer.is_success() => Settlement::succeeded(Action::Added),
            Ok(answer) => Settlement::failed(&answer),
            Err(why) => Settlement::in_doubt(why),
        };
        Step::Settle(vec![(self.0.id, settlement)])
    }
}
