-- The chain as indexed. Everything below a block goes with it when a reorg replaces it; nothing is added to in place.

CREATE TABLE chain_blocks (
	chain_id bigint NOT NULL,
	block_hash text NOT NULL,
	block_number bigint NOT NULL,
	parent_hash text NOT NULL,
	timestamp_seconds bigint NOT NULL,
	PRIMARY KEY (chain_id, block_hash),
	UNIQUE (chain_id, block_number)
);
COMMENT ON TABLE chain_blocks IS 'Canonical blocks, without gaps; a reorg deletes and replaces them.';
COMMENT ON COLUMN chain_blocks.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_blocks.block_hash IS 'Hash of the block.';
COMMENT ON COLUMN chain_blocks.block_number IS 'Height.';
COMMENT ON COLUMN chain_blocks.parent_hash IS 'Hash of the block below; checked when indexed.';
COMMENT ON COLUMN chain_blocks.timestamp_seconds IS 'Block time, Unix seconds.';

CREATE TABLE chain_events (
	chain_id bigint NOT NULL,
	block_hash text NOT NULL,
	log_index integer NOT NULL,
	block_number bigint NOT NULL,
	transaction_hash text NOT NULL,
	contract text NOT NULL,
	name text NOT NULL,
	args jsonb NOT NULL,
	facts jsonb,
	PRIMARY KEY (chain_id, block_hash, log_index),
	FOREIGN KEY (chain_id, block_hash) REFERENCES chain_blocks ON DELETE CASCADE
);
-- Delivery to the engine by position; look-ups by event name, newest first.
CREATE INDEX chain_events_by_position ON chain_events (chain_id, block_number, log_index) WHERE facts IS NOT NULL;
CREATE INDEX chain_events_by_name ON chain_events (chain_id, name, block_number DESC, log_index DESC);
CREATE INDEX chain_events_by_window ON chain_events (chain_id, ((args ->> 'windowId')::bigint)) WHERE args ? 'windowId';
CREATE INDEX chain_events_by_meter ON chain_events (chain_id, ((args ->> 'meterId')::bigint)) WHERE args ? 'meterId';
COMMENT ON TABLE chain_events IS 'Decoded logs of the protocol''s contracts.';
COMMENT ON COLUMN chain_events.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_events.block_hash IS 'Block that contains the log.';
COMMENT ON COLUMN chain_events.log_index IS 'Place of the log in its block.';
COMMENT ON COLUMN chain_events.block_number IS 'Height.';
COMMENT ON COLUMN chain_events.transaction_hash IS 'Transaction that caused it.';
COMMENT ON COLUMN chain_events.contract IS 'Name of the emitting contract.';
COMMENT ON COLUMN chain_events.name IS 'Event name as in Solidity.';
COMMENT ON COLUMN chain_events.args IS 'Arguments; numbers beyond 2^53 as decimal strings.';
COMMENT ON COLUMN chain_events.facts IS 'What the engine is told once the block is final, an array; null for events it does not need.';

CREATE TABLE chain_balance_changes (
	chain_id bigint NOT NULL,
	block_hash text NOT NULL,
	log_index integer NOT NULL,
	change_index integer NOT NULL,
	account text NOT NULL,
	delta_msat bigint NOT NULL,
	window_id bigint,
	PRIMARY KEY (chain_id, block_hash, log_index, change_index),
	FOREIGN KEY (chain_id, block_hash, log_index) REFERENCES chain_events ON DELETE CASCADE
);
-- Balance and statement of one account.
CREATE INDEX chain_balance_changes_by_account ON chain_balance_changes (chain_id, account);
COMMENT ON TABLE chain_balance_changes IS 'Every change of a vault balance, from Deposited, Withdrawn and BalancesSettled.';
COMMENT ON COLUMN chain_balance_changes.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_balance_changes.block_hash IS 'Block of the event.';
COMMENT ON COLUMN chain_balance_changes.log_index IS 'Log of the event.';
COMMENT ON COLUMN chain_balance_changes.change_index IS 'Place within the event.';
COMMENT ON COLUMN chain_balance_changes.account IS 'Account, lower-case hex.';
COMMENT ON COLUMN chain_balance_changes.delta_msat IS 'Change of the balance, msat.';
COMMENT ON COLUMN chain_balance_changes.window_id IS 'Settled window; null for deposits and withdrawals.';

