create table if not exists "revoked_token" ("owner" text not null, "id" text not null, "expires_at" text not null, constraint "revoked_token_key" primary key ("owner", "id"));
create index if not exists "revoked_token_by_expiry" on "revoked_token" ("expires_at");
create index if not exists "audit_entry_by_time" on "audit_entry" ("at");
