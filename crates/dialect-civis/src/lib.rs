//! Civis Platform's API for users, groups and keys, served from the directory
