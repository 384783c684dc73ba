-- What positions of earlier releases have realized since they were last flat: the gains behind the
-- last trade that opened them, or that turned them from long to short or back. Those releases
-- wrote trades alone, with the gain in the payload, and no hash.
UPDATE positions.snapshot_store AS snapshot SET cycle_realized_pnl = coalesce((
  SELECT sum(coalesce(realized_pnl, (payload ->> 'realizedPnl')::numeric))
  FROM positions.event_store event
  WHERE event.position_key = snapshot.position_key AND event_ver > opening.version), 0)
FROM (
  SELECT position_key, max(event_ver) AS version
  FROM positions.event_store
  WHERE payload ->> 'effect' = 'NEW_TRADE'
    OR (payload ->> 'opened' IS NOT NULL AND meta_lots IS NOT NULL)
  GROUP BY position_key
) opening
WHERE opening.position_key = snapshot.position_key AND snapshot.last_hash IS NULL;
