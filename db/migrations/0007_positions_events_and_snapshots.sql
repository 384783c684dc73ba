CREATE SCHEMA "positions";
--> statement-breakpoint
CREATE TABLE "positions"."dead_letter" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"request_hash" text NOT NULL,
	"trade_id" text NOT NULL,
	"reason" text NOT NULL,
	"message" text NOT NULL,
	"payload" jsonb NOT NULL,
	"source" text NOT NULL,
	"user_id" text NOT NULL,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"times_refused" integer DEFAULT 1 NOT NULL,
	"first_refused_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"last_refused_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "dead_letter_once" UNIQUE("request_hash","reason")
);
--> statement-breakpoint
CREATE TABLE "positions"."event_store" (
	"position_key" text NOT NULL,
	"event_ver" integer NOT NULL,
	"event_type" text NOT NULL,
	"schema_ver" smallint NOT NULL,
	"effective_date" date NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	"executed_at" timestamptz,
	"trade_id" text,
	"uti" text,
	"side" text,
	"quantity" bigint,
	"price" bigint,
	"fees" numeric(38, 8),
	"payload" jsonb NOT NULL,
	"meta_lots" jsonb,
	"contract_id" text,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"user_id" text NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "event_store_pkey" PRIMARY KEY("position_key","event_ver")
) PARTITION BY HASH ("position_key");
--> statement-breakpoint
CREATE TABLE "positions"."idempotency_store" (
	"trade_id" text PRIMARY KEY NOT NULL,
	"request_hash" text NOT NULL,
	"position_key" text NOT NULL,
	"event_ver" integer NOT NULL,
	"classification" text NOT NULL,
	"uti" text NOT NULL,
	"recorded_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE "positions"."snapshot_store" (
	"position_key" text PRIMARY KEY NOT NULL,
	"book_id" text NOT NULL,
	"account_id" text NOT NULL,
	"contract_id" text,
	"instrument_id" text NOT NULL,
	"symbol" text NOT NULL,
	"currency" text NOT NULL,
	"lane" text NOT NULL,
	"last_ver" integer NOT NULL,
	"quantity" bigint NOT NULL,
	"cost_basis" numeric(38, 8) NOT NULL,
	"realized_pnl" numeric(38, 8) NOT NULL,
	"lot_count" integer NOT NULL,
	"lots" jsonb,
	"relief_method" text NOT NULL,
	"reconciliation_status" text NOT NULL,
	"pending_backdated" integer NOT NULL,
	"last_effective_date" date,
	"last_recorded_at" timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX "dead_letter_by_time" ON "positions"."dead_letter" USING btree ("last_refused_at","id");--> statement-breakpoint
CREATE INDEX "snapshot_by_book" ON "positions"."snapshot_store" USING btree ("book_id","position_key");--> statement-breakpoint
CREATE INDEX "snapshot_by_account" ON "positions"."snapshot_store" USING btree ("account_id","position_key");--> statement-breakpoint
CREATE INDEX "snapshot_by_symbol" ON "positions"."snapshot_store" USING btree ("symbol","position_key");