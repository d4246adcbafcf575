create table if not exists "idempotency" ("scope" text not null primary key, "fingerprint" text not null, "run_id" text not null, "resumed" integer not null, "lease_until" text not null, "sealed_answer" blob, "created_at" text not null, "expires_at" text not null);
create index if not exists "idempotency_by_end" on "idempotency" ("expires_at");
