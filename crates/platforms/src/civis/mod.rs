//! Civis Platform: users and their keys.
