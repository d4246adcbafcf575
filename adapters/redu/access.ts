import * as z from 'zod';
import type { SignedInCaller } from '../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../src/compute/errors.ts';
import type {
  CreatedKeyPair,
  Identity,
  KeyPair,
  KeyPairType,
  SecurityGroup,
} from '../../src/compute/model.ts';
import { NO_REGIONS } from '../../src/compute/regions.ts';
import {
  decodeKeyPair,
  decodeSecurityGroup,
  foreignKeyPairSchema,
  foreignSecurityGroupSchema,
} from '../../src/dialects/redu/decode-responses.ts';
import { encodePort } from '../../src/dialects/redu/security-group-rules.ts';
import type { ReduSession } from './session.ts';

/** The documented fields of `/v1/me`, and those that gateways like this one add. */
const Me = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string().nullish(),
  roles: z.array(z.string()),
  project_id: z.string().optional(),
});

/** The key pair as the older path wraps it. */
const LegacyKeyPair = z.object({ keypair: foreignKeyPairSchema }).transform(({ keypair }) => keypair);

/** A security group as the older path has it, which is Neutron's way. */
const LegacyGroup = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().default(''),
    security_group_rules: z.array(
      z.object({
        id: z.string(),
        direction: z.enum(['ingress', 'egress']),
        ethertype: z.enum(['IPv4', 'IPv6']).optional(),
        protocol: z.string().nullable(),
        port_range_min: z.int().nullable(),
        port_range_max: z.int().nullable(),
        remote_ip_prefix: z.string().nullable(),
        remote_group_id: z.string().nullish(),
        remote_address_group_id: z.string().nullish(),
        description: z.string().optional(),
      }),
    ),
  })
  .transform(({ security_group_rules, ...group }) => ({
    ...group,
    rules: security_group_rules.map(
      ({ port_range_min: min, port_range_max: max, remote_ip_prefix, ...rule }) => ({
        ...rule,
        port: encodePort({ protocol: rule.protocol, portMin: min, portMax: max }),
        cidr: remote_ip_prefix,
        source_group_id: rule.remote_group_id ?? null,
        source_address_group_id: rule.remote_address_group_id ?? undefined,
      }),
    ),
  }));

export async function identity(session: ReduSession): Promise<Identity> {
  const me = await currentOrLegacy(
    () => session.read({ method: 'GET', path: '/v1/me' }, 'collection', Me),
    () => session.read({ method: 'GET', path: '/cloud/v1/me' }, 'collection', Me),
  ).catch((error) => {
    if (!hasCode(error, 'not_implemented')) throw error;
    throw new ComputeError('bad_gateway', 'The cloud does not serve redu at this address.', { cause: error });
  });
  // The documented response names no project: each user has one.
  const projectId = me.project_id ?? me.id;
  return {
    userId: me.id,
    username: me.username,
    email: me.email ?? null,
    roles: me.roles,
    projectId,
    projectName: projectId,
  };
}

export async function caller(session: ReduSession): Promise<SignedInCaller> {
  const { userId, projectId, roles } = await identity(session);
  return { region: NO_REGIONS.default, userId, projectId, roles };
}

export function listKeyPairs(session: ReduSession): Promise<KeyPair[]> {
  return currentOrLegacy(
    async () => (await session.list('/v1/keypairs', foreignKeyPairSchema)).map(decodeKeyPair),
    async () => (await session.list('/cloud/v1/compute/keypairs', LegacyKeyPair)).map(decodeKeyPair),
  );
}

/** From the list, which every redu cloud has. `not_found`. */
export async function getKeyPair(session: ReduSession, name: string): Promise<KeyPair> {
  const found = (await listKeyPairs(session)).find((keypair) => keypair.name === name);
  if (found === undefined) throw new ComputeError('not_found', 'There is no such key pair.');
  return found;
}

export function createKeyPair(
  session: ReduSession,
  name: string,
  publicKey: string | null,
  type: KeyPairType,
): Promise<CreatedKeyPair> {
  return currentOrLegacy(
    async () => {
      const body = {
        name,
        ...(publicKey !== null && { public_key: publicKey }),
        ...(type !== 'ssh' && { type }),
      };
      const request = { method: 'POST', path: '/v1/keypairs', body } as const;
      return decodeKeyPair(await session.read(request, 'collection', foreignKeyPairSchema));
    },
    async () => {
      if (type !== 'ssh')
        throw new ComputeError('not_implemented', `This cloud has no key pairs of type ${type}.`);
      const path = '/cloud/v1/compute/keypairs';
      const wrapped = z.object({ keypair: foreignKeyPairSchema });
      const request = { method: 'POST', path, body: { name, publicKey } } as const;
      return decodeKeyPair((await session.read(request, 'collection', wrapped)).keypair);
    },
  );
}

export async function listSecurityGroups(session: ReduSession, projectId: string): Promise<SecurityGroup[]> {
  const groups = await currentOrLegacy(
    () => session.list('/v1/security_groups', foreignSecurityGroupSchema),
    () => session.list('/cloud/v1/network/security_groups/list', LegacyGroup),
  );
  return groups.map((group) => decodeSecurityGroup(group, projectId));
}

/** A cloud without the current path may have the older one. */
async function currentOrLegacy<T>(current: () => Promise<T>, legacy: () => Promise<T>): Promise<T> {
  try {
    return await current();
  } catch (error) {
    if (!hasCode(error, 'not_implemented')) throw error;
    return legacy();
  }
}
