CREATE SCHEMA "baskets";
--> statement-breakpoint
CREATE TABLE "baskets"."basket" (
	"basket_id" text PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"currency" text NOT NULL,
	"base_level" bigint NOT NULL,
	"state" text NOT NULL,
	"current_version" integer NOT NULL,
	"event_version" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamptz NOT NULL,
	"updated_at" timestamptz NOT NULL,
	CONSTRAINT "basket_code" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "baskets"."basket_version" (
	"basket_id" text NOT NULL,
	"number" integer NOT NULL,
	"status" text NOT NULL,
	"weighting" text NOT NULL,
	"hash" text NOT NULL,
	"divisor" numeric(60, 24),
	"based_level" bigint,
	"based_at" timestamptz,
	"edited_by" text NOT NULL,
	"created_at" timestamptz NOT NULL,
	CONSTRAINT "basket_version_pkey" PRIMARY KEY("basket_id","number")
);
--> statement-breakpoint
CREATE TABLE "baskets"."command" (
	"actor" text NOT NULL,
	"command_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"basket_id" text,
	"transition_number" integer,
	"refusal" text,
	"message" text,
	"recorded_at" timestamptz NOT NULL,
	CONSTRAINT "command_pkey" PRIMARY KEY("actor","command_id")
);
--> statement-breakpoint
CREATE TABLE "baskets"."constituent" (
	"basket_id" text NOT NULL,
	"version_number" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"symbol" text NOT NULL,
	"instrument_id" text NOT NULL,
	"currency" text NOT NULL,
	"weight" bigint NOT NULL,
	"units" bigint,
	CONSTRAINT "constituent_pkey" PRIMARY KEY("basket_id","version_number","ordinal")
);
--> statement-breakpoint
CREATE TABLE "baskets"."event_store" (
	"basket_id" text NOT NULL,
	"event_version" integer NOT NULL,
	"event_type" text NOT NULL,
	"schema_version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"actor" text NOT NULL,
	"correlation_id" text NOT NULL,
	"command_id" text,
	"recorded_at" timestamptz NOT NULL,
	CONSTRAINT "event_store_pkey" PRIMARY KEY("basket_id","event_version")
);
--> statement-breakpoint
CREATE TABLE "baskets"."level" (
	"basket_id" text NOT NULL,
	"slot_at" timestamptz NOT NULL,
	"level" bigint NOT NULL,
	"version_number" integer NOT NULL,
	"divisor" numeric(60, 24) NOT NULL,
	"as_of" timestamptz NOT NULL,
	"fx_fixed_on" text,
	"stale_weight" bigint NOT NULL,
	"quality" text NOT NULL,
	"sequence" bigint NOT NULL,
	"recorded_at" timestamptz DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "level_pkey" PRIMARY KEY("basket_id","slot_at")
);
--> statement-breakpoint
CREATE TABLE "baskets"."transition" (
	"basket_id" text NOT NULL,
	"number" integer NOT NULL,
	"event" text NOT NULL,
	"from_state" text,
	"to_state" text NOT NULL,
	"version_number" integer NOT NULL,
	"version_hash" text NOT NULL,
	"actor" text NOT NULL,
	"actor_roles" text[] NOT NULL,
	"on_behalf_of" text,
	"comment" text,
	"refusal" text,
	"command_id" text,
	"correlation_id" text NOT NULL,
	"recorded_at" timestamptz NOT NULL,
	"previous_hash" text,
	"hash" text NOT NULL,
	CONSTRAINT "transition_pkey" PRIMARY KEY("basket_id","number")
);
--> statement-breakpoint
CREATE INDEX "basket_by_state" ON "baskets"."basket" USING btree ("state");--> statement-breakpoint
CREATE INDEX "constituent_by_instrument" ON "baskets"."constituent" USING btree ("instrument_id");