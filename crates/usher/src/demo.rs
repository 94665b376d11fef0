//! Sample data: the root with two children, some forty people, service accounts and keys. It is the
//! same every time, and all names are invented.

use anyhow::{Result, anyhow};
use directory::{
    Directory, Fault, Handle, Names, NewKey, NewOrganisation, NewUser, OrganisationId,
    OrganisationRef, Platform, ROOT, Ref, Status, UserKind,
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

/// Fills a fresh directory. What is there already is left as it is.
pub async fn fill(directory: &Directory) -> Result<()> {
    let handle = directory.act(&directory.system(Platform::USHER));
    let mut places = vec![(ROOT, "usher.example")];
    for (name, sector, nationality, domain) in CHILDREN {
        let child = child(&handle, name, sector, nationality).await;
        places.push((child.map_err(|fault| failed(name, &fault))?, domain));
    }
    for (given, family, department, title, place) in PEOPLE {
        let Some((home, domain)) = places.get(*place) else {
            continue;
        };
        let login = directory::fold_search(&format!("{given}.{family}")).replace(['\'', ' '], "");
        let away = AWAY.iter().find(|(who, _)| *who == login);
        let new = NewUser {
            email: Some(format!("{login}@{domain}")),
            names: Names {
                display: None,
                given: Some((*given).to_owned()),
                family: Some((*family).to_owned()),
            },
            home: Some(*home),
            department: Some((*department).to_owned()),
            title: Some((*title).to_owned()),
            status: away.map(|(_, status)| *status),
            ..NewUser::default()
        };
        made(&handle, &login, new).await?;
    }
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
        made(&handle, login, new).await?;
    }
    Ok(())
}

/// Makes somebody with a key; nobody knows the key's text, it is there to be seen in lists.
async fn made(handle: &Handle, login: &str, new: NewUser) -> Result<()> {
    let service = new.kind == Some(UserKind::Service);
    let user = match handle.create_user(new).await {
        Ok(user) => user,
        Err(Fault::Taken { .. }) => return Ok(()),
        Err(fault) => return Err(failed(login, &fault)),
    };
    if service {
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
