-- Guesses are counted and locked per account and network, so failures by address alone no longer count.
DROP TABLE sign_in_failures;
CREATE TABLE sign_in_failures (
    id {SERIAL},
    user_id BIGINT NOT NULL REFERENCES users (id),
    network {TEXT} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_user ON sign_in_failures (user_id, at);

-- Where passwords of an account are refused until when; '*' is everywhere.
CREATE TABLE lockouts (
    user_id BIGINT NOT NULL REFERENCES users (id),
    network {TEXT} NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, network)
);

-- Where a person has signed in from, and when last.
CREATE TABLE sign_in_networks (
    user_id BIGINT NOT NULL REFERENCES users (id),
    network {TEXT} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (user_id, network)
);

-- A lock-out from before holds everywhere until its end.
INSERT INTO lockouts (user_id, network, until_at) SELECT id, '*', lockout_until FROM users WHERE lockout_until IS NOT NULL;
