//! Sample data: the root with two children, some forty people, groups, service accounts and keys. It is
//! the same every time, and all names are invented.

use anyhow::{Result, anyhow};
use directory::{
    Directory, Fault, GroupRoleScope, Handle, Names, NewGroup, NewKey, NewOrganisation, NewUser,
    OrganisationId, OrganisationRef, Platform, Profile, ROOT, Ref, RoleId, RolePaths, Status,
    UserKind, UserRef,
};

/// A child organisation: name, sector, nationality, domain.
const CHILDREN: &[(&str, &str, &str, &str)] = &[
    ("Harbour Labs", "Research", "Netherlands", "harbour.example"),
    ("Northwind Clinic", "Health", "Norway", "northwind.example"),
];

/// People: given name, family name, department, title, and where: 0 is the root, then the children.
const PEOPLE: &[(&str, &str, &str, &str, usize)] = &[
    ("Ada", "Okafor", "Security", "Analyst", 0),
    ("Bruno", "Castellano", "Security", "Analyst", 0),
    ("Chiara", "Novak", "Security", "Team lead", 0),
    ("Dmitri", "Halvorsen", "Infrastructure", "Engineer", 0),
    ("Elif", "Demir", "Infrastructure", "Engineer", 0),
    ("Farah", "Haddad", "Infrastructure", "Architect", 0),
    ("Gustav", "Lindqvist", "Service desk", "Agent", 0),
    ("Hana", "Kobayashi", "Service desk", "Agent", 0),
    ("Imani", "Mwangi", "Service desk", "Team lead", 0),
    ("Jonas", "Weber", "Finance", "Controller", 0),
    ("Keiko", "Tanaka", "Finance", "Accountant", 0),
    ("Lucía", "Fernández", "People", "Partner", 0),
    ("Mateo", "Rojas", "Audit", "Auditor", 0),
    ("Nadia", "Petrova", "Audit", "Auditor", 0),
    ("Oskar", "Nowak", "Research", "Scientist", 1),
    ("Priya", "Raman", "Research", "Scientist", 1),
    ("Quentin", "Moreau", "Research", "Scientist", 1),
    ("Rosa", "Almeida", "Research", "Director", 1),
    ("Sven", "Eriksen", "Data", "Engineer", 1),
    ("Tala", "Nasser", "Data", "Engineer", 1),
    ("Umar", "Siddiqui", "Data", "Analyst", 1),
    ("Vera", "Horváth", "Data", "Analyst", 1),
    ("Wei", "Zhang", "Security", "Analyst", 1),
    ("Ximena", "Paredes", "Security", "Engineer", 1),
    ("Yusuf", "Kaya", "Operations", "Manager", 1),
    ("Zofia", "Mazur", "Operations", "Coordinator", 1),
    ("Anders", "Dahl", "Cardiology", "Physician", 2),
    ("Berit", "Solberg", "Cardiology", "Nurse", 2),
    ("Camille", "Laurent", "Radiology", "Physician", 2),
    ("David", "Mensah", "Radiology", "Technician", 2),
    ("Esther", "Cohen", "Administration", "Manager", 2),
    ("Finn", "O'Brien", "Administration", "Clerk", 2),
    ("Greta", "Vogel", "Pharmacy", "Pharmacist", 2),
    ("Hugo", "Santos", "Pharmacy", "Assistant", 2),
    ("Ines", "Marković", "IT", "Engineer", 2),
    ("Jamal", "Brown", "IT", "Service agent", 2),
    ("Karin", "Johansson", "IT", "Manager", 2),
    ("Liam", "Murphy", "Surgery", "Physician", 2),
];

/// Service accounts: login, what for, where.
const SERVICES: &[(&str, &str, usize)] = &[
    ("backup-runner", "Nightly backups", 0),
    ("ticket-bridge", "Tickets to accounts", 0),
    ("data-loader", "Imports of measurements", 1),
    ("ward-display", "Duty rosters", 2),
];

