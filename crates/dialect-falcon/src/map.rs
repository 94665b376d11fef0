//! The directory's things as the vendor shows them, and back: pure functions.

use std::collections::HashMap;

use directory::{
    Collection, Group, HeldRoleRow, Names, NamesShown, NewPassword, NewUser, Organisation,
    OrganisationId, Path, Role, Standing, Time, User, UserChange,
};
use uuid::Uuid;

use super::wire;

/// The domain of the addresses made up for people who have none. They are shown, never stored.
const NOWHERE: &str = "@usher.invalid";

/// The one kind of second factor there is, as shown.
///
/// Quirk: the vendor's words for factors are not public; this one is ours (falcon.md §10).
pub const FACTOR: &str = "totp";

/// The status of every customer shown.
pub const ACTIVE_CUSTOMER: &str = "active";

/// The statuses shown, and the directory's own that each stands for.
///
/// Quirk: only `active` is known of the vendor; the others are ours (falcon.md §4).
pub const STATUSES: &[(&str, &[&str])] = &[
    ("active", &["active"]),
    ("inactive", &["inactive"]),
    ("suspended", &["suspended"]),
    ("expired", &["expired"]),
    ("locked", &["locked", "locked_out"]),
];

/// A customer's id: the UUID of an organisation without dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(Uuid);

impl Cid {
    /// The id of an organisation.
    pub fn of(organisation: &Organisation) -> Cid {
        Cid(organisation.uuid)
    }

    /// Reads 32 hexadecimal digits of either case.
    ///
    /// Quirk: a checksum of two digits may follow after a dash, as in the answer of the CID look-up
    /// (falcon.md §6).
    pub fn parse(text: &str) -> Option<Cid> {
        let text = text.trim();
        let (digits, checksum) = match text.split_once('-') {
            Some((digits, checksum)) => (digits, checksum),
            None => (text, "00"),
        };
        let hexadecimal = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        (hexadecimal(digits, 32) && hexadecimal(checksum, 2))
            .then(|| Uuid::parse_str(digits).ok().map(Cid))
            .flatten()
    }

    /// The organisation's UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// As shown: lower case without a checksum.
    pub fn shown(self) -> String {
        self.0.simple().to_string()
    }

    /// Two digits that tell a mistyped id from a right one.
    ///
    /// Quirk: the vendor's sum is not public; this is a cyclic redundancy check of the sixteen bytes
    /// (falcon.md §7).
    pub fn checksum(self) -> String {
        let sum = self.0.as_bytes().iter().fold(0_u8, |sum, byte| {
            (0..8).fold(sum ^ byte, |sum, _| {
                let shifted = sum << 1;
                if sum & 0x80 == 0 {
                    shifted
                } else {
                    shifted ^ 0x07
                }
            })
        });
        format!("{sum:02X}")
    }

    /// As the CID look-up shows it: upper case with its checksum.
    pub fn with_checksum(self) -> String {
        format!(
            "{}-{}",
            self.0.simple().to_string().to_uppercase(),
            self.checksum()
        )
    }
}

/// The organisations that rows speak of, by number: those that the caller sees.
pub type Customers = HashMap<OrganisationId, Cid>;

/// The address shown of a user, in lower case.
pub fn uid(user: &User) -> String {
    match &user.email {
        Some(email) => email.to_lowercase(),
        None => format!("{}{NOWHERE}", user.uuid.simple()),
    }
}

/// The UUID of the user for whom an address was made up.
pub fn made_up_for(uid: &str) -> Option<Uuid> {
    let uid = uid.to_lowercase();
    Uuid::try_parse(uid.strip_suffix(NOWHERE)?).ok()
}

/// Whether an address is one of those that are only shown.
pub fn is_made_up(uid: &str) -> bool {
    uid.to_lowercase().ends_with(NOWHERE)
}

fn status(user: &User, now: Time) -> &'static str {
    match user.standing(now) {
        Standing::Active => "active",
        Standing::Inactive => "inactive",
        Standing::Suspended => "suspended",
        Standing::Expired => "expired",
        Standing::Locked | Standing::LockedOut => "locked",
    }
}

