import type { Context } from 'hono';
import * as z from 'zod';
import { type Access, anonymousCall, callContext } from '../../access/access.ts';
import { recordRejection, tooManyFailures } from '../../access/authenticate.ts';
import { defaultScopes } from '../../access/browser-key.ts';
import type { SignIn } from '../../access/identity-provider.ts';
import { clientNetwork } from '../../access/ip-address.ts';
import {
  type Actor,
  assertKeyQuota,
  type IssuedKey,
  issueKey,
  rotateKey,
  selfServiceLimit,
} from '../../access/issue-key.ts';
import { keepOrWithdraw } from '../../access/keep-or-withdraw.ts';
import { keyListParameters, keyPage } from '../../access/key-list.ts';
import {
  type Credentials,
  createdKeySchema,
  createdKeyView,
  credentialsSchema,
  keySchema,
  keyView,
  rotationSchema,
  selfServiceKeySchema,
} from '../../access/key-schemas.ts';
import type { StoredKey } from '../../access/key-store.ts';
import { reachOf, revokeAndInvalidate } from '../../access/revoke-key.ts';
import { assertMayRevoke, refuseBrowserKey, siblingKey } from '../../access/sibling-keys.ts';
import type { Caller } from '../../compute/cloud.ts';
import { ComputeError, hasCode } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { MAX_SIGN_UP_BYTES } from '../../http/body.ts';
import { decode, decodeBody, decodeQuery } from '../../http/decode.ts';
import { respondJson } from '../../http/json.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';

/** The only request of the dialect without a key: the one that gets one. */
export function isSignUp(c: Context): boolean {
  return c.req.method === 'POST' && c.req.path.replace(/\/$/, '') === '/v1/api_keys';
}

const listQuery = z.strictObject(keyListParameters);

export const API_KEY_ROUTES = {
  signUp: route({
    method: 'POST',
    path: '/v1/api_keys',
    body: selfServiceKeySchema,
    status: 201,
    response: createdKeySchema,
  }),
  list: route({
    method: 'GET',
    path: '/v1/api_keys',
    query: listQuery,
    status: 200,
    response: { page: keySchema },
  }),
  get: route({ method: 'GET', path: '/v1/api_keys/{id}', status: 200, response: keySchema }),
  revoke: route({ method: 'DELETE', path: '/v1/api_keys/{id}', status: 204 }),
  rotate: route({
    method: 'POST',
    path: '/v1/api_keys/{id}/rotate',
    body: rotationSchema,
    status: 201,
    response: createdKeySchema,
  }),
};

/** `/v1/api_keys`: how a customer gets a key, and what a key may see and do of itself and its siblings. */
export function apiKeys(access: Access, mount: Mount): void {
  const { list, get, revoke, rotate } = API_KEY_ROUTES;
  mount
    .add(API_KEY_ROUTES.signUp, signUp(access))
    .add(list, async (c) => {
      refuseBrowserKey(c.var.principal);
      const { projectId, userId } = c.var.principal;
      return respondJson(c, await keyPage(access, { projectId, userId }, decodeQuery(c, list.query)));
    })
    .add(get, async (c) => respondJson(c, keyView(await sibling(access, c), access.services)))
    .add(revoke, async (c) => {
      const key = await sibling(access, c);
      const { principal } = c.var;
      const call = callContext(c, access.upstreamBudgetMs);
      await assertMayRevoke(access, principal, key, call);
      const { credential } = principal;
      const revocation = { id: key.id, reach: reachOf(key), by: actor(access, c), credential };
      await revokeAndInvalidate(access, revocation, call);
      return c.body(null, 204);
    })
    .add(rotate, rotateOwn(access), (c) => refuseBrowserKey(c.get('principal')));
}

function rotateOwn(access: Access) {
  return async function rotatedOwn(c: Context<GatewayEnv>): Promise<Response> {
    const key = await sibling(access, c);
    const { principal } = c.var;
    if (key.id !== principal.keyId) {
      throw new ComputeError('forbidden', 'A key can only rotate itself: sign in with the key to rotate.');
    }
    const { overlap_seconds } = await decodeBody(c, API_KEY_ROUTES.rotate.body);
    const { keys, secret } = access;
    const by = actor(access, c);
    const { credential, userId } = principal;
    // Keys of the project itself are the operator's to count.
    const limit = userId === null ? undefined : selfServiceLimit();
    const issued = await rotateKey(keys, secret, key.id, credential, overlap_seconds, by, limit);
    access.verifier.invalidate(key.id);
    return respondJson(c, createdKeyView(issued, access.services), 201);
  };
}

