//! The catalogue as a tree of clap's commands.

use clap::builder::{PossibleValuesParser, StyledStr, ValueParser};
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, PathCompleter};

use crate::catalogue::{
    ALONE, Argument, Body, Call, Count, Kind, Member, NOUNS, Names, Noun, Opt, Verb,
};
use crate::completion;
use crate::output::FORMATS;

/// Ids of arguments that several commands share.
pub mod id {
    pub const OUTPUT: &str = "output";
    pub const COLUMNS: &str = "columns";
    pub const NO_HEADERS: &str = "no-headers";
    pub const URL: &str = "url";
    pub const PROFILE: &str = "profile";
    pub const TIMEOUT: &str = "timeout";
    pub const QUIET: &str = "quiet";
    pub const VERBOSE: &str = "verbose";
    pub const COLOR: &str = "color";
    pub const FILTER: &str = "list-filter";
    pub const SEARCH: &str = "search";
    pub const SORT: &str = "list-sort";
    pub const LIMIT: &str = "limit";
    pub const ALL: &str = "all";
    pub const DRY_RUN: &str = "dry-run";
    pub const YES: &str = "yes";
    pub const IF_MATCH: &str = "if-match";
    pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
    pub const FROM: &str = "from";
    pub const MEMBERS: &str = "members";
}

/// The id of a positional argument.
pub fn argument_id(name: &str) -> String {
    format!("argument {name}")
}

/// The id of a command's own flag.
pub fn option_id(name: &str) -> String {
    format!("option {name}")
}

/// The id of a member's flag.
pub fn member_id(name: &str) -> String {
    format!("member {name}")
}

/// Adds every noun, and every command without one.
pub fn add_commands(mut root: Command) -> Command {
    for noun in NOUNS {
        root = root.subcommand(noun_command(noun));
    }
    for verb in ALONE.verbs {
        root = root.subcommand(add_common(verb_command(verb)));
    }
    root
}

fn noun_command(noun: &'static Noun) -> Command {
    let mut command = Command::new(noun.name)
        .about(noun.about)
        .aliases(noun.aliases)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true);
    for verb in noun.verbs {
        command = command.subcommand(verb_command(verb));
    }
    let example = noun.verbs.first().map_or("", |verb| verb.example);
    add_common(command).after_help(format!("Example: {example}"))
}

fn verb_command(verb: &'static Verb) -> Command {
    let mut command = Command::new(verb.name).about(verb.about);
    if !verb.more.is_empty() {
        command = command.long_about(format!("{}\n\n{}", verb.about, verb.more));
    }
    for argument in verb.arguments {
        command = command.arg(positional(argument));
    }
    if let Call::Change(_, _, Body::Members(members)) = verb.call {
        command = command.args(members.iter().map(member_flag));
        command = command
            .arg(
                Arg::new(id::MEMBERS)
                    .value_name("MEMBER=VALUE")
                    .num_args(0..)
                    .help("Any member of the body; JSON for what is not text, null clears"),
            )
            .arg(
                Arg::new(id::FROM)
                    .long("from")
                    .value_name("FILE")
                    .help("A whole body, JSON or YAML; - for standard input")
                    .add(ArgValueCompleter::new(PathCompleter::file().stdio())),
            );
    }
    for option in verb.options {
        command = command.arg(own_option(option));
    }
    if verb.lists() {
        command = add_list_flags(command);
    }
    if verb.changes() {
        command = add_change_flags(command, verb);
    }
    command.after_help(format!("Example: {}", verb.example))
}

fn positional(argument: &'static Argument) -> Arg {
    let arg = Arg::new(argument_id(argument.name))
        .value_name(argument.name.to_uppercase())
        .help(argument.help);
    let arg = match argument.count {
        Count::One => arg.required(true),
        Count::Maybe => arg,
        Count::Several => arg.required(true).num_args(1..).action(ArgAction::Append),
    };
    completed(arg, argument.names)
}

fn own_option(option: &'static Opt) -> Arg {
    let arg = Arg::new(option_id(option.name))
        .long(option.name)
        .help(option.help);
    if option.value.is_empty() {
        return arg.action(ArgAction::SetTrue);
    }
    let arg = arg.value_name(option.value).allow_hyphen_values(true);
    let arg = match option.value {
        "SECRET" => arg.num_args(0..=1).allow_hyphen_values(false),
        _ => arg,
    };
    completed(arg, option.names)
}

