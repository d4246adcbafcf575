/** Scopes of keys from before volumes and images had scopes of their own, and what they become. */
export const OLD_SCOPES: readonly (readonly [before: readonly string[], after: readonly string[]])[] = [
  [
    ['instances:read', 'instances:write', 'network:write', 'keypairs:write'],
    ['instances:read', 'instances:write', 'network:write', 'keypairs:write', 'volumes:write', 'images:write'],
  ],
  [
    ['instances:write', 'admin'],
    ['instances:write', 'volumes:write', 'images:write', 'admin'],
  ],
  [['instances:write'], ['instances:write', 'volumes:write', 'images:write']],
  [
    ['instances:read', 'network:write', 'admin'],
    ['instances:read', 'network:write', 'admin'],
  ],
];

/** Copies of the key "a" of the first migration's fixture, named by their index. */
export function oldKeys(): string {
  const columns = `family_id, name, project_id, user_id, kind, cloud_credential_id, owns_cloud_credential, secret_hash, last_four,
    sealed_credential, plan, allowed_cidrs, created_at, disabled, change_id`;
  return OLD_SCOPES.map(
    ([before], index) =>
      `insert into api_key (id, scopes, ${columns}) select '${index}', '${JSON.stringify(before)}', ${columns} from api_key where id = 'a';`,
  ).join('\n');
}
