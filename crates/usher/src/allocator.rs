//! How the allocator treats memory that is not used: it gives it back, since a server that has hashed passwords
//! for a minute would otherwise keep that memory for days.

use std::ffi::{c_int, c_long};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whether memory is taken from the system long before it is used.
const ARENA_EAGER_COMMIT: c_int = 4;
/// Milliseconds for which memory that was freed is kept.
const PURGE_DELAY: c_int = 15;

#[expect(
    unsafe_code,
    reason = "the setting is a function in C, which writes one number of the allocator's own"
)]
unsafe extern "C" {
    /// Sets an option, unless an environment variable (`MIMALLOC_PURGE_DELAY`) does.
    safe fn mi_option_set_default(option: c_int, value: c_long);
}

extern "C" fn give_memory_back() {
    mi_option_set_default(ARENA_EAGER_COMMIT, 0);
    mi_option_set_default(PURGE_DELAY, 0);
}

// The first allocation comes before `main`, and decides how memory is taken. What stands in this section runs earlier still.
#[expect(
    unsafe_code,
    reason = "the linker takes the address of a function that allocates nothing and touches nothing of Rust's runtime"
)]
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = give_memory_back;
