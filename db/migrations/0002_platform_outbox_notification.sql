-- Wakes the consumers once per statement, with the topics written: a NOTIFY per record would make
-- commits queue up for the notification lock.
CREATE FUNCTION platform.notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('plumbline_outbox', string_agg(DISTINCT topic, ' ')) FROM written;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER outbox_notification AFTER INSERT ON platform.outbox
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION platform.notify_outbox();
--> statement-breakpoint
-- Offsets, sessions and leases are updated all the time and never grow: keep room on the page for
-- the new row version, so that no index is touched.
ALTER TABLE platform.consumer_offset SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE platform.lease_session SET (fillfactor = 50);
