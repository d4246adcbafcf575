import type { AuditEntry } from '../../../src/access/audit.ts';
import type { KeyStore, StoredKey } from '../../../src/access/key-store.ts';

/** A key of project `acme` without an expiry, with the fields in `differs`. */
export function storedKey(id: string, differs: Partial<StoredKey> = {}): StoredKey {
  return {
    id,
    familyId: id,
    name: `key ${id}`,
    projectId: 'acme',
    userId: 'acme-user',
    kind: 'application_credential',
    cloudCredentialId: `credential-of-${id}`,
    ownsCloudCredential: true,
    credentialExpiresAt: null,
    secretHash: Uint8Array.from({ length: 32 }, (_, index) => index * 8),
    lastFour: 'Wxyz',
    // All byte values, including zero and invalid UTF-8.
    sealedCredential: Uint8Array.from({ length: 256 }, (_, index) => index),
    scopes: ['instances:read', 'keypairs:write'],
    plan: 'default',
    allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'],
    allowedOrigins: ['https://app.example.org', 'http://localhost:5173'],
    regions: null,
    description: null,
    roles: null,
    accessRules: null,
    makerId: null,
    createdAt: '2026-03-01T10:00:00.000Z',
    expiresAt: null,
    disabled: false,
    revokedAt: null,
    successorId: null,
    sealedUnder: null,
    lastUsedAt: null,
    ...differs,
  };
}

export function auditEntry(differs: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: '2026-03-01T10:00:00.000Z',
    actor: 'admin',
    action: 'key.create',
    keyId: null,
    address: '192.0.2.7',
    requestId: 'req-1',
    detail: '',
    ...differs,
  };
}

/** A service key, without a customer's credential. */
export const SERVICE = {
  kind: 'service',
  userId: null,
  cloudCredentialId: null,
  ownsCloudCredential: false,
} as const;

/** All keys, read in pages of `size`. */
export async function allKeys(store: KeyStore, size = 100): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  for (;;) {
    const page = await store.list({}, { limit: size, after: keys.at(-1) ?? null });
    keys.push(...page);
    if (page.length < size) return keys;
  }
}

/** `count` ids, ascending as the store orders them: digits, then capitals, then small letters. */
export function orderedIds(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`.padStart(6, '0')).sort();
}
