//! Input values: variables and arguments brought to the types the schema declares.

use apollo_compiler::ast::{Type, Value as Literal};
use apollo_compiler::executable::{Argument, Operation};
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use apollo_compiler::{Node, Schema};

use serde_json::Value;

use super::{Arguments, BAD_USER_INPUT, Refusal};

fn bad(message: String) -> Refusal {
    Refusal::new(BAD_USER_INPUT, message)
}

/// The request's variables, coerced. Unknown ones are ignored, absent ones stay absent.
pub(super) fn variables(
    schema: &Schema,
    operation: &Operation,
    given: &Arguments,
) -> Result<Arguments, Refusal> {
    let mut coerced = Arguments::new();
    for definition in &operation.variables {
        let name = definition.name.as_str();
        let value = match (given.get(name), &definition.default_value) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => literal(default, &Arguments::new()).unwrap_or(Value::Null),
            (None, None) if definition.ty.is_non_null() => {
                return Err(bad(format!(
                    "Variable \"${name}\" of required type \"{}\" was not provided.",
                    definition.ty
                )));
            }
            (None, None) => continue,
        };
        let value = coerce(schema, &definition.ty, value)
            .map_err(|why| bad(format!("Variable \"${name}\" got invalid value; {why}")))?;
        coerced.insert(name.to_owned(), value);
    }
    Ok(coerced)
}

/// A field's arguments: literals with the variables inside them, defaults, and types.
pub(super) fn arguments(
    schema: &Schema,
    definition: &FieldDefinition,
    given: &[Node<Argument>],
    variables: &Arguments,
) -> Result<Arguments, Refusal> {
    let mut coerced = Arguments::new();
    for declared in &definition.arguments {
        let name = declared.name.as_str();
        let value = given
            .iter()
            .find(|argument| argument.name == declared.name)
            .and_then(|argument| literal(&argument.value, variables))
            .or_else(|| {
                let default = declared.default_value.as_ref()?;
                literal(default, variables)
            });
        let Some(value) = value else {
            if declared.ty.is_non_null() {
                return Err(bad(format!(
                    "Argument \"{name}\" of required type \"{}\" was not provided.",
                    declared.ty
                )));
            }
            continue;
        };
        let value = coerce(schema, &declared.ty, value)
            .map_err(|why| bad(format!("Argument \"{name}\" has invalid value; {why}")))?;
        coerced.insert(name.to_owned(), value);
    }
    Ok(coerced)
}

/// A literal as JSON; nothing when it is a variable that was not given.
fn literal(value: &Literal, variables: &Arguments) -> Option<Value> {
    Some(match value {
        Literal::Null => Value::Null,
        Literal::Variable(name) => variables.get(name.as_str())?.clone(),
        Literal::Enum(name) => Value::from(name.as_str()),
        Literal::String(text) => Value::from(text.as_str()),
        Literal::Boolean(flag) => Value::from(*flag),
        Literal::Int(number) => number.as_str().parse().map_or(Value::Null, Value::Number),
        Literal::Float(number) => number.as_str().parse().map_or(Value::Null, Value::Number),
        Literal::List(items) => Value::Array(
            items
                .iter()
                .map(|item| literal(item, variables).unwrap_or(Value::Null))
                .collect(),
        ),
        Literal::Object(fields) => Value::Object(
            fields
                .iter()
                .filter_map(|(name, field)| {
                    Some((name.as_str().to_owned(), literal(field, variables)?))
                })
                .collect(),
        ),
    })
}

/// Brings a value to a type, or says why it cannot be.
fn coerce(schema: &Schema, ty: &Type, value: Value) -> Result<Value, String> {
    if value.is_null() {
        return if ty.is_non_null() {
            Err(format!("expected type \"{ty}\" not to be null."))
        } else {
            Ok(Value::Null)
        };
    }
    let name = match ty {
        Type::List(inner) | Type::NonNullList(inner) => {
            let items = match value {
                Value::Array(items) => items,
                // A single value stands for a list of one.
                single => vec![single],
            };
            return items
                .into_iter()
                .map(|item| coerce(schema, inner, item))
                .collect();
        }
        Type::Named(name) | Type::NonNullNamed(name) => name,
    };
    match schema.types.get(name) {
        Some(ExtendedType::Scalar(_)) => scalar(name, value),
        Some(ExtendedType::Enum(definition)) => match value.as_str() {
            Some(text) if definition.values.contains_key(text) => Ok(value),
            Some(text) => Err(format!(
                "value \"{text}\" does not exist in \"{name}\" enum."
            )),
            None => Err(format!("enum \"{name}\" cannot represent this value.")),
        },
        Some(ExtendedType::InputObject(definition)) => {
            let Value::Object(mut given) = value else {
                return Err(format!("expected type \"{name}\" to be an object."));
            };
            let mut coerced = Arguments::new();
            for (field, declared) in &definition.fields {
                let value = given.remove(field.as_str()).or_else(|| {
                    let default = declared.default_value.as_ref()?;
                    literal(default, &Arguments::new())
                });
                match value {
                    Some(value) => {
                        let value = coerce(schema, &declared.ty, value)
                            .map_err(|why| format!("at \"{name}.{field}\": {why}"))?;
                        coerced.insert(field.as_str().to_owned(), value);
                    }
                    None if declared.ty.is_non_null() => {
                        return Err(format!(
                            "field \"{field}\" of required type \"{}\" was not provided.",
                            declared.ty
                        ));
                    }
                    None => {}
                }
            }
            match given.keys().next() {
                Some(unknown) => Err(format!(
                    "field \"{unknown}\" is not defined by type \"{name}\"."
                )),
                None => Ok(Value::Object(coerced)),
            }
        }
        _ => Err(format!("\"{name}\" is not an input type.")),
    }
}

fn scalar(name: &str, value: Value) -> Result<Value, String> {
    let fits = match name {
        "Int" => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "String" | "StixId" | "StixRef" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "ID" => value.is_string() || value.is_i64() || value.is_u64(),
        "DateTime" => match value.as_str() {
            Some(text) => text.parse::<jiff::Timestamp>().is_ok() || civil(text).is_some(),
            None => false,
        },
        _ => true,
    };
    if !fits {
        return Err(format!("{name} cannot represent this value."));
    }
    Ok(match (name, value) {
        ("ID", Value::Number(number)) => Value::String(number.to_string()),
        ("DateTime", Value::String(text)) => match civil(&text) {
            Some(moment) if text.parse::<jiff::Timestamp>().is_err() => {
                Value::String(moment.to_string())
            }
            _ => Value::String(text),
        },
        (_, value) => value,
    })
}

/// A date, or a date and time without a zone, which the vendor takes as UTC.
fn civil(text: &str) -> Option<jiff::Timestamp> {
    let moment: jiff::civil::DateTime = text.parse().ok()?;
    moment
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}
