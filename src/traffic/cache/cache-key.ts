/**
 * Under what an answer is kept. A key holds everything that an answer may depend on, and never a secret.
 *
 * @module
 */

import type { CloudCredential, SignedInCaller } from '../../compute/cloud.ts';

/** Whose answer it is: what every key must begin with, and what only somebody has whom the cloud has let in. */
export class CacheScope {
  readonly projectId: string;
  /** One JSON array: it says itself where it ends, so nothing that follows can look like a part of it. */
  readonly text: string;

  private constructor(projectId: string, text: string) {
    this.projectId = projectId;
    this.text = text;
  }

  /**
   * Callers of one scope hear the same of the cloud: in the same project, with the same roles, through the same kind of
   * credential with the same access rules; and, where an answer is about the caller, of the same user.
   *
   * @param others What else the answer depends on, such as the key itself.
   */
  static of(
    { projectId, roles, userId, accessRules = '' }: SignedInCaller,
    kind: CloudCredential['kind'],
    { ofUser = false, others = [] }: { readonly ofUser?: boolean; readonly others?: readonly string[] } = {},
  ): CacheScope {
    const text = JSON.stringify([
      kind,
      projectId,
      roles.toSorted(),
      accessRules,
      ofUser ? userId : null,
      others,
    ]);
    return new CacheScope(projectId, text);
  }
}

/** Made from a scope alone, so that no answer can be kept for nobody in particular. */
export class CacheKey {
  readonly projectId: string;
  readonly text: string;
  #digest: Promise<Uint8Array<ArrayBuffer>> | undefined;

  private constructor(projectId: string, text: string) {
    this.projectId = projectId;
    this.text = text;
  }

  /** @param target What is asked for, as `targetOf` writes it. */
  static of(scope: CacheScope, target: string): CacheKey {
    return new CacheKey(scope.projectId, `${scope.text}${target}`);
  }

  /** SHA-256 of the text. */
  digest(): Promise<Uint8Array<ArrayBuffer>> {
    this.#digest ??= crypto.subtle
      .digest('SHA-256', new TextEncoder().encode(this.text))
      .then((bytes) => new Uint8Array(bytes));
    return this.#digest;
  }
}

/** What a request asks for: its path, and its parameters in an order that does not depend on the client. */
export interface Target {
  readonly text: string;
  /** null without a query. */
  readonly parameters: URLSearchParams | null;
}

/** @param url Absolute. Its scheme and authority are the client's to choose, so nothing depends on them. */
export function targetOf(url: string): Target {
  const afterScheme = url.indexOf('://') + 3;
  const end = url.indexOf('#');
  const path = url.indexOf('/', afterScheme);
  const query = url.indexOf('?', afterScheme);
  const whole = end < 0 ? url.length : end;
  const pathname = url.slice(path, query < 0 ? whole : query).replace(/\/$/, '');
  if (query < 0 || query + 1 >= whole) return { text: pathname, parameters: null };
  const parameters = new URLSearchParams(url.slice(query + 1, whole));
  // Stable: of a parameter that is given several times, the order stays.
  parameters.sort();
  return { text: `${pathname}?${parameters}`, parameters };
}
