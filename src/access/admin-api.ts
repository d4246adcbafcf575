import { type Context, type Handler, Hono, type MiddlewareHandler } from 'hono';
import * as z from 'zod';
import type { CloudCredential } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { respondWithPage } from '../http/csv.ts';
import { decodeBody, decodeQuery } from '../http/decode.ts';
import { queryNumber, queryTime } from '../http/field-schemas.ts';
import { respondJson } from '../http/json.ts';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import { assertPrecondition } from '../http/precondition.ts';
import { at, type RouteDefinition, route } from '../http/route.ts';
import { type Access, callContext } from './access.ts';
import { type AdminToken, assertAdminToken } from './admin-tokens.ts';
import { AUDIT_ACTIONS } from './audit.ts';
import { type Actor, issueKey, rotateKey } from './issue-key.ts';
import { keyListParameters, keyPage, keySearchParameters } from './key-list.ts';
import {
  adminRotationSchema,
  createdKeySchema,
  createdKeyView,
  credentialOf,
  keyChangeSchema,
  keyId,
  keyRequestOf,
  keySchema,
  keyView,
  newKeySchema,
  projectId,
} from './key-schemas.ts';
import type { StoredKey } from './key-store.ts';
import { reachOf, revokeAndInvalidate } from './revoke-key.ts';
import { assertPlan, updateKey } from './update-key.ts';

const DEFAULT_PAGE = 100;

/** No resource here has an entity tag. */
const preconditionHolds: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') await assertPrecondition(c, async () => null);
  await next();
};

export type AdminTokenFromSession = (c: Context<GatewayEnv>) => Promise<string | undefined>;

const keysQuery = z.strictObject({
  ...keyListParameters,
  ...keySearchParameters,
  limit: keyListParameters.limit.default(DEFAULT_PAGE),
  project_id: projectId.optional(),
});

