//! The `usher` binary.

mod allocator;

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::run()
}
