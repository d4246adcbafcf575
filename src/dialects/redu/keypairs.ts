import type { Context } from 'hono';
import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import { type CreatedKeyPair, KEY_PAIR_TYPES, type KeyPair } from '../../compute/model.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { text } from '../../http/field-schemas.ts';
import { respondJson } from '../../http/json.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { publicPath } from '../../http/public-url.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';
import type { Mount } from './mount.ts';
import { byName, pagedList } from './paged-list.ts';

/** Nova's rule for names of key pairs. The names of the two relative paths would change the path they stand in. */
const keypairName = z
  .string()
  .regex(/^[A-Za-z0-9_@. -]{1,255}$/, 'must have 1 to 255 of: letters, digits, space, _ @ . -')
  .refine((name) => name !== '.' && name !== '..', 'must not be . or ..');

export const newKeypairName = keypairName.refine(
  (name) => name.trim() === name,
  'must not begin or end with a space',
);
export const publicKeyText = text.min(1).max(16_384);

export const keypairSchema = z
  .object({
    name: z.string(),
    type: z.enum(KEY_PAIR_TYPES),
    public_key: z.string(),
    fingerprint: z.string(),
  })
  .meta({ id: 'KeyPair' });

export const createdKeypairSchema = keypairSchema
  .extend({
    private_key: z
      .string()
      .optional()
      .describe('Shown this once, when no public_key was given; of an x509 pair PKCS#12 in base64.'),
  })
  .meta({ id: 'CreatedKeyPair' });

export const newKeypairSchema = z
  .strictObject({
    name: newKeypairName,
    type: z.enum(KEY_PAIR_TYPES).default('ssh').describe('x509: a certificate in PEM.'),
    public_key: publicKeyText.nullish().describe('Without it the cloud makes both halves.'),
  })
  .meta({ id: 'NewKeyPair' });

export const KEYPAIR_ROUTES = {
  list: route({
    method: 'GET',
    path: '/v1/keypairs',
    scope: 'instances:read',
    query: pageQuerySchema,
    status: 200,
    response: { page: keypairSchema },
  }),
  create: route({
    method: 'POST',
    path: '/v1/keypairs',
    scope: 'keypairs:write',
    body: newKeypairSchema,
    status: 201,
    response: createdKeypairSchema,
  }),
  get: route({
    method: 'GET',
    path: '/v1/keypairs/{name}',
    scope: 'instances:read',
    status: 200,
    response: keypairSchema,
  }),
  delete: route({ method: 'DELETE', path: '/v1/keypairs/{name}', scope: 'keypairs:write', status: 204 }),
};

const list = pagedList((cloud) => cloud.listKeyPairs(), byName, encodeKeypair);

const get: Read<string, KeyPair> = {
  input: ({ param }) => pathName(param('name')),
  load: (cloud, name) => cloud.getKeyPair(name),
  render: (keypair) => ({ body: JSON.stringify(encodeKeypair(keypair)) }),
};

/** `/v1/keypairs`. */
export function keypairs(mount: Mount): void {
  mount
    .addRead(KEYPAIR_ROUTES.list, list, { of: 'user' })
    .add(KEYPAIR_ROUTES.create, create)
    .addRead(KEYPAIR_ROUTES.get, get, { of: 'user' })
    .add(KEYPAIR_ROUTES.delete, remove);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const { name, public_key, type } = await decodeBody(c, KEYPAIR_ROUTES.create.body);
  const created = await c.var.cloud.createKeyPair(name, public_key ?? null, type);
  c.header('Location', publicPath(c, `/v1/keypairs/${encodeURIComponent(created.name)}`));
  return respondJson(c, encodeCreatedKeypair(created), 201);
}

async function remove(c: Context<GatewayEnv>): Promise<Response> {
  await c.var.cloud.deleteKeyPair(pathName(c.req.param('name')));
  return c.body(null, 204);
}

/** @throws ComputeError `not_found` for what cannot be the name of a key pair, without an upstream request. */
function pathName(value: string | undefined): string {
  const name = keypairName.safeParse(value);
  if (!name.success) throw new ComputeError('not_found', 'There is no such key pair.');
  return name.data;
}

export function encodeKeypair(keypair: KeyPair): z.infer<typeof keypairSchema> {
  const { name, type, publicKey, fingerprint } = keypair;
  return { name, type, public_key: publicKey, fingerprint };
}

export function encodeCreatedKeypair(created: CreatedKeyPair): z.infer<typeof createdKeypairSchema> {
  return {
    ...encodeKeypair(created),
    ...(created.privateKey !== null && { private_key: created.privateKey }),
  };
}
