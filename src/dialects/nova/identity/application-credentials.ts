/**
 * `/v3/users/{user}/application_credentials` and `/access_rules`: the caller's own keys, as Keystone has application credentials.
 * An access rule exists as long as a key has it.
 */

import type { Context, Handler, Hono } from 'hono';
import { type Access, callContext } from '../../../access/access.ts';
import { delegateKey } from '../../../access/delegate-key.ts';
import type { StoredKey } from '../../../access/key-store.ts';
import type { Principal } from '../../../access/principal.ts';
import { assertScope } from '../../../access/require-scope.ts';
import { reachOf, revokeAndInvalidate } from '../../../access/revoke-key.ts';
import { assertMayRevoke, refuseBrowserKey, rolesOfKeys, siblingKey } from '../../../access/sibling-keys.ts';
import { wallTime } from '../../../clock.ts';
import { ComputeError, hasCode } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { MAX_SIGN_IN_BYTES } from '../../../http/body.ts';
import { decodeBody, decodeQuery } from '../../../http/decode.ts';
import type { NovaSession } from '../session.ts';
import {
  credentialQuery,
  credentialView,
  delegationOf,
  findRule,
  newCredentialSchema,
  rulesOf,
  ruleView,
} from './application-credential.ts';

/** Bounds a list; a user makes at most 100 live keys in a project. */
const MAX_LISTED = 1_000;

const CREDENTIALS = '/v3/users/:user/application_credentials';
const RULES = '/v3/users/:user/access_rules';

interface CredentialPorts {
  readonly access: Access;
  readonly session: (c: Context<GatewayEnv>) => Promise<NovaSession>;
  /** Of the identity service, without trailing slash. */
  readonly base: (c: Context) => string;
}

type Respond = (c: Context<GatewayEnv>, session: NovaSession, base: string) => Promise<Response>;

/** Adds the routes for the caller's own user; another user's are left to those that follow, for administrators. */
export function applicationCredentials(
  router: Hono<GatewayEnv>,
  { access, session, base }: CredentialPorts,
): void {
  const own = (respond: Respond): Handler<GatewayEnv> =>
    async function respondForOwnUser(c, next) {
      const { principal } = c.var;
      const found = await session(c);
      const { id } = found.user;
      if (c.req.param('user') !== id) {
        assertScope(principal, 'admin');
        return next();
      }
      refuseBrowserKey(principal);
      return respond(c, found, `${base(c)}/v3/users/${id}`);
    };
  const add = (method: string, path: string, respond: Respond) => router.on(method, [path], own(respond));
  const listed = (c: Context, name: string, items: readonly object[], path: string) =>
    c.json({ [name]: items, links: { next: null, self: path, previous: null } });

  const views = async (
    c: Context<GatewayEnv>,
    keys: readonly StoredKey[],
    caller: StoredKey,
    { user, roles: own }: NovaSession,
    base: string,
  ) => {
    const { principal } = c.var;
    const others = keys.filter((one) => one.cloudCredentialId !== caller.cloudCredentialId);
    const call = callContext(c, access.upstreamBudgetMs);
    const roles = await rolesOfKeys(access.identities, principal, others, call);
    return keys.map((key) => {
      const isOwn = key.cloudCredentialId === caller.cloudCredentialId;
      const shown = isOwn ? own : (roles.get(key.id) ?? null);
      return credentialView(key, { userId: user.id, roles: shown, base, caller });
    });
  };

  add('GET', CREDENTIALS, async (c, found, path) => {
    const { name } = decodeQuery(c, credentialQuery);
    const keys = await liveKeys(access, c.var.principal, name);
    const caller = await callerOf(access, c.var.principal);
    const items = await views(c, keys, caller, found, path);
    return listed(c, 'application_credentials', items, `${path}/application_credentials`);
  });
  add('GET', `${CREDENTIALS}/:id`, async (c, found, path) => {
    const key = await credentialOf(access, c);
    const caller = await callerOf(access, c.var.principal);
    const [shown] = await views(c, [key], caller, found, path);
    return c.json({ application_credential: shown });
  });
  add('POST', CREDENTIALS, async (c, found, path) => {
    const { principal } = c.var;
    assertScope(principal, 'keys:write');
    const { application_credential: given } = await decodeBody(c, newCredentialSchema, MAX_SIGN_IN_BYTES);
    const wanted = delegationOf(given, found.user.id, rulesOf(await liveKeys(access, principal)));
    const call = callContext(c, access.upstreamBudgetMs);
    const { key, text } = await delegateKey(access, wanted, {
      principal,
      roles: found.roles,
      by: actor(access, c),
      call,
    });
    const caller = await callerOf(access, principal);
    const [shown] = await views(c, [key], caller, found, path);
    return c.json({ application_credential: { ...shown, secret: text } }, 201);
  });
  add('DELETE', `${CREDENTIALS}/:id`, async (c) => {
    const { principal } = c.var;
    assertScope(principal, 'keys:write');
    const key = await credentialOf(access, c);
    const call = callContext(c, access.upstreamBudgetMs);
    await assertMayRevoke(access, principal, key, call);
    const { credential } = principal;
    const revocation = { id: key.id, reach: reachOf(key), by: actor(access, c), credential };
    await revokeAndInvalidate(access, revocation, call);
    return c.body(null, 204);
  });

  add('GET', RULES, async (c, _, path) => {
    const filters = (['service', 'method', 'path'] as const).map(
      (name) => [name, c.req.query(name)] as const,
    );
    const rules = rulesOf(await liveKeys(access, c.var.principal)).filter((rule) =>
      filters.every(([name, value]) => value === undefined || rule[name] === value),
    );
    const items = rules.map((rule) => ruleView(rule, path));
    return listed(c, 'access_rules', items, `${path}/access_rules`);
  });
  const ruleOf = async (c: Context<GatewayEnv>) =>
    findRule(rulesOf(await liveKeys(access, c.var.principal)), c.req.param('id') ?? '');
  add('GET', `${RULES}/:id`, async (c, _, path) => c.json({ access_rule: ruleView(await ruleOf(c), path) }));
  add('DELETE', `${RULES}/:id`, async (c) => {
    await ruleOf(c);
    throw new ComputeError('forbidden', 'May not delete access rule in use');
  });
}

function liveKeys(
  { keys }: Access,
  { projectId, userId }: Principal,
  name?: string,
): Promise<readonly StoredKey[]> {
  const filter = { projectId, userId, liveAt: wallTime(), ...(name !== undefined && { name }) };
  return keys.list(filter, { limit: MAX_LISTED, after: null });
}

async function callerOf({ keys }: Access, { keyId }: Principal): Promise<StoredKey> {
  const caller = await keys.find(keyId);
  if (caller === null) throw new ComputeError('unauthenticated', 'Invalid API key');
  return caller;
}

/** A live key of the caller's user. @throws ComputeError `not_found`. */
async function credentialOf({ keys }: Access, c: Context<GatewayEnv>): Promise<StoredKey> {
  const id = c.req.param('id') ?? '';
  const missing = () => new ComputeError('not_found', `Could not find Application Credential: ${id}.`);
  const key = await siblingKey(keys, c.var.principal, id).catch((error) => {
    throw hasCode(error, 'not_found') ? missing() : error;
  });
  if (key.revokedAt !== null) throw missing();
  return key;
}

function actor(access: Access, c: Context<GatewayEnv>) {
  return {
    actor: `key:${c.var.principal.keyId}`,
    address: access.clientAddress(c),
    requestId: c.var.requestId,
  };
}
