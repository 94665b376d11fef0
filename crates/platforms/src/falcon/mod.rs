//! CrowdStrike Falcon: user management.
