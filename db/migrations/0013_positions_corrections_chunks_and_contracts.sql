CREATE TABLE "positions"."checkpoint" (
	"position_key" text NOT NULL,
	"event_ver" integer NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	"last_effective_date" date,
	"state" jsonb NOT NULL,
	CONSTRAINT "checkpoint_pkey" PRIMARY KEY("position_key","event_ver")
);
--> statement-breakpoint
CREATE TABLE "positions"."contract" (
	"contract_id" text NOT NULL,
	"version" integer NOT NULL,
	"relief_method" text NOT NULL,
	"effective_from" date NOT NULL,
	"long_only" boolean NOT NULL,
	"wash_sales" boolean NOT NULL,
	"books_closed_before" date,
	"defined_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"user_id" text NOT NULL,
	"correlation_id" text NOT NULL,
	"method_applied_at" timestamptz,
	CONSTRAINT "contract_pkey" PRIMARY KEY("contract_id","version")
);
--> statement-breakpoint
CREATE TABLE "positions"."contract_pending" (
	"trade_id" text PRIMARY KEY NOT NULL,
	"position_key" text NOT NULL,
	"event_ver" integer NOT NULL,
	"classification" text NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"last_error" text,
	"outcome" text,
	"uti" text,
	"settled_at" timestamptz
);
--> statement-breakpoint
CREATE TABLE "positions"."dead_letter_attempt" (
	"command_id" text PRIMARY KEY NOT NULL,
	"dead_letter_id" uuid NOT NULL,
	"action" text NOT NULL,
	"request_hash" text NOT NULL,
	"payload" jsonb,
	"comment" text,
	"user_id" text NOT NULL,
	"correlation_id" text NOT NULL,
	"started_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"ended_at" timestamptz,
	"outcome" text,
	"reason" text,
	"message" text,
	"trade_id" text,
	"position_key" text,
	"event_ver" integer
);
--> statement-breakpoint
CREATE TABLE "positions"."lot_chunk" (
	"position_key" text NOT NULL,
	"chunk_no" integer NOT NULL,
	"lots" jsonb NOT NULL,
	CONSTRAINT "lot_chunk_pkey" PRIMARY KEY("position_key","chunk_no")
);
--> statement-breakpoint
ALTER TABLE "positions"."idempotency_store" RENAME COLUMN "trade_id" TO "command_id";--> statement-breakpoint
DROP INDEX "positions"."dead_letter_by_time";--> statement-breakpoint
ALTER TABLE "positions"."idempotency_store" ALTER COLUMN "classification" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."idempotency_store" ALTER COLUMN "uti" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "status" text DEFAULT 'OPEN' NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "next_attempt_at" timestamptz;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "claimed_by" text;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "claimed_at" timestamptz;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "resolved_at" timestamptz;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "resolved_by" text;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "resolution" text;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "retried_as" text;--> statement-breakpoint
ALTER TABLE "positions"."dead_letter" ADD COLUMN "successor_id" uuid;--> statement-breakpoint
ALTER TABLE "positions"."event_store" ADD COLUMN "event_hash" text;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "cycle_realized_pnl" numeric(38, 8) DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "next_lot_serial" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "status_reason" text;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "provisional_since" timestamptz;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "pending_forward" jsonb;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "next_forward_date" date;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "memory" jsonb;--> statement-breakpoint
ALTER TABLE "positions"."snapshot_store" ADD COLUMN "last_hash" text;--> statement-breakpoint
CREATE INDEX "contract_method_due" ON "positions"."contract" USING btree ("effective_from") WHERE method_applied_at is null;--> statement-breakpoint
CREATE INDEX "contract_pending_due" ON "positions"."contract_pending" USING btree ("next_attempt_at") WHERE settled_at is null;--> statement-breakpoint
CREATE INDEX "dead_letter_attempt_by_letter" ON "positions"."dead_letter_attempt" USING btree ("dead_letter_id","started_at","command_id");--> statement-breakpoint
CREATE INDEX "dead_letter_listed" ON "positions"."dead_letter" USING btree ("first_refused_at","id");--> statement-breakpoint
CREATE INDEX "dead_letter_due" ON "positions"."dead_letter" USING btree ("next_attempt_at") WHERE next_attempt_at is not null;--> statement-breakpoint
CREATE INDEX "dead_letter_unresolved" ON "positions"."dead_letter" USING btree ("first_refused_at","id") WHERE status in ('OPEN', 'IN_PROGRESS');--> statement-breakpoint
CREATE INDEX "dead_letter_by_trade" ON "positions"."dead_letter" USING btree ("trade_id");--> statement-breakpoint
CREATE INDEX "snapshot_by_contract" ON "positions"."snapshot_store" USING btree ("contract_id","position_key") WHERE contract_id is not null;--> statement-breakpoint
CREATE INDEX "snapshot_next_forward" ON "positions"."snapshot_store" USING btree ("next_forward_date","position_key") WHERE next_forward_date is not null;--> statement-breakpoint
CREATE INDEX "snapshot_provisional" ON "positions"."snapshot_store" USING btree ("provisional_since","position_key") WHERE provisional_since is not null;