function signUp(access: Access) {
  return async function signedUp(c: Context<GatewayEnv>): Promise<Response> {
    const body = await decodeBody(c, API_KEY_ROUTES.signUp.body, MAX_SIGN_UP_BYTES);
    return respondJson(c, createdKeyView(await issueOwnKey(access, c, body), access.services), 201);
  };
}

/** A customer signs in with what the cloud knows of them and gets a key, once. */
export async function issueOwnKey(
  access: Access,
  c: Context<GatewayEnv>,
  body: z.output<typeof selfServiceKeySchema>,
): Promise<IssuedKey> {
  const address = access.clientAddress(c);
  const { credentials } = decode(credentialsSchema(body.credentials), { credentials: body.credentials });
  const scopes = withoutAdmin(body.scopes ?? defaultScopes(body.allowed_origins));
  const wish = {
    name: `linguanova ${crypto.randomUUID()} ${body.name}`.slice(0, 255),
    roles: body.roles,
    expiresAt: body.expires_at ?? null,
  };
  const call = anonymousCall(c, access);
  const admit = async (caller: Caller) => {
    await access.spendSignUp(caller.userId, address);
    await assertKeyQuota(access.keys, caller);
  };
  const issued = await signedIn(access, c, toSignIn(credentials), (signIn) =>
    access.identities.issueCredential(signIn, wish, admit, call),
  );
  const request = {
    name: body.name,
    credential: issued.credential,
    projectId: issued.projectId,
    userId: issued.userId,
    ownsCloudCredential: issued.owned,
    credentialExpiresAt: issued.credentialExpiresAt,
    roles: issued.roles,
    scopes,
    plan: 'default',
    allowedCidrs: body.allowed_cidrs,
    allowedOrigins: body.allowed_origins,
    regions: body.regions,
    expiresAt: body.expires_at ?? null,
  };
  const by = { actor: `user:${issued.userId}`, address, requestId: c.var.requestId };
  // Counted once more as it is stored: others of this user may have signed up meanwhile.
  const store = () => issueKey(access.keys, access.secret, request, by, selfServiceLimit());
  const key = issued.owned
    ? await keepOrWithdraw(access.identities, issued.userId, issued.credential, call, store)
    : await store();
  access.keyOrigins.invalidate();
  return key;
}

/**
 * Lets the cloud judge, one sign-in of an address at a time: many guesses at once would else all be judged, and lock the user's
 * account. Failures are counted by address and user, so that one user's failures do not block another.
 */
async function signedIn<T>(
  access: Access,
  c: Context<GatewayEnv>,
  signIn: SignIn,
  judge: (signIn: SignIn) => Promise<T>,
): Promise<T> {
  const address = access.clientAddress(c);
  const user = signIn.kind === 'password' ? `${signIn.userDomainName}/${signIn.username}` : signIn.id;
  // Keystone's database may take upper and lower case for the same.
  const pair = `${clientNetwork(address)} ${user.normalize('NFKC').toLowerCase()}`;
  return access.signIns.run(address, async () => {
    const blocked = access.signInFailures.blockedFor(pair);
    if (blocked !== null) throw tooManyFailures(blocked);
    return judge(signIn).catch((error) => {
      if (hasCode(error, 'unauthenticated')) {
        access.signInFailures.record(pair);
        recordRejection(access, c, 'wrong_credentials', null);
      }
      throw error;
    });
  });
}

function sibling({ keys }: Access, c: Context<GatewayEnv>): Promise<StoredKey> {
  return siblingKey(keys, c.var.principal, c.req.param('id') ?? '');
}

/** What `admin` opens is the operator's to give. @throws ComputeError `invalid`. */
function withoutAdmin<T extends string>(scopes: readonly T[]): readonly T[] {
  if (scopes.some((scope) => scope === 'admin')) {
    throw ComputeError.field('scopes', '"admin" is given by the operator only');
  }
  return scopes;
}

function toSignIn(credentials: Credentials): SignIn {
  if ('application_credential_id' in credentials) {
    return {
      kind: 'application_credential',
      id: credentials.application_credential_id,
      secret: credentials.application_credential_secret,
    };
  }
  const { project_id, project_name = '', project_domain_name } = credentials;
  return {
    kind: 'password',
    username: credentials.username,
    password: credentials.password,
    userDomainName: credentials.user_domain_name,
    project:
      project_id === undefined ? { name: project_name, domainName: project_domain_name } : { id: project_id },
  };
}

function actor(access: Access, c: Context<GatewayEnv>): Actor {
  return {
    actor: `key:${c.var.principal.keyId}`,
    address: access.clientAddress(c),
    requestId: c.var.requestId,
  };
}
