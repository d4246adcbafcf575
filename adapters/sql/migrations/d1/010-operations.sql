create table if not exists "lease" ("name" text not null primary key, "holder" text not null, "until" text not null);
create table if not exists "reconcile_run" ("id" text not null primary key, "started_by" text not null, "node" text not null, "started_at" text not null, "seen_at" text not null, "finished_at" text, "outcome" text, "projects" integer not null, "skipped" integer not null, "failed" integer not null, "released" integer not null, "error" text);
create index if not exists "reconcile_run_by_start" on "reconcile_run" ("started_at", "id");
create table if not exists "node" ("id" text not null primary key, "name" text not null, "version" text not null, "started_at" text not null, "seen_at" text not null, "report" text not null);
