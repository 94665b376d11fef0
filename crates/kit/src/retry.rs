//! Changes that are made anew when another write changed the same thing in between.

/// How often a change is tried. Of the writes that meet, at least one succeeds each time, so as many
/// as this may meet at once.
const TRIES: usize = 64;

/// Runs a change that reads, decides and writes, and runs it again while its write comes too late,
/// which the error says (`Fault::Stale`, however the dialect words it).
pub async fn retry_stale<T, E, F>(
    is_stale: impl Fn(&E) -> bool,
    change: impl Fn() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..TRIES {
        match change().await {
            Err(error) if is_stale(&error) => {}
            done => return done,
        }
    }
    change().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn stale_writes_are_tried_again_within_bounds() {
        for (stale_at_first, error, tried, ends) in [
            (0, "", 1, Ok(1)),
            (3, "stale", 4, Ok(4)),
            (usize::MAX, "stale", TRIES, Err("stale")),
            (usize::MAX, "other", 1, Err("other")),
        ] {
            let count = Cell::new(0);
            let change = || async {
                count.set(count.get() + 1);
                if count.get() <= stale_at_first {
                    Err(error)
                } else {
                    Ok(count.get())
                }
            };
            assert_eq!(retry_stale(|error| *error == "stale", change).await, ends);
            assert_eq!(count.get(), tried, "{error}");
        }
    }
}