fn member_flag(member: &'static Member) -> Arg {
    let arg = Arg::new(member_id(member.name))
        .long(member.flag())
        .help(member.help)
        .help_heading("Members");
    let arg = match member.kind {
        Kind::Flag => arg
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Kind::References | Kind::Texts => arg.value_name("VALUE").action(ArgAction::Append),
        Kind::Secret => arg.value_name("SECRET").num_args(0..=1),
        Kind::Json => arg.value_name("JSON"),
        Kind::Text | Kind::Reference => arg.value_name("VALUE"),
    };
    completed(arg, member.names)
}

/// Words are refused early only where they are the command's own; the server says which words a member
/// may have.
fn completed(arg: Arg, names: Names) -> Arg {
    match names {
        Names::None => arg,
        Names::File => arg
            .value_hint(ValueHint::FilePath)
            .add(ArgValueCompleter::new(PathCompleter::file().stdio())),
        Names::Folder => arg
            .value_hint(ValueHint::DirPath)
            .add(ArgValueCompleter::new(PathCompleter::dir())),
        Names::Words(words) => {
            if arg.get_id().as_str().starts_with("member ") {
                arg.add(ArgValueCandidates::new(move || completion::words(words)))
            } else {
                arg.value_parser(PossibleValuesParser::new(words))
            }
        }
        Names::Server { .. } | Names::Roles | Names::Settings | Names::Profiles | Names::Codes => {
            arg.add(ArgValueCompleter::new(move |current: &std::ffi::OsStr| {
                completion::names(names, current)
            }))
        }
    }
}

fn add_list_flags(command: Command) -> Command {
    let heading = "Which";
    command
        .arg(
            Arg::new(id::FILTER)
                .long("filter")
                .value_name("FILTER")
                .help_heading(heading)
                .help("Only what fits: 'home eq \"Harbour Labs\" and not email pr'"),
        )
        .arg(
            Arg::new(id::SEARCH)
                .long("search")
                .value_name("WORDS")
                .help_heading(heading)
                .help("Only what holds these words"),
        )
        .arg(
            Arg::new(id::SORT)
                .long("sort")
                .value_name("MEMBER")
                .allow_hyphen_values(true)
                .help_heading(heading)
                .help("In this order; -MEMBER turns it round"),
        )
        .arg(
            Arg::new(id::LIMIT)
                .long("limit")
                .value_name("N")
                .value_parser(clap::value_parser!(u64).range(1..))
                .conflicts_with(id::ALL)
                .help_heading(heading)
                .help("At most so many [default: 100]"),
        )
        .arg(
            Arg::new(id::ALL)
                .long("all")
                .action(ArgAction::SetTrue)
                .help_heading(heading)
                .help("All there are"),
        )
}

fn add_change_flags(command: Command, verb: &Verb) -> Command {
    let heading = "How";
    let command = command
        .arg(
            Arg::new(id::DRY_RUN)
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help_heading(heading)
                .help("Check everything and change nothing"),
        )
        .arg(
            Arg::new(id::YES)
                .long("yes")
                .short('y')
                .action(ArgAction::SetTrue)
                .help_heading(heading)
                .help("Do not ask"),
        )
        .arg(
            Arg::new(id::IDEMPOTENCY_KEY)
                .long("idempotency-key")
                .value_name("KEY")
                .help_heading(heading)
                .help("Repeating the command with this key does it once"),
        );
    if !verb.takes_revision() {
        return command;
    }
    command.arg(
        Arg::new(id::IF_MATCH)
            .long("if-match")
            .value_name("REVISION")
            .help_heading(heading)
            .help("Only if it still has this revision"),
    )
}

