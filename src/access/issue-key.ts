import { wallMs, wallTime } from '../clock.ts';
import type { CloudCredential } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import type { AuditEntry } from './audit.ts';
import { assertBrowserScopes } from './browser-key.ts';
import { formatKey, generateKey } from './key-format.ts';
import {
  type CredentialDetails,
  isLive,
  type KeySeal,
  type KeyStore,
  type LiveKeyLimit,
  type StoredKey,
} from './key-store.ts';
import { hashKeySecret, type ServerSecret, seal } from './server-secret.ts';

/** What a key is made with, and its successors inherit. */
type InheritedFields = Omit<
  StoredKey,
  keyof KeySeal | 'id' | 'familyId' | 'lastFour' | 'createdAt' | keyof typeof FRESH
>;

/** What changes after a key was made. */
const FRESH = { disabled: false, revokedAt: null, successorId: null, lastUsedAt: null } as const;

const NO_DETAILS: CredentialDetails = { description: null, roles: null, accessRules: null, makerId: null };

export interface KeyRequest
  extends Omit<InheritedFields, 'kind' | 'cloudCredentialId' | 'userId' | keyof CredentialDetails>,
    Partial<CredentialDetails> {
  readonly credential: CloudCredential;
  /** The cloud's user of that credential; ignored for service keys, which act as the gateway's account, else required. */
  readonly userId: string | null;
}

export type Actor = Pick<AuditEntry, 'actor' | 'address' | 'requestId'>;

export interface IssuedKey {
  readonly key: StoredKey;
  /** Secret: returned to the caller once and never stored. */
  readonly text: string;
}

const SHOWN_CHARACTERS = 4;

/** Per user and project; revoked and expired keys do not count. */
const MAX_LIVE_KEYS = 100;

/** The limit on keys that a user creates without the operator. */
export function selfServiceLimit(): LiveKeyLimit {
  return { atMost: MAX_LIVE_KEYS, now: wallTime() };
}

export async function assertKeyQuota(
  keys: KeyStore,
  owner: Pick<StoredKey, 'projectId' | 'userId'>,
): Promise<void> {
  const { atMost, now } = selfServiceLimit();
  if ((await keys.countLive(owner, now)) >= atMost) throw tooManyKeys();
}

/** Keystone's rule for application credentials. @throws ComputeError `conflict`. */
export async function assertNameIsFree(
  keys: KeyStore,
  { projectId, userId, name }: Pick<StoredKey, 'projectId' | 'userId' | 'name'>,
): Promise<void> {
  const owner = userId === null ? { projectId, userId } : { userId };
  const found = await keys.list({ ...owner, name, liveAt: wallTime() }, { limit: 1, after: null });
  if (found.length > 0) throw new ComputeError('conflict', `You have an API key with the name "${name}".`);
}

/** A key must not outlive its credential. @throws ComputeError `invalid`. */
export function checkedExpiry(
  expiresAt: string | null,
  { credentialExpiresAt }: Pick<StoredKey, 'credentialExpiresAt'>,
): string | null {
  const isLater =
    credentialExpiresAt !== null &&
    (expiresAt === null || Date.parse(expiresAt) > Date.parse(credentialExpiresAt));
  if (!isLater) return expiresAt;
  throw ComputeError.field(
    'expires_at',
    `must not be after ${credentialExpiresAt}, when the application credential of this key expires`,
  );
}

function tooManyKeys(): ComputeError {
  return new ComputeError(
    'quota_exceeded',
    `You have ${MAX_LIVE_KEYS} API keys in this project, which is the limit: revoke one first.`,
  );
}

/**
 * Creates a key, seals its credential and stores it. The key is valid once this resolves.
 *
 * @throws ComputeError `invalid` for a browser key with write scopes; `quota_exceeded` beyond `limit`. Then nothing is stored.
 */
