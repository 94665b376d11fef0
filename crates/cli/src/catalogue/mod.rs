//! Every command as data: nouns, verbs, their arguments, the requests they stand for, the columns they
//! show. The parser, the tables, the completions, the man pages and the reference of `docs/cli.md` are
//! made from this one table, so none of them can say anything that the others do not.

mod alone;
mod groups;
mod keys;
mod organisations;
mod records;
mod roles;
mod users;

/// A noun of the command line, with its verbs.
#[derive(Debug)]
pub struct Noun {
    /// In the singular, as it is usually written.
    pub name: &'static str,
    /// The other spellings: the plural first.
    pub aliases: &'static [&'static str],
    /// What it is, in a few words.
    pub about: &'static str,
    /// The columns of a table where nothing else is asked for.
    pub columns: &'static [&'static str],
    /// Every member that an entity of this kind shows.
    pub shown: &'static [&'static str],
    /// What can be done.
    pub verbs: &'static [Verb],
}

/// One command.
#[derive(Debug)]
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// A second paragraph for the help, if there is more to say.
    pub more: &'static str,
    /// What follows it, in order.
    pub arguments: &'static [Argument],
    /// Its own flags.
    pub options: &'static [Opt],
    /// What it does.
    pub call: Call,
    /// Its columns, where they are not the noun's.
    pub columns: Option<&'static [&'static str]>,
    /// The member that holds the id of what is shown.
    pub id: &'static str,
    /// Doing it to more than one thing is asked about first.
    pub harmful: bool,
    /// What has happened, as said on standard error: `deleted`.
    pub done: &'static str,
    /// A whole command line that shows it.
    pub example: &'static str,
}

/// What a verb has where nothing is said.
pub const VERB: Verb = Verb {
    name: "",
    about: "",
    more: "",
    arguments: &[],
    options: &[],
    call: Call::List(&[]),
    columns: None,
    id: "id",
    harmful: false,
    done: "",
    example: "",
};

/// What a command asks of the server. A path's variable parts, in braces, are names of arguments; of
/// several paths the first counts whose arguments are all given.
#[derive(Clone, Copy, Debug)]
pub enum Call {
    /// Read a list, page after page.
    List(&'static [&'static str]),
    /// Read one thing.
    Show(&'static [&'static str]),
    /// Send a change.
    Change(Method, &'static [&'static str], Body),
    /// Something of its own.
    Task(Task),
}

/// How a change is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Makes something.
    Post,
    /// Puts something in its place.
    Put,
    /// Changes members.
    Patch,
    /// Takes something away.
    Delete,
}

/// What stands in a change's body.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Nothing but what arguments and flags put there.
    Plain,
    /// These members, besides.
    Fixed(&'static [(&'static str, &'static str)]),
    /// Members as the caller gives them: flags for the known ones, `member=value` for any.
    Members(&'static [Member]),
}

/// The commands that are more than one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Organisations below each other.
    OrganisationTree,
    /// A member, and with it the right to administer.
    AddMember,
    /// People switched off.
    DisableUsers,
    /// A link, or a new password.
    ResetPassword,
    /// Whether and why a person may do something.
    Why,
    /// Events as they happen.
    FollowEvents,
    /// All settings, member by member.
    ListSettings,
    /// A job until its end.
    WaitForJob,
    /// What became of each item of a job.
    ShowReport,
    /// What an export made.
    ShowResult,
    /// Many things from a file.
    Import,
    /// Many things into a file.
    Export,
    /// What a problem's code means.
    Explain,
    /// The script that makes a shell complete.
    PrintCompletions,
    /// Man pages.
    PrintManual,
    /// The profiles there are.
    ListProfiles,
    /// A profile made or changed.
    SetProfile,
    /// The profile used from now on.
    UseProfile,
    /// A profile forgotten.
    DeleteProfile,
}

/// A positional argument.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name, by which paths mean it.
    pub name: &'static str,
    /// How many there are.
    pub count: Count,
    /// The member of the body it fills; none if it stands in the path.
    pub body: Option<&'static str>,
    /// Whose names complete it.
    pub names: Names,
    /// What it is.
    pub help: &'static str,
}

/// How often an argument stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Once. `-` reads several from standard input.
    One,
    /// Once or not at all.
    Maybe,
    /// Once or more. `-` reads them from standard input.
    Several,
}

/// What completes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Nothing.
    None,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// These words and no others.
    Words(&'static [&'static str]),
    /// A member of these, in a list of this server's.
    Server {
        /// The list.
        path: &'static str,
        /// The member that names one.
        member: &'static str,
        /// The member that explains one.
        help: &'static str,
    },
    /// Roles, as `platform:word`.
    Roles,
    /// The settings documents.
    Settings,
    /// The profiles.
    Profiles,
    /// The codes of problems.
    Codes,
}

/// A flag of one command.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its name, without dashes.
    pub name: &'static str,
    /// What its value is called; empty for a switch.
    pub value: &'static str,
    /// Where the value goes.
    pub to: To,
    /// What completes it.
    pub names: Names,
    /// What it is for.
    pub help: &'static str,
}

/// Where a flag's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// A member of the body.
    Body(&'static str),
    /// A parameter of the address.
    Query(&'static str),
    /// The command itself reads it.
    Command,
}

/// A member of a body that has a flag of its own.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its flag, where it is not the name with dashes.
    pub flag: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What completes it.
    pub names: Names,
    /// What it is.
    pub help: &'static str,
}

