//! What lists of sessions, mails and collections are narrowed and ordered by.

/// What sessions are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The number of the user whose it is (exact).
    User,
    /// The platform whose door it came through (exact).
    Platform,
    /// `browser`, `bearer` or `token` (exact).
    Kind,
    /// The number of the key it is bound to (exact).
    Key,
    /// The number of the organisation it is limited to (exact).
    Organisation,
    /// Whether a second factor was given.
    SecondFactor,
    /// Where it came from (exact).
    Address,
    /// When it began.
    CreatedAt,
    /// When it was last used.
    LastSeenAt,
    /// When it ends at the latest.
    EndsAt,
}

/// What the people of a list are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// `person` or `service`.
    Kind,
    /// The stored status.
    Status,
    /// The standing at the time of the request.
    Standing,
    /// Whether a second factor is enrolled.
    SecondFactor,
    /// The number of the home.
    Home,
    /// The number of an organisation, the home among them.
    Organisation,
    /// The number of a group.
    Group,
    /// The number of a role held by any path.
    Role,
}

/// How many people of a list have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCount {
    /// The field.
    pub field: FacetField,
    /// The value: a word, or a number.
    pub value: String,
    /// How many.
    pub people: u64,
}

/// What mails are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MailField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The template's name (exact).
    Template,
    /// The number of the user whom it concerns (exact).
    User,
    /// The word of its state (exact).
    State,
    /// How often sending was tried.
    Attempts,
    /// When it was queued.
    CreatedAt,
    /// When it is tried next.
    NextAt,
    /// When it was sent or given up.
    EndedAt,
}

/// What collections of organisations are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CollectionField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The name.
    Name,
    /// The organisation's number (exact).
    Organisation,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
}

/// What jobs are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JobField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The word of its kind (exact).
    Kind,
    /// The word of what its items are (exact).
    What,
    /// The action's name (exact).
    Action,
    /// The word of its state, as a list shows it (exact).
    State,
    /// Whether everything is undone.
    DryRun,
    /// `each` or `all` (exact).
    Mode,
    /// The number of the user who asked for it (exact).
    Owner,
    /// How many items there are.
    Total,
    /// How many items are done.
    Done,
    /// How many items were made.
    Created,
    /// How many items were changed.
    Updated,
    /// How many items were so already.
    Unchanged,
    /// How many items were left out.
    Skipped,
    /// How many items were refused.
    Failed,
    /// The number of the job that it undoes (exact).
    Undoes,
    /// Bytes of its result.
    ResultBytes,
    /// When it was asked for.
    CreatedAt,
    /// When it was begun.
    StartedAt,
    /// When it ended.
    EndedAt,
    /// When it is forgotten.
    ExpiresAt,
}
