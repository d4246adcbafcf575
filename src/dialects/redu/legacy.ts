/**
 * The paths of redu's older API, which customers send to the same host as the current ones. Their responses have their own
 * shapes: bare arrays and Nova's and Neutron's objects.
 *
 * @module
 */

import type { Context } from 'hono';
import * as z from 'zod';
import type { Cloud } from '../../compute/cloud.ts';
import { createInstance } from '../../compute/create-instance.ts';
import { ComputeError, renameFields } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import { respondJson } from '../../http/json.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';
import { INSTANCE_LIST_POLICY, INSTANCE_ROUTES, list, ownerOf } from './instances.ts';
import {
  createdKeypairSchema,
  encodeCreatedKeypair,
  encodeKeypair,
  keypairSchema,
  newKeypairName,
  publicKeyText,
} from './keypairs.ts';
import { LEGACY_FIELDS, legacyCreateSchema, toLegacyCreateInstance } from './legacy-create.ts';
import { encodeNeutronGroup, neutronGroupSchema } from './legacy-security-groups.ts';
import { ME, readMe } from './me.ts';
import type { Mount } from './mount.ts';

export const legacyKeypairSchema = z
  .strictObject({ name: newKeypairName, publicKey: publicKeyText.nullish() })
  .meta({ id: 'LegacyNewKeyPair' });

const legacyCreatedSchema = z.object({ message: z.string() }).meta({ id: 'LegacyCreated' });
const legacyKeypairItem = z
  .object({ keypair: keypairSchema.omit({ type: true }) })
  .meta({ id: 'LegacyKeyPair' });
const legacyCreatedKeypair = z
  .object({ keypair: createdKeypairSchema.omit({ type: true }) })
  .meta({ id: 'LegacyCreatedKeyPair' });

export const LEGACY_ROUTES = {
  me: route({ ...ME, path: '/cloud/v1/me' }),
  listInstances: route({ ...INSTANCE_ROUTES.list, path: '/cloud/v1/compute/instances/list' }),
  createInstance: route({
    method: 'POST',
    path: '/cloud/v1/compute/instances/create',
    scope: 'instances:write',
    body: legacyCreateSchema,
    status: 200,
    response: legacyCreatedSchema,
  }),
  listKeypairs: route({
    method: 'GET',
    path: '/cloud/v1/compute/keypairs',
    scope: 'instances:read',
    status: 200,
    response: { list: legacyKeypairItem },
  }),
  createKeypair: route({
    method: 'POST',
    path: '/cloud/v1/compute/keypairs',
    scope: 'keypairs:write',
    body: legacyKeypairSchema,
    status: 200,
    response: legacyCreatedKeypair,
  }),
  listSecurityGroups: route({
    method: 'GET',
    path: '/cloud/v1/network/security_groups/list',
    scope: 'instances:read',
    status: 200,
    response: { list: neutronGroupSchema },
  }),
};

/** `/cloud/v1`. */
export function legacy(mount: Mount, services: ReadonlySet<string>): void {
  mount
    .addRead(LEGACY_ROUTES.me, readMe(services), { of: 'key' })
    .addRead(LEGACY_ROUTES.listInstances, list, INSTANCE_LIST_POLICY)
    .add(LEGACY_ROUTES.createInstance, create)
    .addRead(LEGACY_ROUTES.listKeypairs, listKeypairs, { of: 'user' })
    .add(LEGACY_ROUTES.createKeypair, createKeypair)
    .addRead(LEGACY_ROUTES.listSecurityGroups, listSecurityGroups);
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const request = toLegacyCreateInstance(await decodeBody(c, LEGACY_ROUTES.createInstance.body));
  try {
    await createInstance(c.var.cloud, request, ownerOf(c), c.var.attempt);
  } catch (error) {
    throw error instanceof ComputeError ? renameFields(error, LEGACY_FIELDS) : error;
  }
  return respondJson(c, { message: 'Instance creation started' });
}

const listKeypairs = bareList(
  (cloud) => cloud.listKeyPairs(),
  (keypair) => untyped(encodeKeypair(keypair)),
);
const listSecurityGroups = bareList((cloud) => cloud.listSecurityGroups(), encodeNeutronGroup);

function bareList<T>(
  load: (cloud: Cloud) => Promise<readonly T[]>,
  encode: (item: T) => object,
): Read<null, readonly T[]> {
  return { input: () => null, load, render: (items) => ({ body: JSON.stringify(items.map(encode)) }) };
}

async function createKeypair(c: Context<GatewayEnv>): Promise<Response> {
  const { name, publicKey } = await decodeBody(c, LEGACY_ROUTES.createKeypair.body);
  const created = await c.var.cloud.createKeyPair(name, publicKey ?? null, 'ssh');
  return respondJson(c, untyped(encodeCreatedKeypair(created)));
}

/** As Nova prints it at 2.1. */
function untyped<P extends { type: string }>({ type: _, ...keypair }: P) {
  return { keypair };
}
