-- The engine's input log: state is a function of it. One row per commit, fenced by the leader's epoch.

CREATE TABLE leadership (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	epoch bigint NOT NULL DEFAULT 0,
	holder text NOT NULL DEFAULT '',
	backend_pid integer,
	heartbeat_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO leadership DEFAULT VALUES;
COMMENT ON TABLE leadership IS 'Who may write the input log. One row; every commit checks the epoch, so an overtaken leader cannot write.';
COMMENT ON COLUMN leadership.only_row IS 'Keeps the table at one row.';
COMMENT ON COLUMN leadership.epoch IS 'Rises by one at every change of leader.';
COMMENT ON COLUMN leadership.holder IS 'Name of the leading process, for people.';
COMMENT ON COLUMN leadership.backend_pid IS 'Server process of the connection that holds the advisory lock.';
COMMENT ON COLUMN leadership.heartbeat_at IS 'Last sign of life by this database''s clock; a stale one lets a standby take over.';

CREATE TABLE input_log (
	first_sequence bigint PRIMARY KEY CHECK (first_sequence > 0),
	last_sequence bigint NOT NULL UNIQUE,
	epoch bigint NOT NULL,
	at_millis bigint NOT NULL,
	inputs bytea NOT NULL,
	events bytea NOT NULL,
	log_hash bytea NOT NULL,
	committed_at timestamptz NOT NULL DEFAULT now(),
	CHECK (last_sequence >= first_sequence)
);
COMMENT ON TABLE input_log IS 'Every input the engine has accepted, in order, one row per group commit. Never updated.';
COMMENT ON COLUMN input_log.first_sequence IS 'Place of the group''s first input in the log, from 1, without gaps.';
COMMENT ON COLUMN input_log.last_sequence IS 'Place of the group''s last input.';
COMMENT ON COLUMN input_log.epoch IS 'Leader that wrote the group.';
COMMENT ON COLUMN input_log.at_millis IS 'Engine time after the group, ms since the Unix epoch.';
COMMENT ON COLUMN input_log.inputs IS 'JSON array of the inputs, UTF-8.';
COMMENT ON COLUMN input_log.events IS 'JSON array with one [atMillis, events] per input: what the engine made of it.';
COMMENT ON COLUMN input_log.log_hash IS 'SHA-256 over the previous row''s hash and these inputs: a broken chain shows damage.';
COMMENT ON COLUMN input_log.committed_at IS 'Wall-clock time of the commit.';

CREATE TABLE engine_snapshots (
	sequence bigint PRIMARY KEY,
	state bytea NOT NULL,
	state_hash text NOT NULL,
	log_hash bytea NOT NULL,
	at_millis bigint NOT NULL,
	taken_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE engine_snapshots IS 'Engine states from which replaying the log may begin. Can be deleted: the log alone gives the same state.';
COMMENT ON COLUMN engine_snapshots.sequence IS 'Last input contained in the state.';
COMMENT ON COLUMN engine_snapshots.state IS 'The state as the engine wrote it.';
COMMENT ON COLUMN engine_snapshots.state_hash IS 'The engine''s own hash of the state, compared after restoring.';
COMMENT ON COLUMN engine_snapshots.log_hash IS 'log_hash of the group that ends with this sequence.';
COMMENT ON COLUMN engine_snapshots.at_millis IS 'Engine time of the state, ms since the Unix epoch.';
COMMENT ON COLUMN engine_snapshots.taken_at IS 'Wall-clock time of the snapshot.';