/// Whether a user belongs to the caller's own customers or was let in from elsewhere.
pub fn user_type(home: OrganisationId, customers: &Customers) -> &'static str {
    if customers.contains_key(&home) {
        "internal"
    } else {
        "external"
    }
}

/// A user. Of somebody let in from elsewhere the home is not the caller's to see.
pub fn user(user: &User, customers: &Customers, now: Time) -> wire::User {
    wire::User {
        uuid: user.uuid,
        uid: uid(user),
        first_name: user.shown.given.clone(),
        last_name: user.shown.family.clone().unwrap_or_default(),
        cid: customers.get(&user.home).map(|cid| cid.shown()),
        status: status(user, now),
        factors: if user.second_factor {
            vec![FACTOR]
        } else {
            Vec::new()
        },
        user_type: user_type(user.home, customers),
        created_at: user.created_at.rfc3339(),
        updated_at: user.updated_at.rfc3339(),
        last_login_at: user.signed_in_at.map(Time::rfc3339),
    }
}

/// A user as the older operations show it.
pub fn legacy_user(user: &User, customers: &Customers, now: Time) -> wire::LegacyUser {
    wire::LegacyUser {
        uuid: user.uuid,
        customer: customers
            .get(&user.home)
            .map(|cid| cid.shown())
            .unwrap_or_default(),
        uid: uid(user),
        first_name: user.shown.given.clone(),
        last_name: user.shown.family.clone().unwrap_or_default(),
        status: status(user, now),
    }
}

/// A user to make.
pub fn new_user(new: wire::NewUser, home: Option<OrganisationId>) -> NewUser {
    let mail = new.password.is_none().then(|| "activation".to_owned());
    NewUser {
        email: Some(new.uid),
        names: Names {
            display: None,
            given: new.first_name,
            family: new.last_name,
        },
        home,
        password: new.password.map_or(NewPassword::None, NewPassword::Chosen),
        door: directory::ProvisioningDefaults {
            mail,
            ..directory::ProvisioningDefaults::default()
        },
        ..NewUser::default()
    }
}

/// Another name for a user; what is absent stays.
pub fn user_change(names: wire::NameChange) -> UserChange {
    UserChange {
        given: names.first_name.map(Some),
        family: names.last_name.map(Some),
        names_shown: NamesShown::Parts,
        ..UserChange::default()
    }
}

/// The id of a role: a built-in's word, a custom one's UUID without dashes.
pub fn role_id(builtin: bool, word: &str, uuid: Uuid) -> String {
    if builtin {
        word.to_owned()
    } else {
        uuid.simple().to_string()
    }
}

/// Reads the id of a custom role: 32 hexadecimal digits.
pub fn custom_role_id(id: &str) -> Option<Uuid> {
    (id.len() == 32).then(|| Uuid::try_parse(id).ok()).flatten()
}

/// A role.
pub fn role(role: &Role, customers: &Customers) -> wire::Role {
    let cid = role.organisation.and_then(|id| customers.get(&id));
    wire::Role {
        id: role_id(role.builtin, &role.word, role.uuid),
        display_name: role.name.clone(),
        description: role.description.clone(),
        is_global: role.organisation.is_none(),
        kind: if role.builtin { "default" } else { "custom" },
        cid: cid.map(|cid| cid.shown()),
    }
}

/// A role as the older operations show it.
pub fn legacy_role(role: &Role, customers: &Customers) -> wire::LegacyRole {
    let shown = self::role(role, customers);
    wire::LegacyRole {
        id: shown.id,
        display_name: shown.display_name,
        description: shown.description,
        cid: shown.cid,
    }
}

/// What a grant by a group shows of the way it takes, as far as the caller sees it.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Groups by number.
    pub groups: HashMap<directory::GroupId, Group>,
    /// Collections by number.
    pub collections: HashMap<directory::CollectionId, Collection>,
}

