use super::*;

#[track_caller]
fn equality(text: &str, expected: Option<&str>) {
    let value = Equality::parse(text, "Group")
        .ok()
        .map(|equality| equality.value);
    assert_eq!(value.as_deref(), expected, "{text}");
}

#[test]
fn an_equality_has_doubled_quotes_and_nothing_beside_it() {
    equality("displayName eq 'Store 001'", Some("Store 001"));
    equality("displayName eq 'Crew O''Brien'", Some("Crew O'Brien"));
    equality("displayName eq ''''", Some("'"));
    equality("displayName eq 'Crew O'Brien'", None);
    equality("displayName eq 'a' or id eq 'b'", None);
    equality("startswith(displayName,'a')", None);
    equality("displayName ne 'a'", None);
    equality("displayName eq ", None);
    equality("displayName eq '", None);
}

fn field(name: &str) -> Field<'static> {
    match name {
        "displayName" => Field::text("Łucja O'Hara"),
        "accountEnabled" => Field::Flag(true),
        "groupTypes" => Field::Texts(vec!["Unified".into()]),
        _ => Field::Null,
    }
}

#[track_caller]
fn matches(text: &str, expected: bool) {
    assert_eq!(
        Filter::parse(text).unwrap().matches(&field),
        expected,
        "{text}"
    );
}

#[test]
fn expressions_are_held_against_properties() {
    matches("displayName eq 'łucja o''hara'", true);
    matches("displayName ne 'łucja o''hara'", false);
    matches("startsWith(displayName, 'ŁU')", true);
    matches("startswith(displayName,'Lu')", false);
    matches("endsWith(displayName,'HARA')", true);
    matches("displayName in ('a', 'Łucja O''Hara')", true);
    matches("displayName in ('a')", false);
    matches("accountEnabled eq true", true);
    matches("accountEnabled eq false", false);
    matches("accountEnabled eq 'true'", false);
    matches("mail eq null", true);
    matches("mail ne 'a'", true);
    matches("groupTypes/any(c:c eq 'Unified')", true);
    matches("groupTypes/any(c:startswith(c,'Dyn'))", false);
    matches("not(accountEnabled eq true)", false);
    matches("mail eq 'a' or accountEnabled eq true", true);
    matches(
        "mail eq 'a' and accountEnabled eq true or displayName eq 'b'",
        false,
    );
    matches(
        "mail eq 'a' and (accountEnabled eq true or displayName eq 'b')",
        false,
    );
    matches(
        "(accountEnabled eq true) and startswith(displayName,'ł')",
        true,
    );
}

#[test]
fn what_is_no_expression_is_refused() {
    let deep = format!("{}a eq 'b'{}", "(".repeat(100_000), ")".repeat(100_000));
    let nots = format!("{}a eq 'b'", "not ".repeat(100_000));
    let anys = "a/any(a:".repeat(300_000);
    for text in [
        "",
        "displayName",
        "displayName eq",
        "displayName eq a",
        "displayName gt 'a'",
        "displayName eq 'a' and",
        "displayName eq 'a')",
        "(displayName eq 'a'",
        "contains(displayName,'a')",
        "displayName in ()",
        "displayName in 'a'",
        "groupTypes/any(c:d eq 'Unified')",
        "groupTypes/all(c:c eq 'Unified')",
        "startswith('a',displayName)",
        "a/any(a:a/any(b:b eq 'x'))",
        &deep,
        &nots,
        &anys,
    ] {
        assert!(Filter::parse(text).is_err(), "{text:.40}");
    }
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let filter = Filter::parse(text).unwrap();
    let filterable = ["a", "b", "c", "d"];
    let error = filter.check(false, "User", &filterable).unwrap_err();
    let expected = GraphError::unsupported_query(message);
    assert_eq!(error, expected, "{text}");
    assert_eq!(filter.check(true, "User", &filterable), Ok(()), "{text}");
}

#[test]
fn some_expressions_need_the_advanced_parameters() {
    refused(
        "a ne 'x'",
        "Filter operator 'NotEqualsMatch' is not supported.",
    );
    refused(
        "a eq null",
        "Unsupported or invalid query filter clause specified for property 'a' of resource 'User'.",
    );
    let height = "search filter expression has excessive height: 4. Max allowed: 3.";
    refused(
        "((a eq 'x' or (b eq 'x' and c eq 'x')) and startswith(d,'x'))",
        height,
    );
    let sixteen = format!("a in ('x'{})", ",'x'".repeat(15));
    let clauses = "Too many child clauses specified in search filter expression containing 'OR' operators: 16. \
                   Max allowed: 15.";
    refused(&sixteen, clauses);
    refused(&format!("a eq 'x'{}", " or b eq 'x'".repeat(15)), clauses);
    let rephrased =
        "(a eq 'x' and startswith(d,'x')) or (b eq 'x' and c eq 'x' and startswith(d,'x'))";
    let filterable = ["a", "b", "c", "d"];
    assert_eq!(
        Filter::parse(rephrased)
            .unwrap()
            .check(false, "User", &filterable),
        Ok(())
    );
}

#[track_caller]
fn pinned(text: &str, expected: Option<&[(&str, &str)]>) {
    let filter = Filter::parse(text).unwrap();
    assert_eq!(filter.pins(&["id", "mail"]).as_deref(), expected, "{text}");
}

#[test]
fn an_index_serves_what_is_tied_to_values() {
    pinned("id eq '1'", Some(&[("id", "1")]));
    pinned("id in ('1','2')", Some(&[("id", "1"), ("id", "2")]));
    pinned("startswith(a,'x') and mail eq 'm'", Some(&[("mail", "m")]));
    pinned(
        "id eq '1' or mail eq 'm'",
        Some(&[("id", "1"), ("mail", "m")]),
    );
    pinned("id eq '1' or a eq 'x'", None);
    pinned("not(id eq '1')", None);
    pinned("a eq 'x'", None);
}