CREATE VIEW chain_balances AS
	SELECT chain_id, account, sum(delta_msat) AS balance_msat FROM chain_balance_changes GROUP BY chain_id, account;
COMMENT ON VIEW chain_balances IS 'Vault balances as the indexed events add up.';
COMMENT ON COLUMN chain_balances.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_balances.account IS 'Account, lower-case hex.';
COMMENT ON COLUMN chain_balances.balance_msat IS 'Sum of all changes, msat.';

CREATE TABLE certificate_transfers (
	chain_id bigint NOT NULL,
	block_hash text NOT NULL,
	log_index integer NOT NULL,
	change_index integer NOT NULL,
	token_id text NOT NULL,
	from_account text NOT NULL,
	to_account text NOT NULL,
	energy_wh bigint NOT NULL CHECK (energy_wh >= 0),
	PRIMARY KEY (chain_id, block_hash, log_index, change_index),
	FOREIGN KEY (chain_id, block_hash, log_index) REFERENCES chain_events ON DELETE CASCADE
);
-- Holdings of an account; history of a certificate.
CREATE INDEX certificate_transfers_by_receiver ON certificate_transfers (chain_id, to_account);
CREATE INDEX certificate_transfers_by_sender ON certificate_transfers (chain_id, from_account);
CREATE INDEX certificate_transfers_by_token ON certificate_transfers (chain_id, token_id);
COMMENT ON TABLE certificate_transfers IS 'ERC-1155 transfers of certificates: issue (from zero), transfer and claim (to zero).';
COMMENT ON COLUMN certificate_transfers.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN certificate_transfers.block_hash IS 'Block of the event.';
COMMENT ON COLUMN certificate_transfers.log_index IS 'Log of the event.';
COMMENT ON COLUMN certificate_transfers.change_index IS 'Place within a batch.';
COMMENT ON COLUMN certificate_transfers.token_id IS 'Certificate id, decimal.';
COMMENT ON COLUMN certificate_transfers.from_account IS 'Former holder; the zero address when issued.';
COMMENT ON COLUMN certificate_transfers.to_account IS 'New holder; the zero address when claimed.';
COMMENT ON COLUMN certificate_transfers.energy_wh IS 'Units moved: Wh.';

CREATE TABLE chain_cursor (
	chain_id bigint PRIMARY KEY,
	block_number bigint NOT NULL,
	block_hash text,
	delivered_position bigint NOT NULL DEFAULT 0,
	halted_cause text,
	moved_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE chain_cursor IS 'How far each chain is indexed and delivered; moved with the rows it stands for.';
COMMENT ON COLUMN chain_cursor.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_cursor.block_number IS 'Last block indexed.';
COMMENT ON COLUMN chain_cursor.block_hash IS 'Its hash; null before the first block.';
COMMENT ON COLUMN chain_cursor.delivered_position IS 'Position of the last fact the engine has acknowledged: (block number × 10000 + log index) × 4 + place in the log.';
COMMENT ON COLUMN chain_cursor.halted_cause IS 'Why indexing has stopped for good, for the operator; null while it runs.';
COMMENT ON COLUMN chain_cursor.moved_at IS 'When the row last changed: a cursor that stands still is an alarm.';

CREATE TABLE chain_reorgs (
	reorg_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	chain_id bigint NOT NULL,
	ancestor_number bigint NOT NULL,
	depth integer NOT NULL,
	old_hash text NOT NULL,
	seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE chain_reorgs IS 'Reorganisations seen.';
COMMENT ON COLUMN chain_reorgs.reorg_id IS 'Identity.';
COMMENT ON COLUMN chain_reorgs.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_reorgs.ancestor_number IS 'Last block both branches share.';
COMMENT ON COLUMN chain_reorgs.depth IS 'Blocks that were replaced.';
COMMENT ON COLUMN chain_reorgs.old_hash IS 'Head of the branch that was left.';
COMMENT ON COLUMN chain_reorgs.seen_at IS 'Wall-clock time.';

CREATE TABLE chain_senders (
	chain_id bigint NOT NULL,
	sender text NOT NULL,
	next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
	PRIMARY KEY (chain_id, sender)
);
COMMENT ON TABLE chain_senders IS 'Next unused nonce of every key this system sends from.';
COMMENT ON COLUMN chain_senders.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_senders.sender IS 'Address of the key.';
COMMENT ON COLUMN chain_senders.next_nonce IS 'Nonce of the next transaction.';

CREATE TABLE chain_transactions (
	transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	chain_id bigint NOT NULL,
	sender text NOT NULL,
	request_key text NOT NULL,
	to_address text NOT NULL,
	data text NOT NULL,
	nonce bigint,
	gas_limit bigint,
	state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'confirmed', 'reverted', 'refused')),
	detail text,
	transaction_hash text,
	block_number bigint,
	gas_used bigint,
	created_at timestamptz NOT NULL DEFAULT now(),
	changed_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (chain_id, sender, nonce),
	CHECK ((nonce IS NULL) = (state IN ('queued', 'refused')))
);
-- The same request is sent once: it may be asked for again only after it was refused or reverted.
CREATE UNIQUE INDEX chain_transactions_once ON chain_transactions (chain_id, sender, request_key)
	WHERE state IN ('queued', 'sent', 'confirmed');