/// The flags of every command.
fn add_common(command: Command) -> Command {
    let heading = "Flags of every command";
    let common = |arg: Arg| arg.global(true).help_heading(heading).hide_short_help(true);
    command
        .arg(common(
            Arg::new(id::OUTPUT)
                .long("output")
                .short('o')
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(
                    FORMATS.iter().map(|(name, _)| *name),
                ))
                .help("How to show it [default: table]"),
        ))
        .arg(common(
            Arg::new(id::COLUMNS)
                .long("columns")
                .value_name("A,B")
                .help("Which members a table, csv shows, in this order"),
        ))
        .arg(common(
            Arg::new(id::NO_HEADERS)
                .long("no-headers")
                .action(ArgAction::SetTrue)
                .help("Without the line of names"),
        ))
        .arg(common(
            Arg::new(id::URL)
                .long("url")
                .value_name("URL")
                .value_hint(ValueHint::Url)
                .help("The server [default: USHER_URL, else the profile's]"),
        ))
        .arg(common(
            Arg::new(id::PROFILE)
                .long("profile")
                .value_name("NAME")
                .add(ArgValueCompleter::new(|current: &std::ffi::OsStr| {
                    completion::names(Names::Profiles, current)
                }))
                .help("The profile to use [default: USHER_PROFILE, else the current one]"),
        ))
        .arg(common(
            Arg::new(id::TIMEOUT)
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(ValueParser::from(
                    clap::value_parser!(u64).range(1..=86_400),
                ))
                .help("How long to wait for an answer [default: 30]"),
        ))
        .arg(common(
            Arg::new(id::QUIET)
                .long("quiet")
                .short('q')
                .action(ArgAction::SetTrue)
                .help("Nothing on standard error but errors"),
        ))
        .arg(common(
            Arg::new(id::VERBOSE)
                .short('v')
                .long("verbose")
                .action(ArgAction::SetTrue)
                .help("Show the requests made, and where errors come from"),
        ))
        .arg(common(
            Arg::new(id::COLOR)
                .long("color")
                .value_name("WHEN")
                .value_parser(PossibleValuesParser::new(["auto", "always", "never"]))
                .help("Colours: auto, always or never [default: auto]"),
        ))
}

/// The first page, which fits a screen: the words of each kind in a line, not a line for each.
pub fn front_page(root: Command) -> Command {
    let nouns: Vec<&str> = NOUNS.iter().map(|noun| noun.name).collect();
    let alone: Vec<&str> = ALONE.verbs.iter().map(|verb| verb.name).collect();
    let servers: Vec<String> = root
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .filter(|name| !nouns.contains(&name.as_str()) && !alone.contains(&name.as_str()))
        .collect();
    let about = root
        .get_about()
        .map(StyledStr::to_string)
        .unwrap_or_default();
    let page = format!(
        "{about}

Usage: usher NOUN VERB [ARGUMENTS]     usher NOUN --help lists the verbs

  of a server   {}
  without noun  {}
  on this host  {}

The server is USHER_URL with USHER_TOKEN, else a profile (usher profile set).
  usher user ensure ada@example.org title=Analyst
  usher user list --filter 'last_seen_at lt -90d' -o id | usher user disable -
  usher key create backup-runner --name nightly --read-only

Flags of every command of a server:
  -o table|json|jsonl|yaml|csv|id   --columns A,B   --no-headers   -q   -v
  --url URL   --profile NAME   --timeout SECONDS   --color auto|always|never
  -h, --help (--help says more)   -V, --version

Ends with 0 done, 1 failed, 2 not understood, 3 not found, 4 not permitted,
5 conflict, 6 done in part, 7 not reached, 130 interrupted.
",
        wrapped(&nouns),
        wrapped(&alone),
        wrapped(&servers.iter().map(String::as_str).collect::<Vec<_>>()),
    );
    root.override_help(page)
}

/// Words in lines that end before the eightieth column.
fn wrapped(words: &[&str]) -> String {
    const INDENT: usize = 16;
    let mut text = String::new();
    let mut column = INDENT;
    for word in words {
        if column + word.len() + 1 > 79 {
            text.push('\n');
            text.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else if column > INDENT {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text
}

/// The verb that was asked for, and what it is a verb of.
pub fn chosen(
    matches: &clap::ArgMatches,
) -> Option<(&'static Noun, &'static Verb, &clap::ArgMatches)> {
    let (name, below) = matches.subcommand()?;
    if let Some(verb) = ALONE.verbs.iter().find(|verb| verb.name == name) {
        return Some((ALONE, verb, below));
    }
    let noun = crate::catalogue::noun(name)?;
    let (name, below) = below.subcommand()?;
    let verb = noun.verbs.iter().find(|verb| verb.name == name)?;
    Some((noun, verb, below))
}

/// The values of a positional argument.
pub fn values(matches: &clap::ArgMatches, id: &str) -> Vec<String> {
    matches
        .try_get_many::<String>(id)
        .ok()
        .flatten()
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

/// The value of a flag.
pub fn value(matches: &clap::ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

/// Whether a switch stands there.
pub fn switch(matches: &clap::ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten() == Some(&true)
}

/// Whether a flag stands there, with or without a value.
pub fn stands(matches: &clap::ArgMatches, id: &str) -> bool {
    matches.try_contains_id(id).unwrap_or(false)
        && matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
}
