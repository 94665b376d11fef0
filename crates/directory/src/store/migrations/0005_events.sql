-- Whom an event concerns, by their keys too. And the order in which events are handed on: numbers are
-- given before the commit, so where several connections write, one may appear behind a reader. `tx` is the
-- writing transaction; what an older one than all that still run has written is all there. SQLite has one
-- writer, whose numbers are in order.
ALTER TABLE events ADD COLUMN subject_id BIGINT;
UPDATE events SET subject_id = entity_id WHERE entity = 'user';
UPDATE events SET subject_id = (SELECT k.user_id FROM api_keys k WHERE k.id = events.entity_id) WHERE entity = 'key';
CREATE INDEX events_subject ON events (subject_id, id);
CREATE INDEX events_request ON events (request_id, id);
-- {SQLITE}
ALTER TABLE events ADD COLUMN tx BIGINT NOT NULL DEFAULT 0;
-- {END}
-- {POSTGRES}
ALTER TABLE events ADD COLUMN tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX events_order ON events (tx, id);
-- {END}
