CREATE SCHEMA "orders";
--> statement-breakpoint
CREATE TABLE "orders"."cash_account" (
	"account_id" text NOT NULL,
	"currency" text NOT NULL,
	"balance" numeric(38, 8) NOT NULL,
	"reserved" numeric(38, 8) NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "cash_account_pkey" PRIMARY KEY("account_id","currency"),
	CONSTRAINT "cash_account_covered" CHECK (reserved >= 0 and balance >= reserved)
);
--> statement-breakpoint
CREATE TABLE "orders"."cash_ledger" (
	"stream_id" text NOT NULL,
	"stream_version" integer NOT NULL,
	"line" integer NOT NULL,
	"account_id" text NOT NULL,
	"currency" text NOT NULL,
	"ledger_account" text NOT NULL,
	"debit" numeric(38, 8) NOT NULL,
	"credit" numeric(38, 8) NOT NULL,
	"reference" text NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "cash_ledger_pkey" PRIMARY KEY("stream_id","stream_version","line"),
	CONSTRAINT "cash_ledger_one_sided" CHECK (debit >= 0 and credit >= 0 and (debit = 0) <> (credit = 0))
);
--> statement-breakpoint
CREATE TABLE "orders"."command_log" (
	"command_id" text PRIMARY KEY NOT NULL,
	"command" text NOT NULL,
	"content_hash" text NOT NULL,
	"answer" jsonb NOT NULL,
	"user_id" text NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders"."event_store" (
	"stream_id" text NOT NULL,
	"stream_version" integer NOT NULL,
	"event_type" text NOT NULL,
	"schema_version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"user_id" text NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "event_store_pkey" PRIMARY KEY("stream_id","stream_version")
);
--> statement-breakpoint
CREATE TABLE "orders"."execution" (
	"exec_id" text PRIMARY KEY NOT NULL,
	"order_id" text NOT NULL,
	"execution_no" integer NOT NULL,
	"exec_type" text NOT NULL,
	"exec_ref_id" text,
	"account_id" text NOT NULL,
	"book_id" text NOT NULL,
	"symbol" text NOT NULL,
	"currency" text NOT NULL,
	"side" text NOT NULL,
	"last_qty" bigint NOT NULL,
	"last_px" bigint NOT NULL,
	"ord_status" text NOT NULL,
	"cum_qty" bigint NOT NULL,
	"leaves_qty" bigint NOT NULL,
	"avg_px" bigint,
	"trade_date" date NOT NULL,
	"transact_time" timestamptz NOT NULL,
	"position_status" text NOT NULL,
	"position_refusal" text,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "execution_by_order" UNIQUE("order_id","execution_no")
);
--> statement-breakpoint
CREATE TABLE "orders"."order_snapshot" (
	"order_id" text PRIMARY KEY NOT NULL,
	"arrival" bigint GENERATED ALWAYS AS IDENTITY (sequence name "orders"."order_snapshot_arrival_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"version" integer NOT NULL,
	"cl_ord_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"account_id" text NOT NULL,
	"book_id" text NOT NULL,
	"symbol" text NOT NULL,
	"instrument_id" text,
	"currency" text,
	"side" text NOT NULL,
	"ord_type" text NOT NULL,
	"time_in_force" text NOT NULL,
	"order_qty" numeric(38, 8) NOT NULL,
	"price" numeric(38, 8),
	"stop_px" numeric(38, 8),
	"protection_px" numeric(38, 8),
	"ord_status" text NOT NULL,
	"cum_qty" bigint NOT NULL,
	"leaves_qty" numeric(38, 8) NOT NULL,
	"avg_px" bigint,
	"execution_count" integer NOT NULL,
	"checks" jsonb NOT NULL,
	"reject_reason" text,
	"reject_message" text,
	"alarm" text,
	"trade_date" date NOT NULL,
	"expires_on" date NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	"updated_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "order_by_cl_ord_id" UNIQUE("cl_ord_id"),
	CONSTRAINT "order_by_arrival" UNIQUE("arrival")
);
--> statement-breakpoint
CREATE INDEX "cash_ledger_by_account" ON "orders"."cash_ledger" USING btree ("account_id","currency");--> statement-breakpoint
CREATE INDEX "execution_unconfirmed" ON "orders"."execution" USING btree ("account_id","book_id","symbol") WHERE position_status <> 'APPLIED';--> statement-breakpoint
CREATE INDEX "order_by_account" ON "orders"."order_snapshot" USING btree ("account_id","arrival");--> statement-breakpoint
CREATE INDEX "order_open" ON "orders"."order_snapshot" USING btree ("account_id","book_id","symbol") WHERE leaves_qty > 0;