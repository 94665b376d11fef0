-- The language and region of a person, a BCP 47 tag.
ALTER TABLE users ADD COLUMN locale {TEXT};
CREATE INDEX users_by_locale ON users (locale, id) WHERE locale IS NOT NULL;
