CREATE SCHEMA "platform";
--> statement-breakpoint
CREATE TABLE "platform"."consumer_member" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" bigint NOT NULL,
	"topic" text NOT NULL,
	"consumer_group" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."consumer_offset" (
	"topic" text NOT NULL,
	"consumer_group" text NOT NULL,
	"partition" smallint NOT NULL,
	"xid" "xid8" NOT NULL,
	"id" bigint NOT NULL,
	CONSTRAINT "consumer_offset_pkey" PRIMARY KEY("topic","consumer_group","partition")
);
--> statement-breakpoint
CREATE TABLE "platform"."dead_letter" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "platform"."dead_letter_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"consumer_group" text NOT NULL,
	"xid" "xid8" NOT NULL,
	"record_id" bigint NOT NULL,
	"topic" text NOT NULL,
	"partition" smallint NOT NULL,
	"key" text NOT NULL,
	"type" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"recorded_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"attempts" integer NOT NULL,
	"failed_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"retry_requested_at" timestamp with time zone,
	CONSTRAINT "dead_letter_once" UNIQUE("consumer_group","topic","xid","record_id")
);
--> statement-breakpoint
CREATE TABLE "platform"."lease" (
	"name" text PRIMARY KEY NOT NULL,
	"session_id" bigint,
	"fencing_token" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."lease_session" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "platform"."lease_session_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"holder" text NOT NULL,
	"ttl_ms" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "platform"."outbox" (
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "platform"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"topic" text NOT NULL,
	"partition" smallint NOT NULL,
	"key" text NOT NULL,
	"type" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"correlation_id" text NOT NULL,
	"causation_id" text,
	"recorded_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "outbox_pkey" PRIMARY KEY("xid","id")
);
--> statement-breakpoint
CREATE TABLE "platform"."relay_cursor" (
	"broker" text PRIMARY KEY NOT NULL,
	"xid" "xid8" NOT NULL,
	"id" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "platform"."consumer_member" ADD CONSTRAINT "consumer_member_session_id_lease_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "platform"."lease_session"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "platform"."lease" ADD CONSTRAINT "lease_session_id_lease_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "platform"."lease_session"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consumer_member_by_group" ON "platform"."consumer_member" USING btree ("topic","consumer_group");--> statement-breakpoint
CREATE INDEX "consumer_member_by_session" ON "platform"."consumer_member" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "dead_letter_retries" ON "platform"."dead_letter" USING btree ("topic","consumer_group") WHERE retry_requested_at is not null;--> statement-breakpoint
CREATE INDEX "lease_by_session" ON "platform"."lease" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "outbox_by_partition" ON "platform"."outbox" USING btree ("topic","partition","xid","id");