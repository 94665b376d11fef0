-- What lists of jobs are filtered by stands in columns beside the document that shows it.
ALTER TABLE jobs ADD COLUMN what {TEXT};
ALTER TABLE jobs ADD COLUMN action {TEXT};
ALTER TABLE jobs ADD COLUMN mode {TEXT};
ALTER TABLE jobs ADD COLUMN dry_run BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN undoes BIGINT;
ALTER TABLE jobs ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN updated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN unchanged BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN result_bytes BIGINT NOT NULL DEFAULT 0;
-- Jobs are kept for seven days; until then the counts of those from before stand in their documents alone.
UPDATE jobs SET what = 'users' WHERE detail LIKE '%"what":"users"%';
UPDATE jobs SET what = 'organisations' WHERE detail LIKE '%"what":"organisations"%';
UPDATE jobs SET what = 'groups' WHERE detail LIKE '%"what":"groups"%';
UPDATE jobs SET what = 'memberships' WHERE detail LIKE '%"what":"memberships"%';
UPDATE jobs SET what = 'grants' WHERE detail LIKE '%"what":"grants"%';
UPDATE jobs SET what = 'keys' WHERE detail LIKE '%"what":"keys"%';
UPDATE jobs SET what = 'events' WHERE detail LIKE '%"what":"events"%';
UPDATE jobs SET mode = 'each' WHERE detail LIKE '%"mode":"each"%';
UPDATE jobs SET mode = 'all' WHERE detail LIKE '%"mode":"all"%';
UPDATE jobs SET dry_run = 1 WHERE detail LIKE '%"dry_run":true%';

-- Form tokens that were used, until they would have ended.
CREATE TABLE used_form_tokens (
    digest {BYTES} PRIMARY KEY,
    used_by {BYTES} NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_form_tokens_end ON used_form_tokens (expires_at);
