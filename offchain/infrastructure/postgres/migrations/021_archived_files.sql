-- What has left the database, and where it is: written in the transaction that deletes the rows.

CREATE TABLE archived_files (
	file text PRIMARY KEY,
	table_name text NOT NULL,
	first_key bigint NOT NULL,
	last_key bigint NOT NULL CHECK (last_key >= first_key),
	row_count integer NOT NULL CHECK (row_count > 0),
	content_hash text NOT NULL CHECK (length(content_hash) = 64),
	archived_at timestamptz NOT NULL DEFAULT now()
);
-- Whether a window, or an input, is in the archive.
CREATE INDEX archived_files_by_key ON archived_files (table_name, first_key);
COMMENT ON TABLE archived_files IS 'The archive''s manifest: files of rows that have left the database. A row here goes with the deletion there.';
COMMENT ON COLUMN archived_files.file IS 'Path below the archive folder; its name holds the beginning of the content''s hash.';
COMMENT ON COLUMN archived_files.table_name IS 'Table the rows were in.';
COMMENT ON COLUMN archived_files.first_key IS 'First window, or first input of the log, in the file.';
COMMENT ON COLUMN archived_files.last_key IS 'Last window, or last input of the log, in the file.';
COMMENT ON COLUMN archived_files.row_count IS 'Rows in the file, one JSON object a line.';
COMMENT ON COLUMN archived_files.content_hash IS 'SHA-256 of the lines before compression, hex.';
COMMENT ON COLUMN archived_files.archived_at IS 'Wall-clock time of the move.';
