import { storedTime } from '../../adapters/sql/rows.ts';
import type { AuditEntry, AuditRecord } from '../../src/access/audit.ts';
import type {
  KeyFilter,
  KeyOrder,
  KeyPosition,
  KeyStore,
  RevocationReach,
  SecretStore,
  StoredKey,
  StoredSecrets,
} from '../../src/access/key-store.ts';
import { keyState, OLDEST_FIRST } from '../../src/access/key-store.ts';
import type { OwnedCredentials } from '../../src/access/owned-credentials.ts';
import { timingSafeEqual } from '../../src/access/server-secret.ts';
import { ComputeError } from '../../src/compute/errors.ts';

/** Keys that live as long as the process. */
export function memoryKeyStore(): KeyStore {
  const keys = new Map<string, StoredKey>();
  let audit: AuditRecord[] = [];
  let sequence = 0;
  const revoked = new Map<string, Map<string, string>>();

  const append = (entry: AuditEntry) => {
    sequence += 1;
    audit.push({ ...entry, sequence });
  };

  function add(key: StoredKey): void {
    if (keys.has(key.id)) throw new ComputeError('conflict', 'There is a key with this id already.');
    assertStorable(key);
    keys.set(key.id, key);
  }

  /** How many keys of the same user in the same project live at `now`. */
  const live = ({ projectId, userId }: Pick<StoredKey, 'projectId' | 'userId'>, now: string) =>
    [...keys.values()].filter((key) => isShown(key, { projectId, userId }) && isLive(key, now)).length;

  const hasNamesake = ({ projectId, userId, name }: StoredKey, liveAt: string) => {
    const owner = userId === null ? { projectId, userId } : { userId };
    return [...keys.values()].some((key) => isShown(key, { ...owner, name, liveAt }));
  };

  // Nothing is awaited inside a method, so each one is a transaction.
  return {
    async find(id) {
      const key = keys.get(id);
      if (key === undefined) return null;
      const marks = revoked.get(id);
      return marks === undefined ? key : { ...key, revokedDerived: [...marks.keys()] };
    },

    async list(filter, { limit, after, order = OLDEST_FIRST }) {
      assertText(filter.name, filter.text);
      const compare = inOrder(order);
      return [...keys.values()]
        .filter((key) => isShown(key, filter) && (after === null || compare(key, after) > 0))
        .sort(compare)
        .slice(0, limit);
    },

    async insert(key, entry, limit) {
      if (limit !== undefined && isLive(key, limit.now)) {
        if (live(key, limit.now) >= limit.atMost) return false;
        if (limit.isNameUnique && hasNamesake(key, limit.now)) return false;
      }
      add(key);
      append(entry);
      return true;
    },

    async update(id, change, entry, seen) {
      const key = keys.get(id);
      if (key === undefined || key.revokedAt !== null) return null;
      if (seen?.successorId === null && key.successorId !== null) return null;
      const changed = { ...key, ...change };
      assertStorable(changed);
      keys.set(id, changed);
      append(entry);
      return changed;
    },

    async revoke(id, at, entry, reach) {
      return reachedFrom(keys, id, reach).map((key) => {
        if (key.revokedAt !== null) return key;
        const revoked = { ...key, revokedAt: at };
        keys.set(key.id, revoked);
        append({ ...entry, keyId: key.id });
        return revoked;
      });
    },

    async rotate(id, successor, oldExpiresAt, now, entry, limit) {
      const key = keys.get(id);
      if (key === undefined || !isLive(key, now) || key.successorId !== null) return false;
      const ending = isBefore(now, oldExpiresAt) ? 0 : 1;
      if (limit !== undefined && live(key, limit.now) - ending >= limit.atMost) return false;
      const { name, scopes, plan, allowedCidrs, allowedOrigins, regions, disabled, expiresAt: end } = key;
      add({
        ...successor,
        name,
        scopes,
        plan,
        allowedCidrs,
        allowedOrigins,
        regions,
        disabled,
        expiresAt: end,
      });
      const expiresAt =
        key.expiresAt !== null && isBefore(key.expiresAt, oldExpiresAt) ? key.expiresAt : oldExpiresAt;
      keys.set(id, { ...key, successorId: successor.id, expiresAt });
      append(entry);
      return true;
    },

    countLive: async (owner, now) =>
      [...keys.values()].filter(
        (key) =>
          ('cloudCredentialId' in owner
            ? key.cloudCredentialId === owner.cloudCredentialId
            : isShown(key, owner)) && isLive(key, now),
      ).length,

    async countByState(now, atMost) {
      const counts = { active: 0, disabled: 0, expired: 0, revoked: 0 };
      for (const key of [...keys.values()].slice(0, atMost)) counts[keyState(key, Date.parse(now))] += 1;
      return counts;
    },

    async listOrigins(atMost) {
      const bound = [...keys.values()].filter(
        (key) => key.revokedAt === null && key.allowedOrigins.length > 0,
      );
      return [...new Set(bound.slice(0, atMost).flatMap((key) => key.allowedOrigins))];
    },

    async listProjects(revokedSince, { limit, after }) {
      const current = [...keys.values()].filter(
        ({ projectId, revokedAt }) =>
          projectId > after && (revokedAt === null || !isBefore(revokedAt, revokedSince)),
      );
      return [...new Set(current.map(({ projectId }) => projectId))].toSorted().slice(0, limit);
    },

    async revokeDerived(owner, mark, expiresAt) {
      const marks = revoked.get(owner) ?? new Map<string, string>();
      revoked.set(owner, marks.set(mark, expiresAt));
    },

    listRevokedDerived: async (owner) => [...(revoked.get(owner)?.keys() ?? [])],

    async sweep(now, auditBefore) {
      for (const [owner, marks] of revoked) {
        for (const [mark, expiresAt] of marks) if (!isBefore(now, expiresAt)) marks.delete(mark);
        if (marks.size === 0) revoked.delete(owner);
      }
      if (auditBefore === null) return;
      audit = audit.filter((entry) => entry.sequence === sequence || !isBefore(entry.at, auditBefore));
    },

    async recordUses(lastUsedAt) {
      for (const [id, at] of lastUsedAt) {
        const key = keys.get(id);
        if (key === undefined || (key.lastUsedAt !== null && !isBefore(key.lastUsedAt, at))) continue;
        keys.set(id, { ...key, lastUsedAt: at });
      }
    },

    async appendAudit(entries) {
      for (const entry of entries) append(entry);
    },

    async listAudit({ limit, before, action, keyId, projectId, from = '', to = '~' }) {
      const older = audit.filter(
        (entry) =>
          (before === null || entry.sequence < before) &&
          (action === undefined || entry.action === action) &&
          (keyId === undefined || entry.keyId === keyId) &&
          (projectId === undefined || keys.get(entry.keyId ?? '')?.projectId === projectId) &&
          entry.at >= from &&
          entry.at < to,
      );
      return older.slice(Math.max(0, older.length - limit)).reverse();
    },

    secrets: memorySecretStore(keys),
    ownedCredentials: memoryOwnedCredentials(keys),
    ping: async () => {},
    isWritable: async () => true,
    hasSchema: async () => true,
    close: async () => {},
  };
}

