-- What a group's inputs did is bytes now, a tenth as many as the JSON before: nothing is left to compress.

ALTER TABLE input_log ALTER COLUMN inputs SET STORAGE EXTERNAL;
ALTER TABLE input_log ALTER COLUMN events SET STORAGE EXTERNAL;
COMMENT ON COLUMN input_log.events IS 'What the inputs did, in the binary layout of effectCodec.ts; groups written before it: a JSON array with one [atMillis, events] per input, UTF-8.';