export async function issueKey(
  keys: KeyStore,
  secret: ServerSecret,
  request: KeyRequest,
  by: Actor,
  limit?: LiveKeyLimit,
): Promise<IssuedKey> {
  assertBrowserScopes(request);
  const { credential, ...rest } = request;
  const issued = await makeKey(secret, credential, null, {
    ...NO_DETAILS,
    ...rest,
    userId: ownerOf(request),
    expiresAt:
      request.expiresAt === null ? request.credentialExpiresAt : checkedExpiry(request.expiresAt, request),
    kind: credential.kind,
    cloudCredentialId: credential.kind === 'application_credential' ? credential.id : null,
  });
  const entry = auditEntry('key.create', issued.key.id, by, describeKey(issued.key));
  if (await keys.insert(issued.key, entry, limit)) return issued;
  if (limit?.isNameUnique) await assertNameIsFree(keys, issued.key);
  throw tooManyKeys();
}

/** Without its user a key would be a sibling of service keys, and its credential could not be deleted. */
function ownerOf({ credential, userId }: KeyRequest): string | null {
  if (credential.kind === 'service') return null;
  if (!userId) throw new Error(`a key with a credential of kind ${credential.kind} needs its user`);
  return userId;
}

/**
 * Creates a successor with the same rights; the old key expires after `overlapSeconds`. Rate limits count by family, so a
 * rotation resets none.
 *
 * @param credential Sealed again for the successor.
 * @throws ComputeError `conflict` if the key is revoked, expired or already rotated; `quota_exceeded` beyond `limit`.
 */
export async function rotateKey(
  keys: KeyStore,
  secret: ServerSecret,
  id: string,
  credential: CloudCredential,
  overlapSeconds: number,
  by: Actor,
  limit?: LiveKeyLimit,
): Promise<IssuedKey> {
  const now = wallMs();
  const key = await keys.find(id);
  if (key === null) throw notRotatable(id);
  const { key: successor, text } = await makeKey(secret, credential, key.familyId, key);
  const detail = `to ${successor.id}, the old key expires after ${overlapSeconds} s`;
  const rotated = await keys.rotate(
    id,
    successor,
    new Date(now + overlapSeconds * 1000).toISOString(),
    new Date(now).toISOString(),
    auditEntry('key.rotate', id, by, detail),
    limit,
  );
  if (!rotated) {
    const found = limit === undefined ? null : await keys.find(id);
    const isRotatable = found?.successorId === null && isLive(found, wallMs());
    throw isRotatable ? tooManyKeys() : notRotatable(id);
  }
  return { key: (await keys.find(successor.id)) ?? successor, text };
}

function notRotatable(id: string): ComputeError {
  return new ComputeError('conflict', `Key ${id} is revoked, expired or already rotated.`);
}

export function auditEntry(
  action: AuditEntry['action'],
  keyId: string | null,
  by: Actor,
  detail: string,
): AuditEntry {
  return { at: wallTime(), ...by, action, keyId, detail };
}

async function makeKey(
  secret: ServerSecret,
  credential: CloudCredential,
  familyId: string | null,
  inherited: InheritedFields,
): Promise<IssuedKey> {
  const parts = generateKey();
  const text = formatKey(parts);
  const { name, projectId, userId, kind, cloudCredentialId, ownsCloudCredential } = inherited;
  const { credentialExpiresAt, scopes, plan, allowedCidrs, allowedOrigins, regions, expiresAt } = inherited;
  const { description, roles, accessRules, makerId } = inherited;
  const binding = { id: parts.id, familyId: familyId ?? parts.id, projectId, userId };
  const key: StoredKey = {
    ...binding,
    name,
    kind,
    cloudCredentialId,
    ownsCloudCredential,
    credentialExpiresAt,
    secretHash: hashKeySecret(secret, parts.secret),
    lastFour: text.slice(-SHOWN_CHARACTERS),
    sealedCredential: await seal(secret, parts.secret, binding, credential),
    sealedUnder: secret.check,
    scopes,
    plan,
    allowedCidrs,
    allowedOrigins,
    regions,
    description,
    roles,
    accessRules,
    makerId,
    createdAt: wallTime(),
    expiresAt,
    ...FRESH,
  };
  return { key, text };
}

function describeKey({ name, kind, projectId, scopes, plan, regions }: StoredKey): string {
  const where = regions === null ? '' : `, in ${regions.join(', ')}`;
  return `"${name}": ${kind} in project ${projectId}, ${scopes.join(' ')}, plan ${plan}${where}`;
}
