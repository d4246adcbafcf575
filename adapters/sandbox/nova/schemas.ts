/** @module The schemas of Nova's request bodies, as far as the sandbox reads them. */

import type { Schema } from './schema.ts';

const name: Schema = { type: 'string', minLength: 1, maxLength: 255, format: 'name' };
const BOOLEANS = [
  true,
  'True',
  'TRUE',
  'true',
  '1',
  'ON',
  'On',
  'on',
  'YES',
  'Yes',
  'yes',
  false,
  'False',
  'FALSE',
  'false',
  '0',
  'OFF',
  'Off',
  'off',
  'NO',
  'No',
  'no',
];
const count: Schema = { type: ['integer', 'string'], pattern: '^[0-9]*$', minimum: 1 };
const METADATA_KEY = '^[a-zA-Z0-9-_:. ]{1,255}$';
const METADATA_VALUE: Schema = { type: 'string', maxLength: 255 };
const description: Schema = { type: ['string', 'null'], minLength: 0, maxLength: 255 };

/** `{"key": "value"}` with Nova's limits. */
export const metadata: Schema = { type: 'object', each: { pattern: METADATA_KEY, schema: METADATA_VALUE } };

/** `{"<name>": schema}` and nothing else. */
export function enveloped(key: string, schema: Schema): Schema {
  return { type: 'object', properties: { [key]: schema }, required: [key], closed: true };
}

/** Of a server. */
export const newTag: Schema = { type: 'string', minLength: 1, maxLength: 60, pattern: '^[^,/]*$' };

const nic: Schema = {
  type: 'object',
  properties: {
    uuid: { type: 'string', format: 'uuid' },
    port: { type: ['string', 'null'], format: 'uuid' },
    fixed_ip: { type: 'string', format: 'ipv4' },
    tag: { type: 'string', maxLength: 60 },
  },
  closed: true,
};

const blockDevice: Schema = {
  type: 'object',
  properties: {
    source_type: { type: 'string', enum: ['volume', 'image', 'snapshot', 'blank'] },
    destination_type: { type: 'string', enum: ['local', 'volume'] },
    uuid: { type: 'string', format: 'uuid' },
    volume_size: { type: ['integer', 'string', 'null'], pattern: '^[0-9]*$', minimum: 1 },
    delete_on_termination: { enum: BOOLEANS },
  },
};

