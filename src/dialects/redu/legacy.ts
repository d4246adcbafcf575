/**
 * The paths of redu's older API, which customers send to the same host as the current ones. They answer in their own
 * shapes: bare arrays and Nova's and Neutron's objects.
 *
 * @module
 */

import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { requireScope } from '../../access/scopes.ts';
import { createInstance } from '../../compute/create-instance.ts';
import type { GatewayEnv } from '../../context.ts';
import { decodeBody } from '../../http/decode.ts';
import type { Cached } from '../../traffic/cache/cached.ts';
import { INSTANCE_LIST_POLICY, list } from './instances.ts';
import { encodeCreatedKeypair, encodeKeypair, newKeypairName, publicKeyText } from './keypairs.ts';
import { inLegacyFields, legacyCreateSchema, toLegacyCreateInstance } from './legacy-create.ts';
import { encodeNeutronGroup } from './legacy-security-groups.ts';
import { showMe } from './me.ts';

export const legacyKeypairSchema = z.strictObject({
  name: newKeypairName,
  publicKey: publicKeyText.nullish(),
});

/** `/cloud/v1`. */
export function legacy(cached: Cached): Hono<GatewayEnv> {
  const read = requireScope('instances:read');
  return new Hono<GatewayEnv>()
    .get('/me', cached(showMe, { of: 'key' }))
    .get('/compute/instances/list', read, cached(list, INSTANCE_LIST_POLICY))
    .post('/compute/instances/create', requireScope('instances:write'), create)
    .get('/compute/keypairs', read, cached(listKeypairs, { of: 'user' }))
    .post('/compute/keypairs', requireScope('keypairs:write'), createKeypair)
    .get('/network/security_groups/list', read, cached(listSecurityGroups));
}

async function create(c: Context<GatewayEnv>): Promise<Response> {
  const request = toLegacyCreateInstance(await decodeBody(c, legacyCreateSchema));
  try {
    await createInstance(c.var.cloud, request, { keyId: c.var.principal.keyId }, c.var.attempt);
  } catch (error) {
    throw inLegacyFields(error);
  }
  return c.json({ message: 'Instance creation started' });
}

async function listKeypairs(c: Context<GatewayEnv>): Promise<Response> {
  const keypairs = await c.var.cloud.listKeyPairs();
  return c.json(keypairs.map((keypair) => ({ keypair: encodeKeypair(keypair) })));
}

async function createKeypair(c: Context<GatewayEnv>): Promise<Response> {
  const { name, publicKey } = await decodeBody(c, legacyKeypairSchema);
  const created = await c.var.cloud.createKeyPair(name, publicKey ?? null);
  return c.json({ keypair: encodeCreatedKeypair(created) });
}

async function listSecurityGroups(c: Context<GatewayEnv>): Promise<Response> {
  const groups = await c.var.cloud.listSecurityGroups();
  return c.json(groups.map(encodeNeutronGroup));
}