/// What a member's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text as it stands; `null` clears.
    Text,
    /// `true` or `false`; a flag alone is `true`.
    Flag,
    /// The number, id or name of something.
    Reference,
    /// Several of these, with commas between or one by one.
    References,
    /// Several texts, with commas between or one by one.
    Texts,
    /// JSON.
    Json,
    /// Never on the command line: `@FILE`, `@-`, or asked for.
    Secret,
}

impl Member {
    /// The flag, without dashes.
    pub fn flag(&self) -> String {
        if self.flag.is_empty() {
            self.name.replace('_', "-")
        } else {
            self.flag.to_owned()
        }
    }
}

impl Method {
    /// As the wire says it.
    pub fn word(self) -> &'static str {
        match self {
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl Task {
    /// The requests that it makes.
    pub fn requests(self) -> &'static [&'static str] {
        match self {
            Task::OrganisationTree => &["GET /organisations"],
            Task::AddMember => &[
                "PUT /organisations/{org}/members/{user}",
                "POST /users/{user}/grants",
            ],
            Task::DisableUsers => &["PATCH /users/{user}", "DELETE /users/{user}/keys"],
            Task::ResetPassword => &[
                "POST /users/{user}/password-reset",
                "POST /users/{user}/access-link",
                "PUT /users/{user}/password",
            ],
            Task::Why => &["GET /users/{user}/access"],
            Task::FollowEvents => &["GET /events/stream"],
            Task::ListSettings => &["GET /settings"],
            Task::WaitForJob => &["GET /jobs/{job}"],
            Task::ShowReport => &["GET /jobs/{job}/report"],
            Task::ShowResult => &["GET /jobs/{job}/result"],
            Task::Import => &["POST /imports", "GET /jobs/{job}", "GET /jobs/{job}/report"],
            Task::Export => &["POST /exports", "GET /jobs/{job}", "GET /jobs/{job}/result"],
            Task::Explain
            | Task::PrintCompletions
            | Task::PrintManual
            | Task::ListProfiles
            | Task::SetProfile
            | Task::UseProfile
            | Task::DeleteProfile => &[],
        }
    }
}

impl Verb {
    /// Whether it changes what the server holds.
    pub fn changes(&self) -> bool {
        match self.call {
            Call::List(_) | Call::Show(_) => false,
            Call::Change(..) => true,
            Call::Task(task) => matches!(
                task,
                Task::AddMember | Task::DisableUsers | Task::ResetPassword | Task::Import
            ),
        }
    }

    /// Whether an entity's revision can be asked for.
    pub fn takes_revision(&self) -> bool {
        match self.call {
            Call::Change(method, ..) => method != Method::Post,
            Call::Task(task) => task == Task::DisableUsers,
            Call::List(_) | Call::Show(_) => false,
        }
    }

    /// Whether it reads a list that can be narrowed.
    pub fn lists(&self) -> bool {
        matches!(self.call, Call::List(_))
    }
}

/// Every noun.
pub const NOUNS: &[&Noun] = &[
    &users::NOUN,
    &organisations::NOUN,
    &groups::NOUN,
    &roles::ROLE,
    &roles::GRANT,
    &keys::KEY,
    &keys::SESSION,
    &records::EVENT,
    &records::SETTING,
    &records::JOB,
    &records::MAIL,
    &records::PROFILE,
];

/// The commands without a noun. Each is spelled as a verb of a noun without a name.
pub const ALONE: &Noun = &alone::ALONE;

/// The noun of this name, in the singular.
pub fn noun(name: &str) -> Option<&'static Noun> {
    NOUNS.iter().copied().find(|noun| noun.name == name)
}

const fn argument(name: &'static str, names: Names, help: &'static str) -> Argument {
    Argument {
        name,
        count: Count::One,
        body: None,
        names,
        help,
    }
}

impl Argument {
    const fn maybe(mut self) -> Self {
        self.count = Count::Maybe;
        self
    }

    const fn several(mut self) -> Self {
        self.count = Count::Several;
        self
    }

    const fn fills(mut self, member: &'static str) -> Self {
        self.body = Some(member);
        self
    }
}

const fn member(name: &'static str, kind: Kind, help: &'static str) -> Member {
    Member {
        name,
        flag: "",
        kind,
        names: Names::None,
        help,
    }
}

impl Member {
    const fn spelled(mut self, flag: &'static str) -> Self {
        self.flag = flag;
        self
    }

    const fn of(mut self, names: Names) -> Self {
        self.names = names;
        self
    }
}

const fn option(name: &'static str, value: &'static str, to: To, help: &'static str) -> Opt {
    Opt {
        name,
        value,
        to,
        names: Names::None,
        help,
    }
}

impl Opt {
    const fn of(mut self, names: Names) -> Self {
        self.names = names;
        self
    }
}

const USERS: Names = Names::Server {
    path: "/users",
    member: "login",
    help: "name",
};
const ORGANISATIONS: Names = Names::Server {
    path: "/organisations",
    member: "name",
    help: "sector",
};
const GROUPS: Names = Names::Server {
    path: "/groups",
    member: "name",
    help: "description",
};
const KEYS: Names = Names::Server {
    path: "/keys",
    member: "number",
    help: "name",
};
const SESSIONS: Names = Names::Server {
    path: "/sessions",
    member: "number",
    help: "platform",
};
const JOBS: Names = Names::Server {
    path: "/jobs",
    member: "number",
    help: "kind",
};

const USER: Argument = argument(
    "user",
    USERS,
    "A person: number, id, login or e-mail address",
);
const ORG: Argument = argument("org", ORGANISATIONS, "An organisation: number, id or name");
const GROUP: Argument = argument("group", GROUPS, "A group: number, id or name");
const ROLE: Argument = argument(
    "role",
    Names::Roles,
    "A role: number, id or `platform:word`",
);
