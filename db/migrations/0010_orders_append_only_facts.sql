-- The runtime role may add to these and change nothing: a comment that begins with append-only
-- says so to the step that grants its rights.
COMMENT ON TABLE orders.event_store IS 'append-only: what happened to orders and cash';
--> statement-breakpoint
COMMENT ON TABLE orders.cash_ledger IS 'append-only: both sides of every movement of money';
--> statement-breakpoint
COMMENT ON TABLE orders.command_log IS 'append-only: the first answer to a command';
