COMMENT ON TABLE baskets.version_editor IS 'append-only: who had a hand in a version';
--> statement-breakpoint
COMMENT ON TABLE baskets.approval IS 'append-only: who approved which content';
--> statement-breakpoint
COMMENT ON TABLE baskets.sla_breach IS 'append-only: promises that were not kept';
--> statement-breakpoint
COMMENT ON TABLE baskets.daily_level IS 'append-only: closes; a restatement is the next revision';
--> statement-breakpoint
COMMENT ON TABLE baskets.level_restatement IS 'append-only: past levels that turned out otherwise';
--> statement-breakpoint
COMMENT ON TABLE baskets.applied_action IS 'append-only: corporate actions a basket has worked in';
--> statement-breakpoint
INSERT INTO baskets.version_editor (basket_id, version_number, actor)
SELECT DISTINCT v.basket_id, v.number, earlier.edited_by
FROM baskets.basket_version v
JOIN baskets.basket_version earlier
	ON earlier.basket_id = v.basket_id AND earlier.number <= v.number;
--> statement-breakpoint
UPDATE baskets.basket b SET
	state_since = updated_at,
	revision = (
		SELECT count(*) FROM baskets.event_store e
		WHERE e.basket_id = b.basket_id AND e.event_type <> 'IndexBased');
--> statement-breakpoint
-- Programs never approve: neither by role nor by name.
ALTER TABLE baskets.approval
	ADD CONSTRAINT approval_by_a_person CHECK (
		NOT approver_roles && ARRAY['feed', 'partner', 'system']
		AND approver <> 'system' AND approver NOT LIKE 'service:%'),
	ADD CONSTRAINT approval_of_request FOREIGN KEY (basket_id, submission)
		REFERENCES baskets.approval_request (basket_id, submission);
--> statement-breakpoint
ALTER TABLE baskets.approval_request
	ADD CONSTRAINT approval_request_required CHECK (required >= 1),
	ADD CONSTRAINT approval_request_status CHECK (status IN ('OPEN', 'APPROVED', 'WITHDRAWN',
		'CHANGES_REQUESTED', 'REJECTED', 'EXPIRED', 'REVOKED', 'CANCELLED'));
--> statement-breakpoint
CREATE UNIQUE INDEX approval_request_open ON baskets.approval_request (basket_id)
	WHERE status = 'OPEN';
--> statement-breakpoint
-- Whoever confirms is not who asked.
ALTER TABLE baskets.delisting
	ADD CONSTRAINT delisting_four_eyes CHECK (confirmed_by <> requested_by),
	ADD CONSTRAINT delisting_cancel_four_eyes CHECK (cancel_confirmed_by <> cancel_requested_by);
--> statement-breakpoint
ALTER TABLE baskets.backtest
	ADD CONSTRAINT backtest_status CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED',
		'CANCELED', 'SUPERSEDED')),
	ADD CONSTRAINT backtest_progress CHECK (progress BETWEEN 0 AND 1),
	ADD CONSTRAINT backtest_window CHECK (from_date < to_date);
--> statement-breakpoint
ALTER TABLE baskets.vendor_listing
	ADD CONSTRAINT vendor_listing_status CHECK (status IN ('NOT_SENT', 'SENT', 'ACKED', 'LISTED',
		'REJECTED', 'FAILED', 'DELISTED'));
--> statement-breakpoint
ALTER TABLE baskets.vendor_publication
	ADD CONSTRAINT publication_level_above_zero CHECK (level > 0);
--> statement-breakpoint
ALTER TABLE baskets.daily_level
	ADD CONSTRAINT daily_level_above_zero CHECK (level > 0 AND divisor > 0);
--> statement-breakpoint
CREATE FUNCTION baskets.check_approver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (
		SELECT FROM baskets.version_editor e
		WHERE e.basket_id = NEW.basket_id AND e.version_number = NEW.version_number
			AND e.actor IN (NEW.approver, NEW.on_behalf_of)
	) THEN
		RAISE EXCEPTION '% had a hand in version % of basket % and may not approve it',
			NEW.approver, NEW.version_number, NEW.basket_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'approver_is_no_editor';
	END IF;
	IF NOT EXISTS (
		SELECT FROM baskets.approval_request r
		WHERE r.basket_id = NEW.basket_id AND r.submission = NEW.submission AND r.status = 'OPEN'
			AND r.version_number = NEW.version_number AND r.version_hash = NEW.version_hash
	) THEN
		RAISE EXCEPTION 'submission % of basket % is not open for this content',
			NEW.submission, NEW.basket_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'approval_fits_request';
	END IF;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER approver_is_no_editor BEFORE INSERT OR UPDATE ON baskets.approval
	FOR EACH ROW EXECUTE FUNCTION baskets.check_approver();
--> statement-breakpoint
CREATE FUNCTION baskets.check_editor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (
		SELECT FROM baskets.approval a
		JOIN baskets.approval_request r USING (basket_id, submission)
		WHERE a.basket_id = NEW.basket_id AND a.version_number = NEW.version_number
			AND r.status IN ('OPEN', 'APPROVED') AND NEW.actor IN (a.approver, a.on_behalf_of)
	) THEN
		RAISE EXCEPTION '% approved version % of basket % and cannot have had a hand in it',
			NEW.actor, NEW.version_number, NEW.basket_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'editor_is_no_approver';
	END IF;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER editor_is_no_approver BEFORE INSERT OR UPDATE ON baskets.version_editor
	FOR EACH ROW EXECUTE FUNCTION baskets.check_editor();
--> statement-breakpoint
-- No version becomes good for the market without the approvals its request asked for. What a
-- corporate action makes of an effective version needs none.
CREATE FUNCTION baskets.check_version_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND (NEW.hash, NEW.origin) IS DISTINCT FROM (OLD.hash, OLD.origin) THEN
		RAISE EXCEPTION 'the content of version % of basket % cannot change',
			NEW.number, NEW.basket_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'version_content_is_fixed';
	END IF;
	IF NEW.status NOT IN ('APPROVED', 'SCHEDULED', 'EFFECTIVE')
		OR TG_OP = 'UPDATE' AND OLD.status IN ('APPROVED', 'SCHEDULED', 'EFFECTIVE')
		OR NEW.origin = 'CORPORATE_ACTION' AND EXISTS (
			SELECT FROM baskets.basket_version v
			WHERE v.basket_id = NEW.basket_id AND v.number < NEW.number
				AND v.effective_at IS NOT NULL)
	THEN
		RETURN NEW;
	END IF;
	IF NOT EXISTS (
		SELECT FROM baskets.approval_request r
		WHERE r.basket_id = NEW.basket_id AND r.version_number = NEW.number
			AND r.version_hash = NEW.hash AND r.status IN ('OPEN', 'APPROVED')
			AND r.required <= (
				SELECT count(*) FROM baskets.approval a
				WHERE a.basket_id = r.basket_id AND a.submission = r.submission
					AND a.version_hash = r.version_hash)
	) THEN
		RAISE EXCEPTION 'version % of basket % is not approved', NEW.number, NEW.basket_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'version_is_approved';
	END IF;
	RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER version_is_approved AFTER INSERT OR UPDATE ON baskets.basket_version
	FOR EACH ROW EXECUTE FUNCTION baskets.check_version_status();
