-- Control rooms' scans: the last of each source for every node, and what was received, for audits.

CREATE TABLE telemetry_sources (
	source_id text PRIMARY KEY,
	scan_sequence bigint NOT NULL,
	measured_at_millis bigint NOT NULL,
	scan jsonb NOT NULL,
	stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE telemetry_sources IS 'Last accepted scan of each control room. It only ever moves forward in time.';
COMMENT ON COLUMN telemetry_sources.source_id IS 'Registered name of the control room.';
COMMENT ON COLUMN telemetry_sources.scan_sequence IS 'The source''s own number of the scan.';
COMMENT ON COLUMN telemetry_sources.measured_at_millis IS 'Market time of the measurement, unix milliseconds.';
COMMENT ON COLUMN telemetry_sources.scan IS 'The scan, integers only.';
COMMENT ON COLUMN telemetry_sources.stored_at IS 'Wall-clock time of arrival.';

CREATE TABLE telemetry_scans (
	source_id text NOT NULL,
	scan_sequence bigint NOT NULL,
	measured_at_millis bigint NOT NULL,
	scan jsonb NOT NULL,
	stored_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (source_id, measured_at_millis)
);
-- Old scans are removed by age.
CREATE INDEX telemetry_scans_by_age ON telemetry_scans (stored_at);
COMMENT ON TABLE telemetry_scans IS 'Every accepted scan of the last days, as evidence of what was known when a window was limited.';
COMMENT ON COLUMN telemetry_scans.source_id IS 'Registered name of the control room.';
COMMENT ON COLUMN telemetry_scans.scan_sequence IS 'The source''s own number of the scan.';
COMMENT ON COLUMN telemetry_scans.measured_at_millis IS 'Market time of the measurement, unix milliseconds.';
COMMENT ON COLUMN telemetry_scans.scan IS 'The scan, integers only.';
COMMENT ON COLUMN telemetry_scans.stored_at IS 'Wall-clock time of arrival.';