function memoryOwnedCredentials(keys: ReadonlyMap<string, StoredKey>): OwnedCredentials {
  const postponed = new Map<string, string>();
  const removed = new Set<string>();
  const dueAt = (id: string) => {
    const using = [...keys.values()].filter((key) => key.cloudCredentialId === id);
    const ends = using.map(({ revokedAt, expiresAt }) => revokedAt ?? expiresAt ?? '~');
    return postponed.get(id) ?? ends.sort().at(-1) ?? '';
  };
  return {
    async due(now, limit) {
      const owned = [...keys.values()].flatMap(({ cloudCredentialId: id, ownsCloudCredential, userId }) =>
        ownsCloudCredential && id !== null && userId !== null && !removed.has(id) ? [{ id, userId }] : [],
      );
      const distinct = [...new Map(owned.map((one) => [one.id, one])).values()];
      const isUsed = (id: string) =>
        [...keys.values()].some((key) => key.cloudCredentialId === id && isLive(key, now));
      const due = distinct.filter(({ id }) => dueAt(id) <= now && !isUsed(id));
      return due.sort((a, b) => (dueAt(a.id) < dueAt(b.id) ? -1 : 1)).slice(0, limit);
    },
    async postpone(id, until) {
      postponed.set(id, until);
    },
    async remove(id) {
      removed.add(id);
    },
  };
}