/// People who are away, and how.
const AWAY: &[(&str, Status)] = &[
    ("quentin.moreau", Status::Suspended),
    ("hugo.santos", Status::Inactive),
    ("jamal.brown", Status::Expired),
];

/// A group: name, what for, where, the usher role it brings, and who is in it.
type Group = (
    &'static str,
    &'static str,
    usize,
    Option<&'static str>,
    &'static [&'static str],
);

const GROUPS: &[Group] = &[
    (
        "Security operations",
        "Watches over everything",
        0,
        None,
        &[
            "ada.okafor",
            "bruno.castellano",
            "chiara.novak",
            "wei.zhang",
        ],
    ),
    (
        "Service desk",
        "Passwords and locked accounts",
        0,
        Some("helpdesk"),
        &["gustav.lindqvist", "hana.kobayashi", "imani.mwangi"],
    ),
    (
        "Measurements",
        "Data of the laboratory",
        1,
        None,
        &[
            "sven.eriksen",
            "tala.nasser",
            "umar.siddiqui",
            "vera.horvath",
        ],
    ),
    (
        "Clinic IT",
        "Computers of the clinic",
        2,
        None,
        &["ines.markovic", "karin.johansson"],
    ),
];

/// Roles of usher that people hold where they are at home.
const ROLES: &[(&str, &str)] = &[
    ("mateo.rojas", "auditor"),
    ("nadia.petrova", "auditor"),
    ("rosa.almeida", "administrator"),
    ("karin.johansson", "administrator"),
];

/// People who also belong to another organisation.
const GUESTS: &[(&str, usize)] = &[("priya.raman", 2), ("camille.laurent", 1)];

