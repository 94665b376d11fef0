-- Keys that another key took the place of: some vendors go on listing them, as expired, until they are deleted.
ALTER TABLE api_keys ADD COLUMN replaced BIGINT NOT NULL DEFAULT 0;
