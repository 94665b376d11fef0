//! CrowdStrike Falcon's User Management and Flight Control APIs, served from the directory
