//! Markings: the vendor's traffic lights, which groups may be allowed to see. Every installation has
//! the same ones; they are read and never changed.

use std::sync::LazyLock;

use uuid::Uuid;

use super::ids;

/// A marking definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Marking {
    /// The internal id, the same everywhere.
    pub id: Uuid,
    /// The standard id.
    pub standard_id: String,
    /// `TLP` or `PAP`.
    pub kind: &'static str,
    /// The marking itself.
    pub definition: &'static str,
    /// How strict it is within its kind.
    pub order: i64,
    /// Its colour.
    pub color: &'static str,
}

/// All of them, in the vendor's order.
pub static MARKINGS: LazyLock<Vec<Marking>> = LazyLock::new(|| {
    [
        ("TLP", "TLP:CLEAR", 1, "#ffffff"),
        ("TLP", "TLP:GREEN", 2, "#2e7d32"),
        ("TLP", "TLP:AMBER", 3, "#d84315"),
        ("TLP", "TLP:AMBER+STRICT", 4, "#d84315"),
        ("TLP", "TLP:RED", 5, "#c62828"),
        ("PAP", "PAP:CLEAR", 1, "#ffffff"),
        ("PAP", "PAP:GREEN", 2, "#2e7d32"),
        ("PAP", "PAP:AMBER", 3, "#d84315"),
        ("PAP", "PAP:RED", 4, "#c62828"),
    ]
    .into_iter()
    .map(|(kind, definition, order, color)| {
        let standard_id = ids::marking(kind, definition);
        Marking {
            id: ids::fixed(&standard_id),
            standard_id,
            kind,
            definition,
            order,
            color,
        }
    })
    .collect()
});

/// The marking of an id, internal or standard.
pub fn find(id: &str) -> Option<&'static Marking> {
    match ids::Given::read(id) {
        ids::Given::Uuid(uuid) => MARKINGS.iter().find(|marking| marking.id == uuid),
        ids::Given::Standard(id) => MARKINGS.iter().find(|marking| marking.standard_id == id),
        ids::Given::Nonsense => None,
    }
}
