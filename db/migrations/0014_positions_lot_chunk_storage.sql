-- As the snapshots: rewritten all the time, so room on the page for the new row version, and lots
-- are neither compressed nor moved out of the row while they fit a page.
ALTER TABLE positions.lot_chunk SET (fillfactor = 70, toast_tuple_target = 8160);
--> statement-breakpoint
ALTER TABLE positions.lot_chunk ALTER COLUMN lots SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE positions.snapshot_store SET (toast_tuple_target = 8160);
--> statement-breakpoint
-- The lots stored so far are numbered by their place.
UPDATE positions.snapshot_store SET next_lot_serial = lot_count;
--> statement-breakpoint
ALTER TABLE positions.dead_letter ADD CONSTRAINT dead_letter_status
  CHECK (status IN ('OPEN', 'IN_PROGRESS', 'RETRIED', 'CORRECTED', 'DISCARDED'));
--> statement-breakpoint
COMMENT ON TABLE positions.checkpoint IS 'append-only: positions as they stood after an event';
