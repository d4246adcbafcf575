import * as z from 'zod';
import type { NetworkAttachment, RequestedNetworks } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { CreateInstance } from '../../../compute/requests.ts';
import { canonicalBase64 } from '../../../http/base64.ts';
import { name, shortText, uuid } from '../../../http/field-schemas.ts';
import { assertDevice, blockDevice, diskOf, unsupportedDisk } from './boot-disk.ts';
import { unsupported } from './call.ts';
import {
  diskConfig,
  flavorReference,
  imageReference,
  integer,
  MAX_SERVER_TAGS,
  serverDescription,
  serverTag,
  unsupportedField,
} from './fields.ts';
import { isTrue } from './lists.ts';
import { assertMembers, type Span } from './microversions.ts';
import { metadataSchema, splitFlags } from './server-metadata.ts';

const MAX_NETWORKS = 16;
const MAX_USER_DATA = 65_535;

const attachment = z.strictObject({
  uuid: uuid.optional(),
  port: uuid.nullish(),
  fixed_ip: z.string().optional(),
  tag: unsupportedField,
});
const userData = z
  .string()
  .max(MAX_USER_DATA)
  .transform((value, context) => {
    const encoded = canonicalBase64(value);
    if (encoded === null) context.addIssue({ code: 'custom', message: 'must be base64' });
    return encoded ?? z.NEVER;
  });
const count = integer.refine((value) => value >= 1, 'must be 1 or more').optional();
const hints = z.looseObject({ group: uuid.nullish() }).optional();

/** `POST /servers` with the members of every microversion. */
export const newServerSchema = z.strictObject({
  server: z.strictObject({
    name,
    flavorRef: flavorReference,
    imageRef: z.union([z.literal(''), imageReference]).optional(),
    networks: z.union([z.enum(['auto', 'none']), z.array(attachment).max(MAX_NETWORKS)]).optional(),
    security_groups: z.array(z.strictObject({ name: shortText })).optional(),
    key_name: shortText.optional(),
    user_data: userData.nullish(),
    availability_zone: shortText.optional(),
    metadata: metadataSchema.optional(),
    min_count: count,
    max_count: count,
    config_drive: z.union([z.boolean(), z.string()]).optional(),
    'OS-DCF:diskConfig': diskConfig,
    block_device_mapping_v2: z.array(blockDevice).optional(),
    accessIPv4: unsupportedField,
    accessIPv6: unsupportedField,
    adminPass: unsupportedField,
    block_device_mapping: unsupportedField,
    personality: unsupportedField,
    description: serverDescription,
    tags: z.array(serverTag).max(MAX_SERVER_TAGS).optional(),
    trusted_image_certificates: unsupportedField,
    host: unsupportedField,
    hypervisor_hostname: unsupportedField,
    return_reservation_id: unsupportedField,
  }),
  'os:scheduler_hints': hints,
  'OS-SCH-HNT:scheduler_hints': hints,
});
type NewServerBody = z.output<typeof newServerSchema>;

const SPANS: Readonly<Record<string, Span>> = {
  description: [19],
  tags: [52],
  personality: [1, 56],
  trusted_image_certificates: [63],
  host: [74],
  hypervisor_hostname: [74],
};

/** @throws ComputeError `invalid`; `not_implemented`: no unsupported member is dropped silently. */
export function toCreateInstance(body: NewServerBody, minor: number): CreateInstance {
  const { server } = body;
  assertMembers(server, SPANS, minor, 'server');
  for (const device of server.block_device_mapping_v2 ?? []) assertDevice(device, minor);
  assertSupported(server);
  assertSupportedHints(body);
  const { items, flags } = splitFlags<string>(server.metadata ?? {});
  const { group } = body['os:scheduler_hints'] ?? body['OS-SCH-HNT:scheduler_hints'] ?? {};
  return {
    name: server.name,
    flavor: server.flavorRef,
    ...diskOf(server.imageRef, server.block_device_mapping_v2 ?? []),
    networks: toNetworks(server.networks, minor),
    securityGroupNames: [...new Set(server.security_groups?.map((one) => one.name))],
    keypairName: server.key_name ?? null,
    userData: server.user_data || null,
    availabilityZone: server.availability_zone ?? null,
    serverGroupId: group ?? null,
    description: server.description || null,
    tags: [...new Set(server.tags)],
    metadata: items,
    isPublic: flags.isPublic ?? false,
    enableSsh: flags.enableSsh ?? false,
  };
}

function assertSupported(server: NewServerBody['server']): void {
  const { min_count: least = 1, max_count: most = least } = server;
  if (least > most) throw ComputeError.field('server.min_count', 'must not be more than max_count');
  const nics = typeof server.networks === 'object' ? server.networks : [];
  const beyond = [
    server.adminPass !== undefined && 'an adminPass',
    (server.accessIPv4 || server.accessIPv6) && 'an accessIPv4 or accessIPv6',
    server['OS-DCF:diskConfig'] === 'AUTO' && 'an OS-DCF:diskConfig other than MANUAL',
    isTrue(server.config_drive) && 'a config_drive',
    isFilled(server.personality) && 'a personality',
    isFilled(server.block_device_mapping) && 'a block_device_mapping',
    unsupportedDisk(server.block_device_mapping_v2 ?? []),
    server.return_reservation_id === true && 'a return_reservation_id',
    Math.max(least, most) > 1 && 'a min_count or max_count above 1',
    isFilled(server.trusted_image_certificates) && 'trusted_image_certificates',
    (server.host || server.hypervisor_hostname) && 'a host or hypervisor_hostname',
    nics.some((one) => one.fixed_ip !== undefined) && 'a fixed_ip',
    nics.some((one) => one.tag !== undefined) && 'a tag of a network',
  ].find((member) => typeof member === 'string');
  if (beyond !== undefined) throw unsupported(`making servers with ${beyond}`);
}

function assertSupportedHints(body: NewServerBody): void {
  for (const member of ['os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints'] as const) {
    const [hint] =
      Object.entries(body[member] ?? {}).find(([name, value]) => name !== 'group' && value != null) ?? [];
    if (hint !== undefined) throw unsupported(`making servers with the scheduler hint ${hint}`);
  }
}

function toNetworks(networks: NewServerBody['server']['networks'], minor: number): RequestedNetworks {
  if (minor >= 37 && networks === undefined) throw ComputeError.field('server.networks', 'is required');
  if (typeof networks !== 'string') return (networks ?? []).map(toAttachment);
  if (minor < 37) throw ComputeError.field('server.networks', `${networks} needs microversion 2.37`);
  return networks;
}

function toAttachment({ uuid: networkId, port }: z.output<typeof attachment>): NetworkAttachment {
  if (port) return { kind: 'port', portId: port };
  if (networkId !== undefined) return { kind: 'network', networkId };
  throw ComputeError.field('server.networks', 'must name a network (uuid) or a port each');
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value != null;
}
