//! Roles (misp.md §5.2).

use directory::{Fault, Kind, NewRole, RoleChange, RoleId, RoleInUse};
use serde_json::{Map, Value, json};

use super::body::{Fields, Sent};
use super::catalogue::{self, FLAGS, Flag, Level};
use super::extension::RoleNotes;
use super::index_filter::IndexFilter;
use super::map::RoleView;
use super::people::Roles;
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult, Path, RequestError};

/// What roles are filtered by.
const FILTERS: &[&str] = &["name", "quickFilter"];

/// `roles/index`, all at once; `name` and `quickFilter` narrow it.
pub async fn list(request: Authenticated) -> HandlerResult {
    listed(&request, &Fields::default()).await
}

/// The list by POST: filters stand in the body too.
pub async fn search(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    listed(&request, &Fields::of(body, "Role")).await
}

async fn listed(request: &Authenticated, fields: &Fields) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let filter = IndexFilter::read(address, fields, FILTERS)?;
    let roles = Roles::read(request).await?;
    let default = roles.default(request).await?;
    let shown: Vec<Value> = roles
        .all()
        .filter(|role| {
            filter.matches("name", &role.name) && filter.finds("quickFilter", &role.name)
        })
        .map(|role| {
            let mut body = roles.view(role.number).body(default);
            body.insert("default".to_owned(), json!(default == Some(role.number)));
            json!({ "Role": body })
        })
        .collect();
    Ok(wire::shown(request, &shown))
}

fn number(id: &str) -> Result<i64, Fault> {
    id.parse().map_err(|_| Fault::NotFound(Kind::Role))
}

fn found(roles: &Roles, id: &str) -> Result<directory::Role, Fault> {
    roles
        .numbered(number(id)?)
        .cloned()
        .ok_or(Fault::NotFound(Kind::Role))
}

/// `roles/view`.
pub async fn view(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let roles = Roles::read(&request).await?;
    let role = found(&roles, &id)?;
    let default = roles.default(&request).await?;
    Ok(answered(&request, roles.view(role.number).body(default)))
}

fn answered(request: &Authenticated, role: Map<String, Value>) -> axum::response::Response {
    wire::shown(request, &json!({ "Role": role }))
}

/// What a request makes of a role's flags.
struct Flags {
    set: Vec<Flag>,
    restricted: bool,
}

impl Flags {
    /// Flags that are not sent stay as they are. The four that `permission` decides follow it alone;
    /// without it they stay too, where the vendor would clear them (misp.md §5.2, §10).
    fn read(fields: &mut Fields, present: &[Flag], restricted: bool) -> Flags {
        let mut set: Vec<Flag> = Vec::new();
        let level = match fields.filled("permission") {
            Some(text) => Level::named(text.trim()).unwrap_or(Level::ReadOnly),
            None => Level::of(present),
        };
        for flag in FLAGS {
            let on = if Level::Publish.flags().contains(flag) {
                level.flags().contains(flag)
            } else {
                fields
                    .flag(flag.column)
                    .unwrap_or_else(|| present.contains(flag))
            };
            if on {
                set.push(*flag);
            }
        }
        let restricted = fields
            .flag("restricted_to_site_admin")
            .unwrap_or(restricted);
        Flags { set, restricted }
    }
}

fn read_notes(fields: &mut Fields, notes: &mut RoleNotes) {
    // Quirk: what is no limit becomes none, which is shown as an empty text (misp.md §5.2).
    if let Some(limit) = fields.text("memory_limit") {
        notes.memory_limit = is_memory(&limit).then_some(limit);
    }
    if let Some(limit) = fields.text("max_execution_time") {
        notes.max_execution_time = is_figure(&limit).then_some(limit);
    }
    if let Some(flag) = fields.flag("enforce_rate_limit") {
        notes.enforce_rate_limit = flag;
    }
    if let Some(count) = fields.filled_number("rate_limit_count", "numeric") {
        notes.rate_limit_count = count;
    }
}

/// `512M`, `2G`, `-1`.
fn is_memory(text: &str) -> bool {
    let figure = text
        .strip_suffix(['M', 'G', 'm', 'g', 'K', 'k'])
        .unwrap_or(text);
    text == "-1" || is_figure(figure)
}

