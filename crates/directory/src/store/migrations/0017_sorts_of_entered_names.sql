-- The native API sorts by the names that were entered, vendors by those that are derived where none was.
CREATE INDEX users_by_own_given ON users (COALESCE((CASE WHEN given IS NULL THEN NULL ELSE given_key END), ''), id);
CREATE INDEX users_by_own_family ON users (COALESCE((CASE WHEN family IS NULL THEN NULL ELSE family_key END), ''), id);
