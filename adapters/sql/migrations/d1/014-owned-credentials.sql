create table if not exists "owned_credential" ("id" text not null primary key, "user_id" text not null, "due_at" text not null);
create index if not exists "owned_credential_by_due" on "owned_credential" ("due_at");
insert into owned_credential (id, user_id, due_at)
      select cloud_credential_id, min(user_id), max(coalesce(revoked_at, expires_at, '9999-12-31T23:59:59.999Z')) from api_key
      where owns_cloud_credential = 1 and cloud_credential_id is not null and user_id is not null
      group by cloud_credential_id on conflict (id) do nothing;
alter table "api_key" add column "maker_id" text;
create index if not exists "api_key_by_maker" on "api_key" ("maker_id");
