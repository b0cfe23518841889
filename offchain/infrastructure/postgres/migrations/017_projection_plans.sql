-- Plans are kept from when the tables were small: without this a batch would go on reading them whole as they grow.

ALTER FUNCTION project_inputs SET enable_seqscan = off;
ALTER FUNCTION project_inputs SET enable_hashjoin = off;
ALTER FUNCTION project_inputs SET enable_mergejoin = off;
ALTER FUNCTION project_inputs SET plan_cache_mode = force_generic_plan;

-- Retention by age: engine time rises along the table.
CREATE INDEX order_events_by_time ON order_events USING brin (at_millis);
CREATE INDEX outbox_done ON outbox (done_at) WHERE state = 'done';
