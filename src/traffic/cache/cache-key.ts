/** Cache keys. A key holds everything that a response may depend on, and never a secret. */

import type { Principal } from '../../access/principal.ts';
import type { CloudCredential, SignedInCaller } from '../../compute/cloud.ts';
import { type Located, type Tenant, tenantOf } from '../../compute/regions.ts';

/** Who shares a response: callers of a project with the same roles, one user, or one API key. */
export type ScopeKind = 'project' | 'user' | 'key';

/** The tenant part of every key. Made only from a caller whom the cloud has authenticated. */
export class CacheScope implements Located {
  readonly region: string;
  readonly projectId: string;
  readonly tenant: Tenant;
  /** One JSON array, which marks its own end, so nothing that follows can be mistaken for a part of it. */
  readonly text: string;

  private constructor({ region, projectId }: Located, text: string) {
    this.region = region;
    this.projectId = projectId;
    this.tenant = tenantOf(this);
    this.text = text;
  }

  /**
   * Callers of one scope get the same responses from the cloud: same region, project, roles, kind of credential and access rules; and
   * the same user, where a response depends on the user.
   *
   * @param others What else the response depends on, such as the API key.
   */
  static of(
    { region, projectId, roles, userId, accessRules = '' }: SignedInCaller,
    kind: CloudCredential['kind'],
    { ofUser = false, others = [] }: { readonly ofUser?: boolean; readonly others?: readonly string[] } = {},
  ): CacheScope {
    const text = JSON.stringify([
      kind,
      region,
      projectId,
      roles.toSorted(),
      accessRules,
      ofUser ? userId : null,
      others,
    ]);
    return new CacheScope({ region, projectId }, text);
  }
}

/** Made from a scope only, so that no response can be stored without a tenant. */
export class CacheKey implements Located {
  readonly region: string;
  readonly projectId: string;
  readonly tenant: Tenant;
  readonly text: string;
  #digest: Promise<Uint8Array<ArrayBuffer>> | undefined;

  private constructor({ region, projectId, tenant }: CacheScope, text: string) {
    this.region = region;
    this.projectId = projectId;
    this.tenant = tenant;
    this.text = text;
  }

  /** @param request What is requested, in a form that does not depend on the client. */
  static of(scope: CacheScope, request: string): CacheKey {
    return new CacheKey(scope, `${scope.text}${request}`);
  }

  digest(): Promise<Uint8Array<ArrayBuffer>> {
    this.#digest ??= crypto.subtle
      .digest('SHA-256', new TextEncoder().encode(this.text))
      .then((bytes) => new Uint8Array(bytes));
    return this.#digest;
  }
}

type Scopes = Partial<Record<'project' | 'user', CacheScope>>;

/** By caller: a driver returns the same object as long as it caches the caller's token. */
const SCOPES = new WeakMap<SignedInCaller, Scopes>();

/** The scope of a caller whom the cloud has authenticated with the principal's credential. */
export function scopeOf(caller: SignedInCaller, principal: Principal, of: ScopeKind): CacheScope {
  const { kind } = principal.credential;
  if (of === 'key') {
    const others = [principal.keyId, ...principal.scopes.toSorted(), JSON.stringify(principal.regions)];
    return CacheScope.of(caller, kind, { ofUser: true, others });
  }
  const known = SCOPES.get(caller) ?? {};
  const scope = known[of] ?? CacheScope.of(caller, kind, { ofUser: of === 'user' });
  if (known[of] === undefined) SCOPES.set(caller, { ...known, [of]: scope });
  return scope;
}