-- Work in flight.
CREATE INDEX chain_transactions_open ON chain_transactions (chain_id, sender, nonce) WHERE state IN ('queued', 'sent');
-- Gas of a window: keys are "step-window…".
CREATE INDEX chain_transactions_by_window ON chain_transactions (chain_id, split_part(request_key, '-', 2));
COMMENT ON TABLE chain_transactions IS 'Transactions this system sends; the nonce is written here before anything is signed.';
COMMENT ON COLUMN chain_transactions.transaction_id IS 'Identity.';
COMMENT ON COLUMN chain_transactions.chain_id IS 'EIP-155 chain id.';
COMMENT ON COLUMN chain_transactions.sender IS 'Key that signs.';
COMMENT ON COLUMN chain_transactions.request_key IS 'What it is for, such as commit-1979424: the same key is never in flight or confirmed twice.';
COMMENT ON COLUMN chain_transactions.to_address IS 'Contract called.';
COMMENT ON COLUMN chain_transactions.data IS 'Calldata.';
COMMENT ON COLUMN chain_transactions.nonce IS 'Nonce; null until sent.';
COMMENT ON COLUMN chain_transactions.gas_limit IS 'Gas limit.';
COMMENT ON COLUMN chain_transactions.state IS 'queued, sent, confirmed, reverted (mined without effect) or refused (would revert; never sent).';
COMMENT ON COLUMN chain_transactions.detail IS 'Why it was refused or reverted.';
COMMENT ON COLUMN chain_transactions.transaction_hash IS 'Hash of the attempt that was mined.';
COMMENT ON COLUMN chain_transactions.block_number IS 'Block it was mined in.';
COMMENT ON COLUMN chain_transactions.gas_used IS 'Gas it used.';
COMMENT ON COLUMN chain_transactions.created_at IS 'When it was asked for.';
COMMENT ON COLUMN chain_transactions.changed_at IS 'When the row last changed.';

CREATE TABLE chain_transaction_attempts (
	transaction_id bigint NOT NULL REFERENCES chain_transactions,
	attempt integer NOT NULL,
	transaction_hash text NOT NULL UNIQUE,
	raw text NOT NULL,
	max_fee_per_gas numeric NOT NULL,
	max_priority_fee_per_gas numeric NOT NULL,
	signed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (transaction_id, attempt)
);
COMMENT ON TABLE chain_transaction_attempts IS 'Signed versions of a transaction, written before they are sent: any of them may be the one that is mined.';
COMMENT ON COLUMN chain_transaction_attempts.transaction_id IS 'The transaction.';
COMMENT ON COLUMN chain_transaction_attempts.attempt IS 'From 1; each pays at least an eighth more than the one before.';
COMMENT ON COLUMN chain_transaction_attempts.transaction_hash IS 'Its hash.';
COMMENT ON COLUMN chain_transaction_attempts.raw IS 'As sent; sent again after a restart.';
COMMENT ON COLUMN chain_transaction_attempts.max_fee_per_gas IS 'Wei.';
COMMENT ON COLUMN chain_transaction_attempts.max_priority_fee_per_gas IS 'Wei.';
COMMENT ON COLUMN chain_transaction_attempts.signed_at IS 'When it was signed.';
