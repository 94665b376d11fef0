//! Callers with some rights and not others, at routes that write: what is refused keeps nothing.

use directory::{Line, NewGrant, NewRole, OrganisationId, Permission, Query, ROOT, Reach, User};

use crate::{Reply, World};

/// A line of a role, and the organisation in which the role is granted.
pub type Right = (Line, OrganisationId);

/// These permissions over the whole installation.
pub fn everywhere(permissions: &[Permission]) -> Vec<Right> {
    permissions
        .iter()
        .map(|permission| (Line::may(*permission, Reach::All), ROOT))
        .collect()
}

/// The words of permissions, to name their holder by.
pub fn words(permissions: &[Permission]) -> String {
    if permissions.is_empty() {
        return "none".to_owned();
    }
    let words: Vec<&str> = permissions.iter().map(|one| one.word()).collect();
    words.join(" ")
}

impl World {
    /// A person in the root with a key, and with these rights alone: each is a role of the directory's own.
    pub async fn holder(&self, email: &str, rights: &[Right]) -> (User, String) {
        let (user, key) = self.powerless(email).await;
        for (number, (line, organisation)) in rights.iter().enumerate() {
            let new = NewRole {
                name: format!("{email} {number}"),
                lines: vec![line.clone()],
                ..NewRole::default()
            };
            let grant = NewGrant {
                role: self.system().create_role(new).await.unwrap().id,
                organisation: Some(*organisation),
                expires_at: None,
            };
            self.system().grant_role(user.id, grant).await.unwrap();
        }
        (user, key)
    }

    /// What writes keep: `contents`, the ends of the texts of keys, how many sessions there are, who has a second factor, and groups with their members and
    /// managers.
    pub async fn kept(&self) -> String {
        let system = self.system();
        let users = system.users(&Query::default()).await.unwrap().items;
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let sessions = system.sessions(&ids).await.unwrap().len();
        let factors: Vec<bool> = users.iter().map(|user| user.second_factor).collect();
        let mut groups = Vec::new();
        for group in system.groups(&Query::default()).await.unwrap().items {
            let members = system.members(group.id, &Query::default()).await.unwrap();
            let members: Vec<_> = members.items.iter().map(|user| user.id).collect();
            let managers = system.managers(&[group.id]).await.unwrap();
            groups.push(format!("{group:?} {members:?} {managers:?}"));
        }
        let keys = system.keys(&Query::default()).await.unwrap().items;
        let texts: Vec<_> = keys.iter().map(|key| key.hint_end.clone()).collect();
        let contents = self.contents().await;
        format!("{contents} {texts:?} {sessions} {factors:?} {groups:?}")
    }
}

/// Prepares and sends each request as each caller, and gives the statuses as lines. What is refused must have the vendor's shape and keep
/// nothing, and what is accepted must be kept, so that a request which changes nothing proves nothing.
pub async fn refusals_keep_nothing(
    callers: &[(String, String)],
    requests: &[&str],
    prepare: impl AsyncFn(&str),
    send: impl AsyncFn(&str, &str, usize) -> Reply,
    kept: impl AsyncFn() -> String,
    shaped: fn(&Reply) -> bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut wrong = Vec::new();
    let mut turn = 0;
    for request in requests {
        for (caller, credential) in callers {
            turn += 1;
            prepare(request).await;
            let before = kept().await;
            let reply = send(request, credential, turn).await;
            let after = kept().await;
            let line = format!("{request} | {caller} | {}", reply.status);
            let kept = before != after;
            if kept != (reply.status < 300) || (!kept && !shaped(&reply)) {
                wrong.push(format!("{line}, kept: {kept}, {}", reply.text));
            }
            lines.push(line);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    lines
}
