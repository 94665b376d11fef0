//! Tenable Identity Exposure: users and roles.
