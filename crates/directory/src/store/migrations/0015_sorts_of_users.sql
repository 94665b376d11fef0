-- What users are sorted by. An expression in place of a plain column keeps these indexes away from filters on the column, whose
-- matches would all have to be sorted; filters by a department or title compare the expression. Orders of few values, of a
-- standing, of the home's name and of made-up addresses are merged from indexes that exist (store/streams.rs).
DROP INDEX users_by_department;
DROP INDEX users_by_title;
DROP INDEX users_by_shown_email;
CREATE INDEX users_by_given ON users (COALESCE(given_key, ''), id);
CREATE INDEX users_by_family ON users (COALESCE(family_key, ''), id);
CREATE INDEX users_by_title ON users (LOWER(COALESCE(title, '')), id);
CREATE INDEX users_by_updated ON users (COALESCE(updated_at, 0), id);
CREATE INDEX users_by_last_seen ON users (COALESCE(last_seen_at, 0), id);
CREATE INDEX users_by_signed_in ON users (COALESCE(signed_in_at, 0), id);
-- Accounts without an address are shown one that is made of the UUID.
CREATE INDEX users_without_email ON users (uuid, id) WHERE COALESCE(email_key, '') = '';