/// A role that a user holds, by one path.
///
/// Quirk: what the vendor calls grants that come by groups is not public; this word is ours
/// (falcon.md §4).
pub fn grant(user: Uuid, cid: Cid, row: &HeldRoleRow, paths: &Paths) -> wire::Grant {
    let (group, collection) = match &row.path {
        Some(Path::Group {
            group, collection, ..
        }) => (
            paths.groups.get(group),
            collection.and_then(|id| paths.collections.get(&id)),
        ),
        Some(Path::Direct(_)) | None => (None, None),
    };
    wire::Grant {
        uuid: user,
        cid: cid.shown(),
        role_id: role_id(row.builtin, &row.word, row.uuid),
        role_name: row.name.clone(),
        grant_type: match &row.path {
            Some(Path::Group { .. }) => "flightcontrol",
            Some(Path::Direct(_)) | None => "direct",
        },
        user_group_id: group.map(|group| group_id(group.uuid)),
        user_group_name: group.map(|group| group.name.clone()),
        cid_group_id: collection.map(|one| group_id(one.uuid)),
        cid_group_name: collection.map(|one| one.name.clone()),
        parent_cid: None,
        expires_at: row.expires_at.map(Time::rfc3339),
        user_type: None,
    }
}

/// The id of a user group or of a CID group.
pub fn group_id(uuid: Uuid) -> String {
    uuid.simple().to_string()
}

/// Reads the id of a group, with or without dashes.
pub fn read_group_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text.trim()).ok()
}

/// A child customer.
pub fn child(organisation: &Organisation, parent: Cid) -> wire::Child {
    let cid = Cid::of(organisation);
    wire::Child {
        child_cid: cid.shown(),
        child_of: parent.shown(),
        checksum: cid.checksum(),
        name: organisation.name.clone(),
        status: ACTIVE_CUSTOMER,
        domains: organisation.domains.clone(),
        last_modified_timestamp: organisation.updated_at.rfc3339(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customer_ids_are_read_in_every_form() {
        let uuid = Uuid::parse_str("a1b2c3d4-0000-4000-8000-00000000000f").unwrap();
        let plain = "a1b2c3d40000400080000000000000 0f".replace(' ', "");
        for (text, expected) in [
            (plain.clone(), Some(Cid(uuid))),
            (plain.to_uppercase(), Some(Cid(uuid))),
            (format!("{}-5F", plain.to_uppercase()), Some(Cid(uuid))),
            (format!(" {plain} "), Some(Cid(uuid))),
            (uuid.to_string(), None),
            (format!("{plain}-5"), None),
            (format!("{plain}-5Z"), None),
            (format!("{plain}0"), None),
            (String::new(), None),
            ("*".to_owned(), None),
            ("é".repeat(16), None),
        ] {
            assert_eq!(Cid::parse(&text), expected, "{text}");
        }
        let cid = Cid(uuid);
        assert_eq!(cid.shown(), plain);
        assert_eq!(Cid::parse(&cid.with_checksum()), Some(cid));
        assert_eq!(cid.with_checksum()[..32], plain.to_uppercase());
    }

    #[test]
    fn a_checksum_notices_each_single_wrong_byte() {
        let bytes: [u8; 16] = std::array::from_fn(|index| u8::try_from(index).unwrap() * 7);
        let right = Cid(Uuid::from_bytes(bytes)).checksum();
        for index in 0..16 {
            for value in 0..=255 {
                let mut wrong = bytes;
                wrong[index] = value;
                let sum = Cid(Uuid::from_bytes(wrong)).checksum();
                assert_eq!(sum == right, wrong == bytes, "{index} {value}");
            }
        }
    }

    #[test]
    fn made_up_addresses_are_told_from_real_ones() {
        let uuid = Uuid::from_u128(5);
        let address = format!("{}{NOWHERE}", uuid.simple());
        assert_eq!(made_up_for(&address), Some(uuid));
        assert_eq!(made_up_for(&address.to_uppercase()), Some(uuid));
        assert_eq!(made_up_for("ada@usher.invalid"), None);
        assert!(is_made_up("Ada@Usher.invalid"));
        assert_eq!(made_up_for("ada@example.org"), None);
        assert!(!is_made_up("ada@example.org"));
    }
}
