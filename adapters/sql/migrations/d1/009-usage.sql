create table if not exists "usage_hour" ("start" text not null, "project_id" text not null, "key_id" text not null, "requests" integer not null, "points" integer not null, "client_errors" integer not null, "server_errors" integer not null, constraint "usage_hour_key" primary key ("start", "project_id", "key_id"));
create index if not exists "usage_hour_by_project" on "usage_hour" ("project_id", "start", "key_id");
create index if not exists "usage_hour_by_key" on "usage_hour" ("key_id", "start");
create index if not exists "audit_entry_by_key" on "audit_entry" ("key_id", "sequence");
