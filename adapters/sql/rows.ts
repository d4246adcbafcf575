import type { AuditAction, AuditEntry, AuditRecord } from '../../src/access/audit.ts';
import type { KeyChange, StoredKey } from '../../src/access/key-store.ts';
import type { Scope } from '../../src/scopes.ts';
import type { ApiKeyRow, AuditEntryRow } from './schema.ts';

export function keyToRow(key: StoredKey, changeId: string): ApiKeyRow {
  return {
    id: key.id,
    family_id: key.familyId,
    name: key.name,
    project_id: key.projectId,
    user_id: key.userId,
    kind: key.kind,
    cloud_credential_id: key.cloudCredentialId,
    owns_cloud_credential: Number(key.ownsCloudCredential),
    credential_expires_at: storedTimeOrNull(key.credentialExpiresAt),
    secret_hash: key.secretHash,
    last_four: key.lastFour,
    sealed_credential: key.sealedCredential,
    sealed_under: key.sealedUnder,
    scopes: JSON.stringify(key.scopes),
    plan: key.plan,
    allowed_cidrs: JSON.stringify(key.allowedCidrs),
    allowed_origins: JSON.stringify(key.allowedOrigins),
    regions: regionsToColumn(key.regions),
    description: key.description,
    roles: listOrNull(key.roles),
    access_rules: listOrNull(key.accessRules),
    maker_id: key.makerId,
    created_at: storedTime(key.createdAt),
    expires_at: storedTimeOrNull(key.expiresAt),
    disabled: Number(key.disabled),
    revoked_at: storedTimeOrNull(key.revokedAt),
    successor_id: key.successorId,
    last_used_at: storedTimeOrNull(key.lastUsedAt),
    change_id: changeId,
  };
}

export function rowToKey(row: ApiKeyRow): StoredKey {
  return {
    id: row.id,
    familyId: row.family_id,
    name: row.name,
    projectId: row.project_id,
    userId: row.user_id,
    kind: row.kind as StoredKey['kind'],
    cloudCredentialId: row.cloud_credential_id,
    ownsCloudCredential: row.owns_cloud_credential !== 0,
    credentialExpiresAt: row.credential_expires_at,
    // Drivers return a Buffer, a Uint8Array or an array of numbers.
    secretHash: new Uint8Array(row.secret_hash),
    lastFour: row.last_four,
    sealedCredential: new Uint8Array(row.sealed_credential),
    sealedUnder: row.sealed_under,
    scopes: JSON.parse(row.scopes) as Scope[],
    plan: row.plan,
    allowedCidrs: JSON.parse(row.allowed_cidrs) as string[],
    allowedOrigins: JSON.parse(row.allowed_origins) as string[],
    regions: row.regions === null ? null : (JSON.parse(row.regions) as string[]),
    description: row.description,
    roles: row.roles === null ? null : (JSON.parse(row.roles) as StoredKey['roles']),
    accessRules:
      row.access_rules === null ? null : (JSON.parse(row.access_rules) as StoredKey['accessRules']),
    makerId: row.maker_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    disabled: row.disabled !== 0,
    revokedAt: row.revoked_at,
    successorId: row.successor_id,
    lastUsedAt: row.last_used_at,
  };
}

/** Only the columns that `change` names. */
export function changeToRow(change: KeyChange): Partial<ApiKeyRow> {
  return {
    ...(change.name !== undefined && { name: change.name }),
    ...(change.scopes !== undefined && { scopes: JSON.stringify(change.scopes) }),
    ...(change.plan !== undefined && { plan: change.plan }),
    ...(change.allowedCidrs !== undefined && { allowed_cidrs: JSON.stringify(change.allowedCidrs) }),
    ...(change.allowedOrigins !== undefined && { allowed_origins: JSON.stringify(change.allowedOrigins) }),
    ...(change.regions !== undefined && { regions: regionsToColumn(change.regions) }),
    ...(change.expiresAt !== undefined && { expires_at: storedTimeOrNull(change.expiresAt) }),
    ...(change.disabled !== undefined && { disabled: Number(change.disabled) }),
  };
}

function regionsToColumn(regions: StoredKey['regions']): string | null {
  return regions && JSON.stringify(regions);
}

/** Without the sequence, which the statement computes. */
export function auditToRow(entry: AuditEntry): Omit<AuditEntryRow, 'sequence'> {
  return {
    at: storedTime(entry.at),
    actor: entry.actor,
    action: entry.action,
    key_id: entry.keyId,
    address: entry.address,
    request_id: entry.requestId,
    detail: entry.detail,
  };
}

export function rowToAudit(row: AuditEntryRow): AuditRecord {
  return {
    sequence: Number(row.sequence),
    at: row.at,
    actor: row.actor,
    action: row.action as AuditAction,
    keyId: row.key_id,
    address: row.address,
    requestId: row.request_id,
    detail: row.detail,
  };
}

/** One format, so that text order is time order. @throws RangeError for a year without four digits. */
export function storedTime(time: string): string {
  const stored = new Date(time).toISOString();
  if (stored.length !== '2026-01-01T00:00:00.000Z'.length)
    throw new RangeError(`not a time to store: ${time}`);
  return stored;
}

function listOrNull(list: readonly unknown[] | null): string | null {
  return list === null ? null : JSON.stringify(list);
}

function storedTimeOrNull(time: string | null): string | null {
  return time === null ? null : storedTime(time);
}
