-- drizzle-kit cannot state PARTITION BY: it was added to the CREATE TABLE of 0000 by hand.
DO $$ BEGIN
  FOR n IN 0..15 LOOP
    EXECUTE format('CREATE TABLE positions.event_store_%s PARTITION OF positions.event_store '
      'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', lpad(n::text, 2, '0'), n);
  END LOOP;
END $$;
--> statement-breakpoint
COMMENT ON TABLE positions.event_store IS 'append-only: the facts';
--> statement-breakpoint
COMMENT ON TABLE positions.idempotency_store IS 'append-only: which trades are in';
--> statement-breakpoint
-- A snapshot is rewritten with every batch: room on the page for the new row version, so that no
-- index is touched.
ALTER TABLE positions.snapshot_store SET (fillfactor = 70);
--> statement-breakpoint
-- Lots are written far more often than read: compressing them costs more than the room it saves.
ALTER TABLE positions.snapshot_store ALTER COLUMN lots SET STORAGE EXTERNAL;
--> statement-breakpoint
-- Fails the statement that wrote fewer rows than it was given: all of a batch or none of it.
CREATE FUNCTION positions.require_rows(written bigint, expected bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  IF written <> expected THEN
    RAISE EXCEPTION 'expected % rows written, were %', expected, written USING ERRCODE = 'PB001';
  END IF;
  RETURN written;
END $$;
--> statement-breakpoint
CREATE VIEW published.positions AS
  SELECT position_key, book_id, account_id, contract_id, instrument_id, symbol, currency, quantity,
    cost_basis, realized_pnl, last_ver AS version, reconciliation_status,
    last_recorded_at AS updated_at
  FROM positions.snapshot_store;
--> statement-breakpoint
COMMENT ON COLUMN published.positions.quantity IS 'units of 1e-8; below zero when short';
