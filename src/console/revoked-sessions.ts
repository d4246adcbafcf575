import { type DerivedCredential, isRevoked, OPERATOR, revokeDerived } from '../access/derived-credential.ts';
import type { KeyStore } from '../access/key-store.ts';
import { monotonicMs } from '../clock.ts';
import { forThisRequest } from '../cross-request-promise.ts';

/** As for keys: how long a session that was ended on another node works on this one, in ms. */
const CACHE_TTL_MS = 500;

type Identified = Pick<DerivedCredential, 'auditId' | 'issuedAt'>;

/** The sessions of operators that were signed out, on any node. Those of customers are with their keys. */
export class RevokedSessions {
  readonly #keys: KeyStore;
  #known: Promise<readonly string[]> | null = null;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /** @throws ComputeError `unavailable` when the store cannot be read. */
  async has(session: Identified): Promise<boolean> {
    if (this.#known === null || monotonicMs() - this.#readAt >= CACHE_TTL_MS) this.#read();
    return this.#known !== null && isRevoked(await forThisRequest(this.#known), session);
  }

  async add(session: Identified): Promise<void> {
    const known = await this.#keys.listRevokedDerived(OPERATOR);
    await revokeDerived(this.#keys, OPERATOR, known, session.auditId);
    this.#known = null;
  }

  #read(): void {
    const reading = this.#keys.listRevokedDerived(OPERATOR);
    this.#known = reading;
    this.#readAt = monotonicMs();
    reading.catch(() => {
      if (this.#known === reading) this.#known = null;
    });
  }
}