const revocationQuery = z.strictObject({
  family: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

const auditRecordSchema = z
  .object({
    sequence: z.int().describe('1, 2, 3 ... without gaps.'),
    at: z.string(),
    actor: z.string().describe('admin, admin:<name>, cli, key:<id>, user:<id> or anonymous.'),
    action: z.enum(AUDIT_ACTIONS),
    key_id: z.string().nullable(),
    address: z.string().nullable(),
    request_id: z.string().nullable(),
    detail: z.string().describe('Human-readable; never a secret.'),
  })
  .meta({ id: 'AuditRecord' });

const auditQuery = z
  .strictObject({
    limit: queryNumber(1, 1000).default(DEFAULT_PAGE),
    cursor: z
      .string()
      .regex(/^[0-9]{1,15}$/, 'must be a next_cursor of this list')
      .transform(Number)
      .optional(),
    action: z.enum(AUDIT_ACTIONS).optional(),
    key_id: keyId.optional(),
    project_id: projectId.optional().describe('Only entries of the keys of this project.'),
    from: queryTime.optional().describe('Inclusive.'),
    to: queryTime.optional().describe('Exclusive.'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['from'],
    error: 'must be before to',
  });

const KEYS = '/admin/v1/keys';
const KEY = '/admin/v1/keys/{id}';
const created = { status: 201, response: createdKeySchema } as const;

export const ADMIN_ROUTES = {
  createKey: route({ method: 'POST', path: KEYS, body: newKeySchema, ...created }),
  listKeys: route({
    method: 'GET',
    path: KEYS,
    query: keysQuery,
    status: 200,
    response: { page: keySchema },
    csv: true,
  }),
  getKey: route({ method: 'GET', path: KEY, status: 200, response: keySchema }),
  updateKey: route({ method: 'PATCH', path: KEY, body: keyChangeSchema, status: 200, response: keySchema }),
  revokeKey: route({ method: 'DELETE', path: KEY, query: revocationQuery, status: 204 }),
  rotateKey: route({ method: 'POST', path: `${KEY}/rotate`, body: adminRotationSchema, ...created }),
  audit: route({
    method: 'GET',
    path: '/admin/v1/audit',
    query: auditQuery,
    status: 200,
    response: { page: auditRecordSchema },
    csv: true,
  }),
};

/** A route of another part of the gateway, behind the same tokens. */
export type AdminRoute = readonly [definition: RouteDefinition, handler: Handler<GatewayEnv>];

/** The operator's API, behind admin tokens. @param respond Renders an error of the API. */
export function adminApi(
  access: Access,
  tokens: readonly AdminToken[],
  respond: (error: ComputeError, c: Context<GatewayEnv>) => Response,
  fromSession?: AdminTokenFromSession,
  further: readonly AdminRoute[] = [],
): Hono<GatewayEnv> {
  const { keys } = access;
  const router = new Hono<GatewayEnv>({ strict: false })
    .use('/admin/v1/*', requireAdminToken(access, tokens, fromSession))
    .use('/admin/v1/*', preconditionHolds)
    .on(...at(ADMIN_ROUTES.createKey), async (c) => {
      const body = await decodeBody(c, ADMIN_ROUTES.createKey.body);
      assertPlan(body.plan, access.plans);
      const credential = credentialOf(body);
      const request = keyRequestOf(body, credential, await identify(access, credential, c));
      const issued = await issueKey(keys, access.secret, request, actor(access, c));
      access.verifier.invalidate(issued.key.id);
      access.keyOrigins.invalidate();
      return respondJson(c, createdKeyView(issued, access.services), 201);
    })
    .on(...at(ADMIN_ROUTES.listKeys), async (c) => {
      const { project_id, ...query } = decodeQuery(c, ADMIN_ROUTES.listKeys.query);
      const page = await keyPage(access, project_id === undefined ? {} : { projectId: project_id }, query);
      return respondWithPage(c, page, Object.keys(keySchema.shape));
    })
    .on(...at(ADMIN_ROUTES.getKey), async (c) =>
      respondJson(c, keyView(await findKey(access, c), access.services)),
    )
    .on(...at(ADMIN_ROUTES.updateKey), async (c) => {
      const before = await findKey(access, c);
      const body = await decodeBody(c, ADMIN_ROUTES.updateKey.body);
      // Also after a conflict: this node may have cached an older row.
      const changed = await updateKey(keys, before, body, access.plans, actor(access, c)).finally(() => {
        access.verifier.invalidate(before.id);
        access.keyOrigins.invalidate();
      });
      return respondJson(c, keyView(changed, access.services));
    })
    .on(...at(ADMIN_ROUTES.revokeKey), async (c) => {
      const { family } = decodeQuery(c, ADMIN_ROUTES.revokeKey.query);
      const key = await findKey(access, c);
      const reach = family ? 'family' : reachOf(key);
      const revocation = { id: key.id, reach, by: actor(access, c) };
      await revokeAndInvalidate(access, revocation, callContext(c, access.upstreamBudgetMs));
      return c.body(null, 204);
    })
    .on(...at(ADMIN_ROUTES.rotateKey), async (c) => {
      const key = await findKey(access, c);
      const body = await decodeBody(c, ADMIN_ROUTES.rotateKey.body);
      const credential = await credentialToRotate(access, key, body.application_credential, c);
      const by = actor(access, c);
      const issued = await rotateKey(keys, access.secret, key.id, credential, body.overlap_seconds, by);
      access.verifier.invalidate(key.id);
      access.verifier.invalidate(issued.key.id);
      return respondJson(c, createdKeyView(issued, access.services), 201);
    })
    .on(...at(ADMIN_ROUTES.audit), async (c) => {
      const query = decodeQuery(c, ADMIN_ROUTES.audit.query);
      const { limit, cursor: before = null, key_id, project_id, ...filter } = query;
      const selection = { ...filter, keyId: key_id, projectId: project_id };
      const found = await keys.listAudit({ ...selection, limit: limit + 1, before });
      const items = found.slice(0, limit).map(({ keyId, requestId, ...record }) => ({
        ...record,
        key_id: keyId,
        request_id: requestId,
      }));
      const last = found.length > limit ? items.at(-1)?.sequence : undefined;
      const page = { items, next_cursor: last === undefined ? null : String(last) };
      return respondWithPage(c, page, Object.keys(auditRecordSchema.shape));
    });
  for (const [definition, handler] of further) router.on(...at(definition), handler);
  return methodNotAllowed(router, respond);
}

function requireAdminToken(
  access: Access,
  tokens: readonly AdminToken[],
  fromSession?: AdminTokenFromSession,
): MiddlewareHandler<GatewayEnv> {
  return async function handleAdminToken(c, next) {
    const presented = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const given = presented ?? (await fromSession?.(c));
    c.set('adminActor', assertAdminToken(access, c, tokens, given, access.adminFailures));
    await next();
  };
}

function actor(access: Access, c: Context<GatewayEnv>): Actor {
  return { actor: c.var.adminActor ?? 'admin', address: access.clientAddress(c), requestId: c.var.requestId };
}

async function findKey(access: Access, c: Context<GatewayEnv>): Promise<StoredKey> {
  const id = c.req.param('id') ?? '';
  const key = /^[0-9a-z]{1,64}$/.test(id) ? await access.keys.find(id) : null;
  if (key === null) throw new ComputeError('not_found', 'Key not found.');
  return key;
}

/** Verifies the credential with the cloud, so that no key is issued that would open nothing. */
async function identify(access: Access, credential: CloudCredential, c: Context<GatewayEnv>) {
  const caller = await access.identities.identify(credential, callContext(c, access.upstreamBudgetMs));
  if (caller !== null) return caller;
  throw credential.kind === 'service'
    ? ComputeError.field(
        'project_id',
        'the gateway has no account (OS_USERNAME) that can act in this project',
      )
    : ComputeError.field(credential.kind, 'was rejected by the cloud');
}

/** An application credential is sealed with the customer's key, so the operator has to supply it again. */
async function credentialToRotate(
  access: Access,
  key: StoredKey,
  given: { id: string; secret: string } | undefined,
  c: Context<GatewayEnv>,
): Promise<CloudCredential> {
  if (key.kind === 'service') return { kind: 'service', projectId: key.projectId };
  if (key.kind === 'redu_key') {
    throw new ComputeError(
      'conflict',
      'This key contains a redu key sealed with the customer’s secret: the customer has to rotate it, or issue a new key.',
    );
  }
  if (given === undefined) {
    throw ComputeError.field(
      'application_credential',
      'is sealed with the customer’s key: supply it again, or the customer rotates (POST /v1/api_keys/{id}/rotate)',
    );
  }
  if (given.id !== key.cloudCredentialId) {
    throw ComputeError.field(
      'application_credential',
      `must be the one of this key, ${key.cloudCredentialId}`,
    );
  }
  const credential = { kind: 'application_credential', ...given } as const;
  await identify(access, credential, c);
  return credential;
}
