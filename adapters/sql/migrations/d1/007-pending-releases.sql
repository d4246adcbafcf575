create table if not exists "pending_release" ("id" text not null primary key, "project_id" text not null, "due_at" text not null, "plan" text not null);
create index if not exists "pending_release_by_due" on "pending_release" ("due_at");