function memorySecretStore(keys: Map<string, StoredKey>): SecretStore {
  let stored: StoredSecrets | null = null;
  return {
    find: async () => stored,
    async initialize(first) {
      stored ??= { current: first, previous: null };
    },
    async replace(currentCheck, next) {
      if (stored?.current.check === currentCheck) stored = { current: next, previous: stored.current };
    },
    async reseal(keyId, oldHash, seal) {
      const key = keys.get(keyId);
      if (key === undefined || stored?.current.check !== seal.sealedUnder) return;
      if (timingSafeEqual(key.secretHash, oldHash)) keys.set(keyId, { ...key, ...seal });
    },
    async countSealed(check, now) {
      const live = [...keys.values()].filter((key) => isLive(key, now));
      const marked = live.filter(({ sealedUnder }) => sealedUnder !== null);
      const others = marked.filter(({ sealedUnder }) => sealedUnder !== check);
      return { others: others.length, unmarked: live.length - marked.length };
    },
  };
}

function isShown(key: StoredKey, { projectId, userId, name, liveAt, state, text }: KeyFilter): boolean {
  const searched = [key.id, key.name, key.projectId, key.userId ?? '', key.lastFour].map(inLowerCase);
  return (
    (text === undefined || searched.some((value) => value.includes(inLowerCase(text)))) &&
    (state === undefined || keyState(key, Date.parse(state.at)) === state.is) &&
    (projectId === undefined || key.projectId === projectId) &&
    (name === undefined || key.name === name) &&
    (liveAt === undefined || isLive(key, liveAt)) &&
    (userId === undefined || key.userId === userId)
  );
}

/** The keys that a revocation of the key with `id` reaches, oldest first. */
function reachedFrom(
  keys: ReadonlyMap<string, StoredKey>,
  id: string,
  reach: RevocationReach,
): readonly StoredKey[] {
  const key = keys.get(id);
  if (key === undefined || reach === 'key') return key === undefined ? [] : [key];
  if (reach === 'family') {
    const reached = new Set([...keys.values()].filter(({ familyId }) => familyId === key.familyId));
    for (const maker of reached) {
      for (const made of keys.values()) if (made.makerId === maker.id) reached.add(made);
    }
    return [...reached].sort(byAge);
  }
  const line = [key];
  for (let next = keys.get(key.successorId ?? ''); next !== undefined; ) {
    line.push(next);
    next = keys.get(next.successorId ?? '');
  }
  return line.sort(byAge);
}

/** As databases lower text compared byte by byte. */
function inLowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function inOrder({ by, descending }: KeyOrder) {
  return (a: KeyPosition, b: KeyPosition): number => {
    const [left, right] = [a[by] ?? '', b[by] ?? ''];
    const ascending = left === right ? compareText(a.id, b.id) : compareText(left, right);
    return descending ? -ascending : ascending;
  };
}

const byAge = inOrder(OLDEST_FIRST);

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Refuses what a database refuses. */
function assertStorable({ name, description, createdAt, expiresAt }: StoredKey): void {
  assertText(name, description);
  for (const time of [createdAt, expiresAt]) if (time !== null) storedTime(time);
}

/** As PostgreSQL. */
function assertText(...texts: readonly (string | null | undefined)[]): void {
  if (texts.some((value) => value?.includes('\0'))) throw new RangeError('invalid byte sequence: 0x00');
}

/** Neither revoked nor expired. */
function isLive(key: StoredKey, now: string): boolean {
  return key.revokedAt === null && (key.expiresAt === null || isBefore(now, key.expiresAt));
}

function isBefore(a: string, b: string): boolean {
  return Date.parse(a) < Date.parse(b);
}
