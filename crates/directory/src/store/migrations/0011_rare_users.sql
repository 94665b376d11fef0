-- Conditions that few users meet have indexes of those few (store/rare.rs).
CREATE INDEX users_by_status ON users (status, id) WHERE status <> 'active';
CREATE INDEX users_by_kind ON users (kind, id) WHERE kind <> 'person';
CREATE INDEX users_locked ON users (locked_until, id) WHERE locked_until IS NOT NULL;
CREATE INDEX users_locked_out ON users (lockout_until, id) WHERE lockout_until IS NOT NULL;
CREATE INDEX users_lock_after ON users (lock_after, id) WHERE lock_after IS NOT NULL;
CREATE INDEX users_by_department ON users (LOWER(department), id) WHERE department IS NOT NULL;
CREATE INDEX users_by_title ON users (LOWER(title), id) WHERE title IS NOT NULL;
CREATE INDEX users_by_time_zone ON users (time_zone, id) WHERE time_zone IS NOT NULL;
CREATE INDEX users_second_factor_required ON users (second_factor_required, id) WHERE second_factor_required IS NOT NULL;
CREATE INDEX passwords_must_change ON passwords (user_id) WHERE must_change = 1;
CREATE INDEX second_factors_confirmed ON second_factors (user_id) WHERE confirmed_at IS NOT NULL;
-- Most grants never end.
DROP INDEX grants_expiry;
CREATE INDEX grants_expiry ON grants (expires_at) WHERE expires_at IS NOT NULL;
-- What users are sorted by.
CREATE INDEX users_in_departments ON users (LOWER(COALESCE(department, '')), id);
