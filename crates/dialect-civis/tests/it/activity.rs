//! Activity: the jobs that the caller began in Usher, by whatever door.

use directory::{JobChange, NewJob, Platform};
use serde_json::{Value, json};

use super::{keyed, owner, person, place, world};

#[tokio::test]
async fn jobs_are_shown_filtered_and_ordered() {
    let world = world().await;
    let caller = world
        .directory
        .authenticate(
            Platform::USHER,
            &world.key,
            directory::Accepts::Keys,
            directory::RequestContext::default(),
        )
        .await
        .unwrap();
    let native = world.directory.act(&caller);
    for (kind, state, detail) in [
        (
            "import",
            Some("succeeded"),
            json!({ "name": "People of spring" }),
        ),
        ("export", Some("failed"), json!({})),
        ("sync", Some("running"), json!({ "name": "Zulu" })),
        ("bulk", None, json!(null)),
    ] {
        world.clock.advance(1_000);
        let new = NewJob {
            kind: kind.to_owned(),
            total: Some(3),
            detail,
        };
        let job = native.create_job(new).await.unwrap();
        if let Some(state) = state {
            world.clock.advance(1_000);
            let change = JobChange {
                state: Some(state.to_owned()),
                ..JobChange::default()
            };
            native.update_job(job.id, change).await.unwrap();
        }
    }
    insta::assert_snapshot!(owner(&world, "GET", "users/me/activity").await.shown());
    let names = async |query: &str| -> Vec<String> {
        let reply = owner(&world, "GET", &format!("users/me/activity?{query}")).await;
        let rows: Vec<Value> = serde_json::from_str(&reply.text).unwrap();
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("order=newest").await,
        ["Bulk 4", "Zulu", "Export 2", "People of spring"]
    );
    assert_eq!(
        names("order=name").await,
        ["Zulu", "People of spring", "Export 2", "Bulk 4"]
    );
    assert_eq!(names("status=running").await, ["Bulk 4", "Zulu"]);
    assert_eq!(names("status=succeeded").await, ["People of spring"]);
    assert_eq!(names("status=failed&author=1").await, ["Export 2"]);
    assert_eq!(names("author=2,3").await, Vec::<String>::new());
    // They are their owner's alone.
    let place = place(&world, "Acme").await;
    let (_, key) = person(&world, &place, "adele", &[place.base, place.admins]).await;
    let theirs = keyed(&world, "GET", "users/me/activity", &key).send().await;
    assert_eq!(theirs.json(), json!([]));
}
