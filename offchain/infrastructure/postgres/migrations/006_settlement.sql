-- Meter readings and the settlement of each window, step by step.

CREATE TABLE reading_batches (
	batch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	window_id bigint NOT NULL,
	licensee text NOT NULL CHECK (licensee IN ('EGAT', 'MEA', 'PEA')),
	signature text NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (window_id, licensee, signature)
);
COMMENT ON TABLE reading_batches IS 'Meter readings as a licensee''s attester signed them: one signature over the batch.';
COMMENT ON COLUMN reading_batches.batch_id IS 'Identity.';
COMMENT ON COLUMN reading_batches.window_id IS 'Delivery window.';
COMMENT ON COLUMN reading_batches.licensee IS 'Whose attester signed.';
COMMENT ON COLUMN reading_batches.signature IS 'EIP-712 signature over the packed readings.';
COMMENT ON COLUMN reading_batches.received_at IS 'Wall-clock time of receipt.';

CREATE TABLE readings (
	window_id bigint NOT NULL,
	meter_id bigint NOT NULL,
	exported_wh bigint NOT NULL CHECK (exported_wh >= 0),
	batch_id bigint NOT NULL REFERENCES reading_batches,
	batch_index integer NOT NULL,
	PRIMARY KEY (window_id, meter_id)
);
-- Putting a batch together again.
CREATE INDEX readings_by_batch ON readings (batch_id, batch_index);
COMMENT ON TABLE readings IS 'One reading per meter and window, for ever: energy is never counted twice.';
COMMENT ON COLUMN readings.window_id IS 'Delivery window.';
COMMENT ON COLUMN readings.meter_id IS 'The meter.';
COMMENT ON COLUMN readings.exported_wh IS 'Energy injected into the network, Wh.';
COMMENT ON COLUMN readings.batch_id IS 'Batch that carries the signature.';
COMMENT ON COLUMN readings.batch_index IS 'Place in the batch as signed.';

CREATE TABLE window_pipelines (
	window_id bigint PRIMARY KEY,
	stage text NOT NULL DEFAULT 'closed' CHECK (stage IN (
		'closed', 'planned', 'committed', 'settled', 'certified', 'reconciled', 'empty', 'missed', 'voided', 'expired')),
	stage_since timestamptz NOT NULL DEFAULT now(),
	commitment text,
	trade_count integer,
	chunk_count integer,
	next_chunk integer NOT NULL DEFAULT 0,
	attempts integer NOT NULL DEFAULT 0,
	next_look_at timestamptz NOT NULL DEFAULT now(),
	problem text,
	is_balanced boolean,
	gas_used bigint NOT NULL DEFAULT 0
);
-- Windows with work left.
CREATE INDEX window_pipelines_due ON window_pipelines (next_look_at)
	WHERE stage IN ('closed', 'planned', 'committed', 'settled', 'certified');
COMMENT ON TABLE window_pipelines IS 'Settlement of each window: which step is done. Steps are idempotent; the chain decides what has happened.';
COMMENT ON COLUMN window_pipelines.window_id IS 'Delivery window.';
COMMENT ON COLUMN window_pipelines.stage IS 'closed, planned, committed, settled, certified, reconciled; or empty, missed, voided, expired.';
COMMENT ON COLUMN window_pipelines.stage_since IS 'Wall-clock time the stage was reached.';
COMMENT ON COLUMN window_pipelines.commitment IS 'Hash committed to on chain.';
COMMENT ON COLUMN window_pipelines.trade_count IS 'Trades in the plan.';
COMMENT ON COLUMN window_pipelines.chunk_count IS 'Chunks of the plan.';
COMMENT ON COLUMN window_pipelines.next_chunk IS 'Next chunk to settle as last seen on chain.';
COMMENT ON COLUMN window_pipelines.attempts IS 'Looks without progress in this stage.';
COMMENT ON COLUMN window_pipelines.next_look_at IS 'Not before this wall-clock time.';
COMMENT ON COLUMN window_pipelines.problem IS 'What keeps the stage from ending, for the operator; null while all is well.';
COMMENT ON COLUMN window_pipelines.is_balanced IS 'Whether engine, database and chain agreed when it was reconciled.';
COMMENT ON COLUMN window_pipelines.gas_used IS 'Gas of the window''s transactions.';

CREATE TABLE window_chunks (
	window_id bigint NOT NULL REFERENCES window_pipelines,
	chunk_index integer NOT NULL,
	bytes text NOT NULL,
	rest_hash text NOT NULL,
	sell_meter_ids jsonb NOT NULL,
	trade_count integer NOT NULL,
	PRIMARY KEY (window_id, chunk_index)
);
COMMENT ON TABLE window_chunks IS 'The committed plan, exactly as hashed: written before the commitment is sent.';
COMMENT ON COLUMN window_chunks.window_id IS 'Delivery window.';
COMMENT ON COLUMN window_chunks.chunk_index IS 'From 0.';
COMMENT ON COLUMN window_chunks.bytes IS 'Calldata of the chunk, hex.';
COMMENT ON COLUMN window_chunks.rest_hash IS 'Hash of everything behind the chunk.';
COMMENT ON COLUMN window_chunks.sell_meter_ids IS 'Meters whose readings settle the chunk.';
COMMENT ON COLUMN window_chunks.trade_count IS 'Trades in the chunk.';
