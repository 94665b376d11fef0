-- Who revoked a key, since when an account is in the state it is in, and for how many days before its end the owner of a
-- key was last told of it.
ALTER TABLE api_keys ADD COLUMN revoked_by BIGINT;
ALTER TABLE api_keys ADD COLUMN notified_days BIGINT;
CREATE INDEX api_keys_expiry ON api_keys (expires_at);
ALTER TABLE users ADD COLUMN state_changed_at BIGINT;