/// The organisations of the sample data: the root, then the children.
type Places = Vec<(OrganisationId, &'static str)>;

/// Fills a fresh directory. What is there already is left as it is, so that an interrupted start can
/// be taken up.
pub async fn fill(directory: &Directory) -> Result<()> {
    let handle = directory.act(&directory.system(Platform::USHER));
    let mut places: Places = vec![(ROOT, "usher.example")];
    for (name, sector, nationality, domain) in CHILDREN {
        let child = child(&handle, name, sector, nationality).await;
        places.push((child.map_err(|fault| failed(name, &fault))?, domain));
    }
    people(directory, &handle, &places).await?;
    services(&handle, &places).await?;
    groups(&handle, &places).await
}

/// All people in one transaction: all of them are there, or none.
async fn people(directory: &Directory, handle: &Handle, places: &Places) -> Result<()> {
    let everyone = newcomers(directory, handle).await;
    let everyone = everyone.map_err(|fault| failed("the newcomers' roles", &fault))?;
    let mut new = Vec::new();
    for (given, family, department, title, place) in PEOPLE {
        let Some((home, domain)) = places.get(*place) else {
            continue;
        };
        let login = login(given, family);
        let mut roles = everyone.clone();
        for (_, word) in ROLES.iter().filter(|(who, _)| *who == login) {
            let role = handle.role_by_word(Platform::USHER, word).await;
            roles.push(role.map_err(|fault| failed(word, &fault))?.id);
        }
        let guests = GUESTS.iter().filter(|(who, _)| *who == login);
        new.push(NewUser {
            email: Some(format!("{login}@{domain}")),
            names: Names {
                display: None,
                given: Some((*given).to_owned()),
                family: Some((*family).to_owned()),
            },
            home: Some(*home),
            organisations: guests
                .filter_map(|(_, place)| places.get(*place))
                .map(|(organisation, _)| *organisation)
                .collect(),
            roles,
            profile: Profile {
                department: Some((*department).to_owned()),
                title: Some((*title).to_owned()),
                ..Profile::default()
            },
            status: AWAY
                .iter()
                .find(|(who, _)| *who == login)
                .map(|(_, status)| *status),
            ..NewUser::default()
        });
    }
    match handle.create_users(new).await {
        Ok(_) | Err(Fault::Taken { .. }) => Ok(()),
        Err(fault) => Err(failed("people", &fault)),
    }
}

/// What each platform gives its own newcomers: everybody in the sample data has it, so that every
/// dialect has people with roles to show. Platforms that give roles through groups do so by theirs.
async fn newcomers(directory: &Directory, handle: &Handle) -> Result<Vec<RoleId>, Fault> {
    let mut roles = Vec::new();
    for spec in directory.platforms() {
        if spec.paths != RolePaths::GroupsOnly {
            for word in spec.default_roles {
                roles.push(handle.role_by_word(spec.platform, word).await?.id);
            }
        }
    }
    Ok(roles)
}

async fn services(handle: &Handle, places: &Places) -> Result<()> {
    for (login, purpose, place) in SERVICES {
        let Some((home, _)) = places.get(*place) else {
            continue;
        };
        let new = NewUser {
            login: Some((*login).to_owned()),
            names: Names {
                display: Some((*purpose).to_owned()),
                ..Names::default()
            },
            kind: Some(UserKind::Service),
            home: Some(*home),
            ..NewUser::default()
        };
        let user = match handle.create_user(new).await {
            Ok(user) => user,
            Err(Fault::Taken { .. }) => continue,
            Err(fault) => return Err(failed(login, &fault)),
        };
        // Nobody knows the key's text; it is there to be seen in lists.
        let key = NewKey {
            name: format!("{login} on its host"),
            read_only: user.id.number() % 2 == 0,
            ..NewKey::default()
        };
        let created = handle.create_key(user.id, key).await;
        created.map_err(|fault| failed(login, &fault))?;
    }
    Ok(())
}

async fn groups(handle: &Handle, places: &Places) -> Result<()> {
    for (name, purpose, place, role, members) in GROUPS {
        let Some((organisation, _)) = places.get(*place) else {
            continue;
        };
        let filled = group(handle, name, purpose, *organisation, *role, members, places).await;
        match filled {
            Ok(()) | Err(Fault::Taken { .. }) => {}
            Err(fault) => return Err(failed(name, &fault)),
        }
    }
    Ok(())
}

async fn group(
    handle: &Handle,
    name: &str,
    purpose: &str,
    organisation: OrganisationId,
    role: Option<&str>,
    members: &[&str],
    places: &Places,
) -> Result<(), Fault> {
    let new = NewGroup {
        organisation: Some(organisation),
        name: name.to_owned(),
        description: Some(purpose.to_owned()),
        ..NewGroup::default()
    };
    let group = handle.create_group(new).await?;
    if let Some(word) = role {
        let role = handle.role_by_word(Platform::USHER, word).await?;
        let scope = GroupRoleScope::Organisation(organisation);
        handle.add_group_role(group.id, role.id, scope).await?;
    }
    for (given, family, _, _, place) in PEOPLE {
        let login = login(given, family);
        if let Some((_, domain)) = places.get(*place)
            && members.contains(&login.as_str())
        {
            let who: UserRef = Ref::Name(format!("{login}@{domain}"));
            handle.add_member(group.id, who).await?;
        }
    }
    Ok(())
}

/// `ines.markovic`, from Ines Marković.
fn login(given: &str, family: &str) -> String {
    directory::fold_search(&format!("{given}.{family}")).replace(['\'', ' '], "")
}

async fn child(
    handle: &Handle,
    name: &str,
    sector: &str,
    nationality: &str,
) -> Result<OrganisationId, Fault> {
    let new = NewOrganisation {
        parent: Some(ROOT),
        name: name.to_owned(),
        sector: Some(sector.to_owned()),
        nationality: Some(nationality.to_owned()),
        ..NewOrganisation::default()
    };
    match handle.create_organisation(new).await {
        Ok(organisation) => Ok(organisation.id),
        Err(Fault::Taken { .. }) => {
            let which: OrganisationRef = Ref::Name(name.to_owned());
            Ok(handle.organisation(which).await?.id)
        }
        Err(fault) => Err(fault),
    }
}

fn failed(what: &str, fault: &Fault) -> anyhow::Error {
    anyhow!("cannot make the sample data ({what}): {fault}")
}