/** A name, and from 2.94 on a name with its domain. */
function hostname(minor: number): Schema {
  return minor >= 94
    ? { type: 'string', minLength: 2, maxLength: 255, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-.]*[a-zA-Z0-9]+$' }
    : { type: 'string', minLength: 2, maxLength: 63, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$' };
}

/** POST /servers. `minor`: the microversion's second number. */
export function createServerSchema(minor: number): Schema {
  const list: Schema = { type: 'array', items: nic };
  const networks: Schema = minor >= 37 ? { anyOf: [list, { type: 'string', enum: ['none', 'auto'] }] } : list;
  const server: Schema = {
    type: 'object',
    properties: {
      name,
      imageRef: {
        anyOf: [
          { type: 'string', format: 'uuid' },
          { type: 'string', enum: [''] },
          { type: 'string', pattern: '^https?://' },
        ],
      },
      flavorRef: { type: ['string', 'integer'], minLength: 1 },
      adminPass: { type: 'string' },
      metadata,
      networks,
      'OS-DCF:diskConfig': { type: 'string', enum: ['AUTO', 'MANUAL'] },
      accessIPv4: { type: 'string', format: 'ipv4' },
      accessIPv6: { type: 'string' },
      availability_zone: name,
      block_device_mapping: { type: 'array' },
      block_device_mapping_v2: { type: 'array', items: blockDevice },
      config_drive: { enum: BOOLEANS },
      key_name: { type: 'string', minLength: 1, maxLength: 255 },
      min_count: count,
      max_count: count,
      return_reservation_id: { enum: BOOLEANS },
      security_groups: {
        type: 'array',
        items: {
          type: 'object',
          properties: { name: { type: 'string', minLength: 1, maxLength: 255 } },
          closed: true,
        },
      },
      user_data: { type: 'string', maxLength: 65535, format: 'base64' },
      ...(minor >= 19 && { description }),
      ...(minor >= 52 && { tags: { type: 'array', items: newTag, maxItems: 50 } }),
      ...(minor >= 63 && { trusted_image_certificates: { type: ['array', 'null'] } }),
      ...(minor >= 74 && { host: { type: 'string' }, hypervisor_hostname: { type: 'string' } }),
      ...(minor >= 90 && { hostname: hostname(minor) }),
      ...(minor < 57 && { personality: { type: 'array' } }),
    },
    required: ['name', 'flavorRef', ...(minor >= 37 ? ['networks'] : [])],
    closed: true,
  };
  const hints: Schema = { type: 'object', properties: { group: { type: 'string', format: 'uuid' } } };
  return {
    type: 'object',
    properties: { server, 'os:scheduler_hints': hints, 'OS-SCH-HNT:scheduler_hints': hints },
    required: ['server'],
    closed: true,
  };
}

/** PUT /servers/{id} */
export function updateServerSchema(minor: number): Schema {
  return enveloped('server', {
    type: 'object',
    properties: {
      name,
      accessIPv4: { type: 'string' },
      accessIPv6: { type: 'string' },
      'OS-DCF:diskConfig': { type: 'string', enum: ['AUTO', 'MANUAL'] },
      ...(minor >= 19 && { description }),
      ...(minor >= 90 && { hostname: hostname(minor) }),
      ...(minor >= 104 && { pinned_availability_zone: { type: ['string', 'null'], minLength: 1 } }),
    },
    closed: true,
  });
}

/** POST /os-keypairs */
export function createKeyPairSchema(minor: number): Schema {
  return enveloped('keypair', {
    type: 'object',
    properties: {
      name,
      ...(minor >= 2 && { type: { type: 'string', enum: ['ssh', 'x509'] } }),
      public_key: { type: 'string' },
      ...(minor >= 10 && { user_id: { type: 'string' } }),
    },
    required: minor >= 92 ? ['name', 'public_key'] : ['name'],
    closed: true,
  });
}

/** POST /os-server-groups */
export function createServerGroupSchema(minor: number): Schema {
  const strict = ['anti-affinity', 'affinity'];
  const all = [...strict, 'soft-anti-affinity', 'soft-affinity'];
  if (minor >= 64) {
    const properties: Record<string, Schema> = {
      name,
      policy: { type: 'string', enum: all },
      rules: { type: 'object' },
    };
    return enveloped('server_group', {
      type: 'object',
      properties,
      required: ['name', 'policy'],
      closed: true,
    });
  }
  const policies: Schema = { type: 'array', maxItems: 1, items: { enum: minor >= 15 ? all : strict } };
  const properties = { name, policies };
  return enveloped('server_group', {
    type: 'object',
    properties,
    required: ['name', 'policies'],
    closed: true,
  });
}

const imageName: Schema = { type: 'string', minLength: 1, maxLength: 255 };
const REBOOT_TYPES = ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft'];

/** What stands in an action's own object; actions that are not here take anything. */
export function actionSchema(action: string, minor: number): Schema | undefined {
  const closed = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
    type: 'object',
    properties,
    required,
    closed: true,
  });
  const schemas: Record<string, Schema> = {
    reboot: closed({ type: { enum: REBOOT_TYPES } }, ['type']),
    resize: closed(
      { flavorRef: { type: ['string', 'integer'], minLength: 1 }, 'OS-DCF:diskConfig': { type: 'string' } },
      ['flavorRef'],
    ),
    createImage: closed({ name: imageName, metadata }, ['name']),
    rebuild: closed(
      {
        imageRef: { type: 'string', format: 'uuid' },
        name,
        adminPass: { type: 'string' },
        metadata,
        accessIPv4: { type: 'string' },
        accessIPv6: { type: 'string' },
        preserve_ephemeral: { enum: BOOLEANS },
        'OS-DCF:diskConfig': { type: 'string' },
        ...(minor >= 19 && { description }),
        ...(minor >= 54 && { key_name: { type: ['string', 'null'] } }),
        ...(minor >= 57 && { user_data: { type: ['string', 'null'] } }),
      },
      ['imageRef'],
    ),
    ...(minor >= 73 && {
      lock: {
        ...closed({ locked_reason: { type: 'string', minLength: 1, maxLength: 255 } }),
        type: ['object', 'null'],
      },
    }),
    rescue: {
      ...closed({ adminPass: { type: 'string' }, rescue_image_ref: { type: 'string', format: 'uuid' } }),
      type: ['object', 'null'],
    },
    changePassword: closed({ adminPass: { type: 'string' } }, ['adminPass']),
    'os-resetState': closed({ state: { type: 'string', enum: ['active', 'error'] } }, ['state']),
    'os-getConsoleOutput': closed({
      length: { type: ['integer', 'string', 'null'], pattern: '^-?[0-9]+$' },
    }),
    createBackup: closed(
      {
        name: { ...imageName, format: 'name' },
        backup_type: { type: 'string' },
        rotation: { type: ['integer', 'string'], pattern: '^[0-9]*$', minimum: 0 },
        metadata,
      },
      ['name', 'backup_type', 'rotation'],
    ),
  };
  return schemas[action];
}
