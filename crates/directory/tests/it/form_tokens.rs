//! Form tokens: a form is sent once, by the credential that it was shown to.

use directory::{FORM_TOKEN, Fault, FormTicket, Handle, NewGroup, WriteMode};

use crate::support::{OWNER, World, both};

both![
    a_form_is_done_once,
    a_token_is_good_for_its_form_its_credential_and_its_time,
    what_was_used_is_swept,
];

const FORM: &str = "groups/new";

fn used() -> Fault {
    Fault::Taken { field: FORM_TOKEN }
}

fn foreign() -> Fault {
    Fault::invalid(FORM_TOKEN, "is not one of this form, or has ended")
}

/// Sends the form that makes a group.
async fn send(handle: &Handle, ticket: &FormTicket, name: &str) -> Result<(), Fault> {
    let handle = handle.in_mode(WriteMode {
        form: Some(ticket.clone()),
        ..WriteMode::default()
    });
    let new = NewGroup {
        name: name.to_owned(),
        ..NewGroup::default()
    };
    handle.create_group(new).await.map(|_| ())
}

async fn a_form_is_done_once(world: &World) {
    let owner = world.as_user(OWNER).await;
    let shown = owner.create_form_token(FORM).unwrap();
    // The page reads differently each time it is shown.
    assert_ne!(shown, owner.create_form_token(FORM).unwrap());
    let read = || owner.read_form_token(FORM, &shown.token).unwrap();
    // A form that is refused can be corrected and sent again.
    let refused = send(&owner, &read(), "").await;
    assert!(matches!(refused, Err(Fault::Invalid { .. })), "{refused:?}");
    // A dry run uses nothing up.
    let trial = owner.in_mode(WriteMode {
        form: Some(read()),
        dry_run: true,
        ..WriteMode::default()
    });
    let new = NewGroup {
        name: "SOC".to_owned(),
        ..NewGroup::default()
    };
    trial.create_group(new).await.unwrap();
    let first = read();
    assert_eq!(send(&owner, &first, "SOC").await, Ok(()));
    // The request's own later writes go on; those of another one are refused.
    assert_eq!(send(&owner, &first, "NOC").await, Ok(()));
    assert_eq!(send(&owner, &read(), "Desk").await, Err(used()));
    // Another page of the form is another sending.
    let other = owner.create_form_token(FORM).unwrap();
    let ticket = owner.read_form_token(FORM, &other.token).unwrap();
    assert_eq!(send(&owner, &ticket, "Desk").await, Ok(()));
}

async fn a_token_is_good_for_its_form_its_credential_and_its_time(world: &World) {
    let owner = world.as_user(OWNER).await;
    let shown = owner.create_form_token(FORM).unwrap();
    assert_eq!(
        owner.read_form_token("groups/2/delete", &shown.token),
        Err(foreign())
    );
    // Another key of the same person is another credential.
    let other = world.as_user(OWNER).await;
    assert_eq!(other.read_form_token(FORM, &shown.token), Err(foreign()));
    let mut changed = shown.token.clone();
    changed.replace_range(30..31, if &changed[30..31] == "A" { "B" } else { "A" });
    let long = "A".repeat(1_001);
    for wrong in ["", "A", "not base64!", changed.as_str(), long.as_str()] {
        assert_eq!(
            owner.read_form_token(FORM, wrong),
            Err(foreign()),
            "{wrong}"
        );
    }
    for name in ["", &"x".repeat(501)] {
        let refused = owner.create_form_token(name);
        assert!(matches!(refused, Err(Fault::Invalid { .. })), "{refused:?}");
    }
    world.clock.advance(12 * 3_600_000 - 1);
    assert!(owner.read_form_token(FORM, &shown.token).is_ok());
    world.clock.advance(1);
    assert_eq!(owner.read_form_token(FORM, &shown.token), Err(foreign()));
}

async fn what_was_used_is_swept(world: &World) {
    let owner = world.as_user(OWNER).await;
    let shown = owner.create_form_token(FORM).unwrap();
    let ticket = owner.read_form_token(FORM, &shown.token).unwrap();
    send(&owner, &ticket, "SOC").await.unwrap();
    world.directory.sweep().await.unwrap();
    let again = owner.read_form_token(FORM, &shown.token).unwrap();
    assert_eq!(send(&owner, &again, "NOC").await, Err(used()));
    // Once it has ended the clock refuses it, and nothing needs to be kept of it.
    world.clock.advance(12 * 3_600_000);
    world.directory.sweep().await.unwrap();
    assert_eq!(send(&owner, &again, "NOC").await, Ok(()));
}
