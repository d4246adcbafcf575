import { type DerivedCredential, isRevoked, OPERATOR, revokeDerived } from '../access/derived-credential.ts';
import type { KeyStore } from '../access/key-store.ts';
import { CachedRead } from '../async.ts';

/** Upper bound on how long a session that was revoked on another node works on this one; the same as for keys. */
const CACHE_TTL_MS = 500;

type Identified = Pick<DerivedCredential, 'auditId' | 'issuedAt'>;

/** Revoked sessions of operators, of all nodes. Those of customers are stored with their keys. */
export class RevokedSessions {
  readonly #keys: KeyStore;
  readonly #revoked: CachedRead<readonly string[]>;

  constructor(keys: KeyStore) {
    this.#keys = keys;
    this.#revoked = new CachedRead(() => keys.listRevokedDerived(OPERATOR), CACHE_TTL_MS);
  }

  /** @throws ComputeError `unavailable` if the store cannot be read. */
  async has(session: Identified): Promise<boolean> {
    return isRevoked(await this.#revoked.get(), session);
  }

  async add(session: Identified): Promise<void> {
    const revoked = await this.#keys.listRevokedDerived(OPERATOR);
    await revokeDerived(this.#keys, OPERATOR, revoked, session.auditId);
    this.#revoked.invalidate();
  }
}
