//! Lists that end, and lists that do not.

use futures_util::StreamExt;

use crate::core::error::Error;
use crate::core::operation::{Answer, Facts, Repeat};
use crate::core::paging::{Page, Paged};

fn page(items: &[u32], next: Option<&str>, total: Option<u64>) -> Page<u32> {
    Page {
        items: items.to_vec(),
        next: next.map(str::to_owned),
        total,
        answer: Answer::new(
            Facts::new("test", "list", "/list", Repeat::Safe),
            http::Response::new(bytes::Bytes::new()),
        ),
    }
}

/// A list that asks for its pages by number, and the cursors that were asked for.
fn list(
    mut pages: impl FnMut(usize, Option<String>) -> crate::Result<Page<u32>> + Send + 'static,
) -> Paged<u32> {
    let mut asked = 0;
    Paged::new(move |cursor| {
        let page = pages(asked, cursor);
        asked += 1;
        Box::pin(std::future::ready(page))
    })
}

#[tokio::test]
async fn all_pages_are_read() {
    let make = || {
        list(|number, cursor| {
            Ok(match number {
                0 => {
                    assert_eq!(cursor, None);
                    page(&[1, 2], Some("b"), Some(3))
                }
                1 => {
                    assert_eq!(cursor.as_deref(), Some("b"));
                    page(&[], Some("c"), Some(3))
                }
                _ => page(&[3], None, Some(3)),
            })
        })
    };
    assert_eq!(make().all().await.unwrap(), [1, 2, 3]);
    let streamed: Vec<u32> = make().stream().map(Result::unwrap).collect().await;
    assert_eq!(streamed, [1, 2, 3]);
    let mut list = make();
    assert_eq!(list.next_page().await.unwrap(), Some(vec![1, 2]));
    assert_eq!((list.total(), list.cursor()), (Some(3), Some("b")));
    assert_eq!(list.all().await.unwrap(), [3]);
}

#[tokio::test]
async fn no_list_is_followed_for_ever() {
    let same = list(|_, _| Ok(page(&[1], Some("b"), None)));
    let circle = list(|number, _| {
        Ok(page(
            &[1],
            Some(if number % 2 == 0 { "b" } else { "c" }),
            None,
        ))
    });
    let empty = list(|number, _| Ok(page(&[], Some(&number.to_string()), None)));
    let more_than_all = list(|number, _| Ok(page(&[1, 2], Some(&number.to_string()), Some(5))));
    for (what, list) in [
        ("the same cursor", same),
        ("a circle", circle),
        ("empty pages", empty),
        ("more than the total", more_than_all),
    ] {
        let error = list.all().await.unwrap_err();
        assert!(matches!(error, Error::Unexpected(_)), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_after_an_error_and_a_page_may_be_asked_for_again() {
    let failing = |number: usize, cursor: Option<String>| match number {
        0 => Ok(page(&[1], Some("b"), None)),
        1 => Err(Error::Config("the second fails".into())),
        _ => {
            assert_eq!(cursor.as_deref(), Some("b"));
            Ok(page(&[2], None, None))
        }
    };
    let streamed: Vec<_> = list(failing).stream().collect().await;
    assert!(matches!(&streamed[..], [Ok(1), Err(_)]));
    let mut again = list(failing);
    again.next_page().await.unwrap();
    again.next_page().await.unwrap_err();
    assert_eq!(again.next_page().await.unwrap(), Some(vec![2]));
    assert_eq!(again.next_page().await.unwrap(), None);
}
