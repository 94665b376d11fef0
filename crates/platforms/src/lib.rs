//! A client library for administering the users of five security and data platforms
