//! OpenCTI 7: users, groups, tokens.
