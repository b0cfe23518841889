-- Work that follows from a commit. Truth is the row; a queue only says when to look.

CREATE TABLE outbox (
	outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	topic text NOT NULL,
	dedupe_key text NOT NULL,
	payload jsonb NOT NULL,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead')),
	attempts integer NOT NULL DEFAULT 0,
	available_at timestamptz NOT NULL DEFAULT now(),
	last_error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	done_at timestamptz,
	UNIQUE (topic, dedupe_key)
);
-- Taken by state with SKIP LOCKED, never by "id > last": identities commit out of order.
CREATE INDEX outbox_waiting ON outbox (topic, available_at) WHERE state = 'waiting';
COMMENT ON TABLE outbox IS 'Messages that must have an effect exactly once: written with the change that causes them.';
COMMENT ON COLUMN outbox.outbox_id IS 'Identity; says nothing about commit order.';
COMMENT ON COLUMN outbox.topic IS 'Who handles it: session, authority, report.';
COMMENT ON COLUMN outbox.dedupe_key IS 'The same message again is the same row.';
COMMENT ON COLUMN outbox.payload IS 'The message.';
COMMENT ON COLUMN outbox.state IS 'waiting, done, or dead after too many attempts (an operator looks).';
COMMENT ON COLUMN outbox.attempts IS 'Tries so far.';
COMMENT ON COLUMN outbox.available_at IS 'Not before this wall-clock time; moved on after a failure.';
COMMENT ON COLUMN outbox.last_error IS 'Why the last try failed.';
COMMENT ON COLUMN outbox.created_at IS 'Wall-clock time of the cause.';
COMMENT ON COLUMN outbox.done_at IS 'Wall-clock time of success.';