fn is_figure(text: &str) -> bool {
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `admin/roles/add`.
pub async fn add(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let mut fields = Fields::of(body, "Role");
    let name = fields.filled("name");
    if name.is_none() {
        fields.refuse("name", "valueNotEmpty");
    }
    let flags = Flags::read(&mut fields, &[], false);
    let mut notes = RoleNotes::default();
    read_notes(&mut fields, &mut notes);
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let new = NewRole {
        name: name.unwrap_or_default(),
        lines: catalogue::lines_of(&flags.set, flags.restricted),
        extension: Some(notes.stored()),
        ..NewRole::default()
    };
    let role = request.create_role(new).await?;
    Ok(answered(&request, RoleView::of(&role, notes).body(None)))
}

/// `admin/roles/edit`: what is not sent stays.
pub async fn edit(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let roles = Roles::read(&request).await?;
    let role = found(&roles, &id)?;
    let mut fields = Fields::of(body, "Role");
    if fields.value("name").is_some() && fields.filled("name").is_none() {
        fields.refuse("name", "valueNotEmpty");
    }
    let (present, limited) = (
        catalogue::flags_of(&role.lines),
        catalogue::restricted(&role.lines),
    );
    let flags = Flags::read(&mut fields, &present, limited);
    let old = roles.view(role.number).notes().clone();
    let mut notes = old.clone();
    read_notes(&mut fields, &mut notes);
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    // Lines that say the same are left alone, whatever else stands in them.
    let same = flags.set == present && flags.restricted == limited;
    let change = RoleChange {
        name: fields.filled("name").filter(|name| *name != role.name),
        lines: (!same).then(|| catalogue::lines_of(&flags.set, flags.restricted)),
        extension: (notes != old).then(|| notes.stored()),
        if_version: Some(role.version),
        ..RoleChange::default()
    };
    let role = request.update_role(role.id, change).await?;
    let default = roles.default(&request).await?;
    Ok(answered(&request, RoleView::of(&role, notes).body(default)))
}

async fn is_worn(request: &Authenticated, role: RoleId) -> Result<bool, Fault> {
    let holders = request.role_holder_counts(&[role]).await?;
    Ok(holders.iter().any(|(_, count)| *count > 0))
}

/// `admin/roles/delete`: refused while anybody wears it.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let roles = Roles::read(&request).await?;
    let role = found(&roles, &id)?;
    match request.delete_role(role.id, RoleInUse::Refuse).await {
        // Quirk: that a role is worn is what the vendor says first, and scripts look for (misp.md §5.2).
        Err(Fault::Protected(kind)) if is_worn(&request, role.id).await? => {
            return Err(Fault::InUse(kind).into());
        }
        done => done?,
    };
    // Quirk: a number where everything else is text, and a path without `/admin` (misp.md §3).
    let url = format!("/roles/delete/{}", role.number);
    let body = wire::success("Role deleted.", &url, Some(json!(role.number)));
    Ok(wire::shown(&request, &body))
}

/// `admin/roles/set_default`: the role of newcomers.
pub async fn set_default(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let roles = Roles::read(&request).await?;
    let role = found(&roles, &id).map_err(RequestError::from)?;
    request
        .set_default_roles(catalogue::PLATFORM, &[role.id])
        .await?;
    let id = json!(role.number.to_string());
    let body = wire::success("Default role set.", &request.info.path, Some(id));
    Ok(wire::shown(&request, &body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::{ADD, AUTH, MODIFY, MODIFY_ORG, PUBLISH, SYNC};

    #[test]
    fn flags_follow_the_request() {
        let present = [ADD, MODIFY, AUTH, SYNC];
        for (body, expected) in [
            (json!({}), vec![ADD, MODIFY, SYNC, AUTH]),
            (json!({"permission": "read_only"}), vec![SYNC, AUTH]),
            (
                json!({"permission": 3}),
                vec![ADD, MODIFY, MODIFY_ORG, PUBLISH, SYNC, AUTH],
            ),
            (json!({"permission": ""}), vec![ADD, MODIFY, SYNC, AUTH]),
            (json!({"permission": "nonsense"}), vec![SYNC, AUTH]),
            (json!({"perm_publish": true}), vec![ADD, MODIFY, SYNC, AUTH]),
            (json!({"perm_sync": "0"}), vec![ADD, MODIFY, AUTH]),
        ] {
            let mut fields = Fields::of(body.clone(), "Role");
            assert_eq!(
                Flags::read(&mut fields, &present, false).set,
                expected,
                "{body}"
            );
            assert_eq!(fields.errors(), None);
        }
    }

    #[test]
    fn limits() {
        for (text, fine) in [
            ("512M", true),
            ("2G", true),
            ("-1", true),
            ("", false),
            ("much", false),
        ] {
            assert_eq!(is_memory(text), fine, "{text}");
        }
    }
}
