-- Which process sends from a key: frozen owners are overtaken as frozen leaders are.

CREATE TABLE key_owners (
	chain_id bigint NOT NULL,
	sender text NOT NULL,
	holder text NOT NULL,
	backend_pid integer NOT NULL,
	heartbeat_at timestamptz NOT NULL,
	PRIMARY KEY (chain_id, sender)
);
COMMENT ON TABLE key_owners IS 'The process that sends from a key. The advisory lock on its connection decides; this row shows whether it lives.';
COMMENT ON COLUMN key_owners.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN key_owners.sender IS 'Address of the key.';
COMMENT ON COLUMN key_owners.holder IS 'Name of the process, for people.';
COMMENT ON COLUMN key_owners.backend_pid IS 'Server process of the connection that holds the advisory lock.';
COMMENT ON COLUMN key_owners.heartbeat_at IS 'Last sign of life by this database''s clock.';
