use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colour {
    Red,
    Blue,
}

impl Worded for Colour {
    const WORDS: &'static [(&'static str, Self)] = &[("red", Colour::Red), ("blue", Colour::Blue)];
}

body! {
    pub struct SizeMembers {
        length: optional i64,
    }
}

body! {
    /// One that there is
    /// for this test.
    pub struct ThingBody as "Thing" {
        /// What it is called.
        name: needed Name,
        colour: optional Word<Colour>,
        owner: change Named,
        note: clearable String,
        size: members SizeMembers,
        parts: optional Vec<Within<PartBody>>,
    }
}

body! {
    pub struct PartBody as optional "Part" {
        weight: needed i64,
    }
}

fn read<B: Body>(value: &Value) -> Result<B, Problem> {
    Sent::<B>(JsonBody(value.clone()), PhantomData).read()
}

#[test]
fn a_declaration_is_described() {
    let mut schemas = Schemas::default();
    assert_eq!(
        schemas.refer::<ThingBody>(),
        json!({ "$ref": "#/components/schemas/Thing" })
    );
    let schemas = Value::from(schemas.all());
    assert_eq!(
        schemas,
        json!({
            "Thing": {
                "type": "object",
                "properties": {
                    "name": {
                        "type": "string", "minLength": 1, "pattern": "\\S", "description": "What it is called.",
                    },
                    "colour": { "type": ["string", "null"], "enum": ["red", "blue", null] },
                    "owner": { "$ref": "#/components/schemas/Reference" },
                    "note": { "type": ["string", "null"] },
                    "length": { "type": ["integer", "null"] },
                    "parts": { "type": ["array", "null"], "items": { "$ref": "#/components/schemas/Part" } },
                },
                "required": ["name"],
                "additionalProperties": false,
                "description": "One that there is for this test.",
            },
            "Part": {
                "type": "object",
                "properties": { "weight": { "type": "integer" } },
                "required": ["weight"],
                "additionalProperties": false,
            },
        })
    );
    let names: Vec<&str> = schemas["Thing"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(ThingBody::names(), names);
}

#[test]
fn a_body_is_read_as_it_is_declared() {
    let all = json!({
        "name": "Crate", "colour": "blue", "owner": 7, "note": "Fragile", "length": 3, "parts": [{"weight": 2}],
    });
    let thing: ThingBody = read(&all).unwrap();
    assert_eq!(thing.name.0, "Crate");
    assert_eq!(thing.colour.unwrap().0, Colour::Blue);
    assert_eq!(thing.owner, Some(Named::Number(7)));
    assert_eq!(thing.note, Some(Some("Fragile".to_owned())));
    assert_eq!(thing.size.length, Some(3));
    assert_eq!(thing.parts.unwrap()[0].0.weight, 2);
    let thing: ThingBody = read(&json!({ "name": "Crate" })).unwrap();
    assert!(thing.colour.is_none() && thing.owner.is_none() && thing.parts.is_none());
    assert_eq!(thing.note, None);
    // Null clears what can be cleared, and is otherwise the same as leaving the member out.
    let nulls =
        json!({ "name": "Crate", "colour": null, "note": null, "length": null, "parts": null });
    let thing: ThingBody = read(&nulls).unwrap();
    assert_eq!(thing.note, Some(None));
    assert!(thing.colour.is_none() && thing.size.length.is_none() && thing.parts.is_none());
}

#[test]
fn every_fault_of_a_body_is_said() {
    let table = [
        (json!(null), vec![("", "needs a JSON object")]),
        (json!([]), vec![("", "must be a JSON object")]),
        (json!({}), vec![("name", "is needed")]),
        (json!({"name": null}), vec![("name", "is needed")]),
        (json!({"name": 1}), vec![("name", "must be text")]),
        (
            json!({"name": "a", "owner": null}),
            vec![("owner", "must be an id")],
        ),
        (
            json!({"name": "a", "colour": "green"}),
            vec![("colour", "must be one of red, blue")],
        ),
        (
            json!({"name": "a", "parts": [{}]}),
            vec![("parts", "`weight` is needed")],
        ),
        (
            json!({"name": "a", "parts": [{"weight": 1, "shoe": 1}]}),
            vec![("parts", "`shoe`")],
        ),
        (
            json!({"name": "a", "note": 1, "length": "x", "shoe": 1, "hat": 1}),
            vec![
                ("note", "must be text"),
                ("length", "must be a whole number"),
                ("hat", "not known here"),
                ("shoe", "not known here"),
            ],
        ),
    ];
    for (body, expected) in table {
        let problem = read::<ThingBody>(&body).err().unwrap();
        let mut told: Vec<(String, String)> = problem
            .errors
            .iter()
            .map(|one| (one.field.clone(), one.detail.clone()))
            .collect();
        if told.is_empty() {
            told.push((problem.field.unwrap_or_default(), problem.detail));
        }
        told.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(told.len(), expected.len(), "{body}: {told:?}");
        for ((field, detail), (at, said)) in told.iter().zip(&expected) {
            assert_eq!(field, at, "{body}: {told:?}");
            assert!(detail.contains(said), "{body}: {told:?}");
        }
    }
}

#[test]
fn a_body_may_be_left_out_where_that_is_declared() {
    // It is as one without members.
    assert!(
        read::<PartBody>(&Value::Null)
            .err()
            .unwrap()
            .detail
            .contains("is needed")
    );
    let facts = [BodyFacts::of::<PartBody>(), BodyFacts::of::<ThingBody>()];
    assert_eq!(facts.map(|one| one.optional), [true, false]);
}
