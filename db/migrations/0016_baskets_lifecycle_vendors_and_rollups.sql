CREATE TABLE "baskets"."applied_action" (
	"basket_id" text NOT NULL,
	"action_id" text NOT NULL,
	"version_number" integer NOT NULL,
	"level_before" bigint NOT NULL,
	"level_after" bigint NOT NULL,
	"divisor_before" numeric(60, 24) NOT NULL,
	"divisor_after" numeric(60, 24) NOT NULL,
	"applied_at" timestamptz NOT NULL,
	CONSTRAINT "applied_action_pkey" PRIMARY KEY("basket_id","action_id")
);
--> statement-breakpoint
CREATE TABLE "baskets"."corporate_action" (
	"action_id" text PRIMARY KEY NOT NULL,
	"symbol" text NOT NULL,
	"kind" text NOT NULL,
	"ex_date" date NOT NULL,
	"terms" jsonb NOT NULL,
	"announced_by" text NOT NULL,
	"announced_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "baskets"."daily_level" (
	"basket_id" text NOT NULL,
	"business_date" date NOT NULL,
	"revision" integer NOT NULL,
	"level" bigint NOT NULL,
	"gross_level" bigint,
	"net_level" bigint,
	"version_number" integer NOT NULL,
	"divisor" numeric(60, 24) NOT NULL,
	"quality" text NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	CONSTRAINT "daily_level_pkey" PRIMARY KEY("basket_id","business_date","revision")
);
--> statement-breakpoint
CREATE TABLE "baskets"."level_restatement" (
	"basket_id" text NOT NULL,
	"business_date" date NOT NULL,
	"revision" integer NOT NULL,
	"old_level" bigint NOT NULL,
	"new_level" bigint NOT NULL,
	"kind" text NOT NULL,
	"cause" text NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	CONSTRAINT "level_restatement_pkey" PRIMARY KEY("basket_id","business_date","revision")
);
--> statement-breakpoint
CREATE TABLE "baskets"."level_rollup" (
	"basket_id" text NOT NULL,
	"period" text NOT NULL,
	"period_start" date NOT NULL,
	"open" bigint NOT NULL,
	"high" bigint NOT NULL,
	"low" bigint NOT NULL,
	"close" bigint NOT NULL,
	"previous_close" bigint,
	"open_at" timestamptz NOT NULL,
	"close_at" timestamptz NOT NULL,
	"level_count" integer NOT NULL,
	"updated_at" timestamptz NOT NULL,
	CONSTRAINT "level_rollup_pkey" PRIMARY KEY("basket_id","period","period_start")
);
--> statement-breakpoint
CREATE TABLE "baskets"."approval" (
	"basket_id" text NOT NULL,
	"submission" integer NOT NULL,
	"approver" text NOT NULL,
	"approver_roles" text[] NOT NULL,
	"on_behalf_of" text,
	"version_number" integer NOT NULL,
	"version_hash" text NOT NULL,
	"approved_at" timestamptz NOT NULL,
	CONSTRAINT "approval_pkey" PRIMARY KEY("basket_id","submission","approver")
);
--> statement-breakpoint
CREATE TABLE "baskets"."approval_request" (
	"basket_id" text NOT NULL,
	"submission" integer NOT NULL,
	"version_number" integer NOT NULL,
	"version_hash" text NOT NULL,
	"submitted_by" text NOT NULL,
	"submitted_at" timestamptz NOT NULL,
	"expires_at" timestamptz NOT NULL,
	"required" integer NOT NULL,
	"status" text NOT NULL,
	"closed_at" timestamptz,
	CONSTRAINT "approval_request_pkey" PRIMARY KEY("basket_id","submission")
);
--> statement-breakpoint
CREATE TABLE "baskets"."backtest" (
	"backtest_id" text PRIMARY KEY NOT NULL,
	"basket_id" text NOT NULL,
	"version_number" integer NOT NULL,
	"version_hash" text NOT NULL,
	"params" jsonb NOT NULL,
	"from_date" date NOT NULL,
	"to_date" date NOT NULL,
	"inputs_hash" text,
	"data_snapshot" text,
	"status" text NOT NULL,
	"progress" double precision DEFAULT 0 NOT NULL,
	"result" jsonb,
	"warnings" text[] DEFAULT '{}'::text[] NOT NULL,
	"error" text,
	"same_as" text,
	"superseded_because" text,
	"requested_by" text NOT NULL,
	"queued_at" timestamptz NOT NULL,
	"started_at" timestamptz,
	"ended_at" timestamptz,
	"heartbeat_at" timestamptz,
	"runner" text
);
--> statement-breakpoint
CREATE TABLE "baskets"."delisting" (
	"basket_id" text NOT NULL,
	"number" integer NOT NULL,
	"last_date" date NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamptz NOT NULL,
	"confirmed_by" text,
	"confirmed_at" timestamptz,
	"cancel_requested_by" text,
	"cancel_confirmed_by" text,
	"is_forced" boolean DEFAULT false NOT NULL,
	"completed_at" timestamptz,
	CONSTRAINT "delisting_pkey" PRIMARY KEY("basket_id","number")
);
--> statement-breakpoint
CREATE TABLE "baskets"."timer" (
	"basket_id" text NOT NULL,
	"code" text NOT NULL,
	"kind" text NOT NULL,
	"due_at" timestamptz NOT NULL,
	"version_number" integer,
	"payload" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "timer_pkey" PRIMARY KEY("basket_id","kind")
);
--> statement-breakpoint
CREATE TABLE "baskets"."version_editor" (
	"basket_id" text NOT NULL,
	"version_number" integer NOT NULL,
	"actor" text NOT NULL,
	CONSTRAINT "version_editor_pkey" PRIMARY KEY("basket_id","version_number","actor")
);
--> statement-breakpoint
CREATE TABLE "baskets"."sla_breach" (
	"breach_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"basket_id" text NOT NULL,
	"vendor" text,
	"limit_ms" integer NOT NULL,
	"actual_ms" integer NOT NULL,
	"detail" text,
	"occurred_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "baskets"."vendor_channel" (
	"vendor" text NOT NULL,
	"basket_id" text NOT NULL,
	"last_sequence" bigint NOT NULL,
	"last_sent_at" timestamptz,
	"last_acked_sequence" bigint,
	"last_acked_at" timestamptz,
	CONSTRAINT "vendor_channel_pkey" PRIMARY KEY("vendor","basket_id")
);
--> statement-breakpoint
CREATE TABLE "baskets"."vendor_listing" (
	"basket_id" text NOT NULL,
	"vendor" text NOT NULL,
	"status" text NOT NULL,
	"is_mandatory" boolean NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"vendor_id" text,
	"reason" text,
	"updated_at" timestamptz NOT NULL,
	CONSTRAINT "vendor_listing_pkey" PRIMARY KEY("basket_id","vendor")
);
--> statement-breakpoint
CREATE TABLE "baskets"."vendor_publication" (
	"vendor" text NOT NULL,
	"basket_id" text NOT NULL,
	"sequence" bigint NOT NULL,
	"post_id" bigint NOT NULL,
	"level" bigint NOT NULL,
	"quality" text NOT NULL,
	"valued_at" timestamptz NOT NULL,
	"sent_at" timestamptz NOT NULL,
	"acked_at" timestamptz,
	"nak" text,
	"attempts" integer DEFAULT 1 NOT NULL,
	"endpoint" text NOT NULL,
	CONSTRAINT "vendor_publication_pkey" PRIMARY KEY("vendor","basket_id","sequence"),
	CONSTRAINT "vendor_publication_post" UNIQUE("vendor","post_id")
);
--> statement-breakpoint
CREATE TABLE "baskets"."vendor_reconciliation" (
	"vendor" text NOT NULL,
	"business_date" date NOT NULL,
	"sent" integer NOT NULL,
	"acked" integer NOT NULL,
	"refused" integer NOT NULL,
	"unanswered" integer NOT NULL,
	"breaks" jsonb NOT NULL,
	"reconciled_at" timestamptz NOT NULL,
	CONSTRAINT "vendor_reconciliation_pkey" PRIMARY KEY("vendor","business_date")
);
--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "pending_version" integer;--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "delegates" text[];--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "notional" numeric(38, 8);--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "launch_at" timestamptz;--> statement-breakpoint
ALTER TABLE "baskets"."basket" ADD COLUMN "state_since" timestamptz DEFAULT clock_timestamp() NOT NULL;--> statement-breakpoint
ALTER TABLE "baskets"."basket_version" ADD COLUMN "origin" text DEFAULT 'EDIT' NOT NULL;--> statement-breakpoint
ALTER TABLE "baskets"."basket_version" ADD COLUMN "effective_date" date;--> statement-breakpoint
ALTER TABLE "baskets"."basket_version" ADD COLUMN "effective_at" timestamptz;--> statement-breakpoint
CREATE INDEX "corporate_action_by_day" ON "baskets"."corporate_action" USING btree ("ex_date","symbol");--> statement-breakpoint
CREATE INDEX "approval_request_by_version" ON "baskets"."approval_request" USING btree ("basket_id","version_number");--> statement-breakpoint
CREATE INDEX "backtest_by_basket" ON "baskets"."backtest" USING btree ("basket_id","queued_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "backtest_waiting" ON "baskets"."backtest" USING btree ("queued_at") WHERE status in ('QUEUED', 'RUNNING');--> statement-breakpoint
CREATE INDEX "backtest_by_inputs" ON "baskets"."backtest" USING btree ("inputs_hash");--> statement-breakpoint
CREATE INDEX "timer_by_due" ON "baskets"."timer" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "sla_breach_by_time" ON "baskets"."sla_breach" USING btree ("occurred_at");--> statement-breakpoint
CREATE INDEX "sla_breach_by_basket" ON "baskets"."sla_breach" USING btree ("basket_id","occurred_at");--> statement-breakpoint
CREATE INDEX "vendor_publication_by_time" ON "baskets"."vendor_publication" USING btree ("sent_at");