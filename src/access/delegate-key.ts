/** A key made with another key, which passes on what it may do, or less. */

import { wallMs } from '../clock.ts';
import type { CallContext } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import type { Scope } from '../scopes.ts';
import type { Access } from './access.ts';
import { type AccessRule, isRuleOf } from './access-rules.ts';
import type { RoleReference } from './identity-provider.ts';
import {
  type Actor,
  assertKeyQuota,
  assertNameIsFree,
  type IssuedKey,
  issueKey,
  selfServiceLimit,
} from './issue-key.ts';
import { keepOrWithdraw } from './keep-or-withdraw.ts';
import { coverRoles } from './key-roles.ts';
import { isLive, type KeyRole, type StoredKey } from './key-store.ts';
import type { Principal } from './principal.ts';
import { assertScope } from './require-scope.ts';
import { revokeAndInvalidate } from './revoke-key.ts';

export interface Delegation {
  readonly name: string;
  readonly description: string | null;
  /** null: as the maker's. */
  readonly expiresAt: string | null;
  /** Whether the key may make others. */
  readonly isUnrestricted: boolean;
  /** null: the maker's. */
  readonly roles: readonly RoleReference[] | null;
  /** null: the maker's. */
  readonly accessRules: readonly AccessRule[] | null;
}

/** Who makes it, and the request for it. */
interface DelegationContext {
  readonly principal: Principal;
  /** The roles that the cloud gives the maker's credential. */
  readonly roles: readonly KeyRole[];
  readonly by: Actor;
  readonly call: CallContext;
}

/**
 * Makes a key with the maker's networks, regions, plan and scopes, without `admin`, which the operator gives, and without
 * `keys:write` unless it is to be unrestricted.
 *
 * Its credential is the maker's, sealed again. Other roles take another credential, created at the cloud for the user whose
 * application credential the maker has.
 *
 * @throws ComputeError `forbidden` without `keys:write`, for access rules that the maker lacks, and for other roles with a restricted
 *   credential or a service key; `conflict` for a name in use; `quota_exceeded`; `invalid`. Then nothing is left at the cloud.
 */
export async function delegateKey(
  access: Access,
  wanted: Delegation,
  { principal, roles, by, call }: DelegationContext,
): Promise<IssuedKey> {
  assertScope(principal, 'keys:write');
  const { keys, identities, secret } = access;
  const maker = await keys.find(principal.keyId);
  if (maker === null) throw new ComputeError('unauthenticated', 'Invalid API key');
  const { credential } = principal;
  const { projectId, userId, plan, allowedCidrs, allowedOrigins, regions } = maker;
  const { name, description } = wanted;
  const lasting = {
    ...{ name, description, projectId, userId, plan, allowedCidrs, allowedOrigins, regions },
    scopes: scopesFor(wanted, principal),
    accessRules: rulesFor(wanted, principal),
    expiresAt: expiryFor(wanted, maker),
    makerId: maker.id,
  };
  await assertNameIsFree(keys, { projectId, userId, name });
  await assertKeyQuota(keys, maker);
  const issue = (sealed: Pick<Parameters<typeof issueKey>[2], CredentialFields>) =>
    issueKey(keys, secret, { ...lasting, ...sealed }, by, { ...selfServiceLimit(), isNameUnique: true });

  const chosen = wanted.roles === null ? roles : ownRoles(wanted.roles, roles);
  let issued: IssuedKey;
  if (chosen !== null) {
    const { ownsCloudCredential, credentialExpiresAt } = maker;
    issued = await issue({ credential, ownsCloudCredential, credentialExpiresAt, roles: chosen });
  } else {
    if (credential.kind !== 'application_credential' || userId === null) throw allRolesOnly();
    if (wanted.roles?.some((one) => !roles.some((role) => isNamed(role, one)))) {
      throw ComputeError.field('roles', 'must be roles of this API key');
    }
    const derived = await identities.deriveCredential(
      credential,
      {
        name: `linguanova ${crypto.randomUUID()} ${name}`.slice(0, 255),
        roles: wanted.roles ?? [],
        expiresAt: lasting.expiresAt,
        isUnrestricted: wanted.isUnrestricted,
      },
      call,
    );
    const made = { ...derived, ownsCloudCredential: true, credentialExpiresAt: lasting.expiresAt };
    const store = () => issue(made);
    issued = await keepOrWithdraw(identities, userId, derived.credential, call, store, credential);
  }
  await endWithMaker(access, principal, issued, by, call);
  return issued;
}

type CredentialFields = 'credential' | 'ownsCloudCredential' | 'credentialExpiresAt' | 'roles';

function scopesFor({ isUnrestricted }: Delegation, { scopes }: Principal): readonly Scope[] {
  const passed = scopes.filter((scope) => scope !== 'admin' && (scope !== 'keys:write' || isUnrestricted));
  if (passed.length > 0) return passed;
  throw new ComputeError('forbidden', 'This API key has no scope that it can pass on.');
}

function rulesFor({ accessRules }: Delegation, maker: Principal): readonly AccessRule[] | null {
  if (maker.accessRules === null || accessRules === null) return accessRules ?? maker.accessRules;
  const own = maker.accessRules;
  if (accessRules.every((rule) => isRuleOf(own, rule))) return accessRules;
  throw new ComputeError('forbidden', 'access_rules: this API key can pass on only access rules of its own.');
}

function expiryFor({ expiresAt }: Delegation, maker: StoredKey): string | null {
  if (expiresAt === null || maker.expiresAt === null) return expiresAt ?? maker.expiresAt;
  if (Date.parse(expiresAt) <= Date.parse(maker.expiresAt)) return expiresAt;
  throw ComputeError.field('expires_at', `must not be after ${maker.expiresAt}, when this API key expires`);
}

function isNamed(role: KeyRole, one: RoleReference): boolean {
  return 'id' in one ? one.id === role.id : one.name === role.name;
}

/** The chosen roles if they give as much as `own`; null: others. */
function ownRoles(chosen: readonly RoleReference[], own: readonly KeyRole[]): readonly KeyRole[] | null {
  const found = own.filter((role) => chosen.some((one) => isNamed(role, one)));
  if (found.length < chosen.length) return null;
  return coverRoles(found, own) ? found : null;
}

/** A service key signs in as the operator's account, so a credential derived from it would be that account's. */
function allRolesOnly(): ComputeError {
  return new ComputeError('forbidden', 'roles: this API key can pass on only all of its roles.');
}

/** A key that was ended meanwhile must not live on in another. */
async function endWithMaker(
  access: Access,
  { keyId, credential }: Principal,
  { key }: IssuedKey,
  by: Actor,
  call: CallContext,
): Promise<void> {
  const maker = await access.keys.find(keyId);
  if (maker !== null && isLive(maker, wallMs())) return;
  await revokeAndInvalidate(access, { id: key.id, reach: 'successors', by, credential }, call);
  throw new ComputeError('unauthenticated', 'Invalid API key');
}
