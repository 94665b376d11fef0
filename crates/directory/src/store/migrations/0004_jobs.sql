-- What the server needs to do a job by itself, beside what its owner sees of it. A job is worked on by
-- one process at a time, which says until when it means to; `position` moves on in the transaction of
-- the work, so that no item is done twice and none is left out.
CREATE TABLE job_tasks (
    job_id BIGINT PRIMARY KEY REFERENCES jobs (id),
    task {TEXT} NOT NULL,
    platform {TEXT} NOT NULL,
    key_id BIGINT,
    context {TEXT} NOT NULL,
    position {TEXT} NOT NULL,
    ready BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    worker {TEXT},
    claimed_until BIGINT NOT NULL,
    ran_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX job_tasks_ready ON job_tasks (ready, ran_at);

-- A job's files in pieces: its body (what is imported, or whom it concerns), its report, its result.
CREATE TABLE job_parts (
    job_id BIGINT NOT NULL REFERENCES jobs (id),
    kind {TEXT} NOT NULL,
    number BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    bytes {BYTES} NOT NULL,
    PRIMARY KEY (job_id, kind, number)
);
