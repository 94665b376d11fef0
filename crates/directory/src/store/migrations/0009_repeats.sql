-- What answered a request that may be sent again: `sealed_answer` is empty until there is one.
CREATE TABLE idempotency_keys (
    id {SERIAL},
    user_id BIGINT NOT NULL,
    path {TEXT} NOT NULL,
    key_digest {BYTES} NOT NULL,
    body_digest {BYTES} NOT NULL,
    request_id {TEXT} NOT NULL,
    sealed_answer {BYTES} NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (user_id, path, key_digest)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

ALTER TABLE api_keys ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
