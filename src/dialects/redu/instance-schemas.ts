/**
 * Instances on the wire. The list's fields are those of redu's "List Instances" page and no others.
 *
 * @module
 */

import * as z from 'zod';
import { isInstanceMark } from '../../compute/ownership.ts';
import { idOrName, name, printableText, shortText, text, uuid } from '../../http/field-schemas.ts';
import { metadataChangeSchema, newMetadataSchema } from './metadata.ts';
import { userDataSchema } from './user-data.ts';
import { sizeGb } from './volumes.ts';

export const instanceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string().describe("Nova's status: ACTIVE, SHUTOFF, BUILD, ..."),
    state: z
      .string()
      .describe('In plain words, a task in flight included: active, stopping, snapshotting, ...'),
    image_id: z.string().nullable().describe('null when booted from a volume.'),
    flavor_id: z.string(),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
    metadata: z
      .record(z.string(), z.string())
      .describe('isPublic and enableSSH are "true" or "false"; floatingIp is there when public.'),
    user_id: z.string(),
    project_id: z.string(),
  })
  .meta({ id: 'Instance' });
export type InstanceBody = z.infer<typeof instanceSchema>;

export const instanceDetailSchema = instanceSchema
  .extend({
    addresses: z.array(
      z.object({
        network: z.string(),
        address: z.string(),
        version: z.union([z.literal(4), z.literal(6)]),
        type: z.enum(['fixed', 'floating']),
        mac_address: z.string().nullable(),
      }),
    ),
    keypair_name: z.string().nullable(),
    availability_zone: z.string().nullable(),
    security_group_names: z.array(z.string()).describe('Empty while it is being built.'),
    locked: z.boolean(),
    volumes: z.array(
      z.object({
        id: z.string(),
        device: z.string().nullable().describe('null while it is being attached.'),
        delete_with_instance: z.boolean(),
      }),
    ),
    fault: z
      .object({ code: z.int(), message: z.string(), created: z.string() })
      .nullable()
      .describe('Why it is in ERROR.'),
    description: z.string().nullable(),
    task: z.string().nullable().describe('The task of the cloud in flight, as it names it.'),
    tags: z.array(z.string()),
    server_group_id: z.string().nullable(),
  })
  .meta({ id: 'InstanceDetail' });
export type InstanceDetailBody = z.infer<typeof instanceDetailSchema>;

const attachmentSchema = z.union([uuid, z.strictObject({ uuid }), z.strictObject({ port: uuid })], {
  error: 'must be a network id, {"uuid": a network id} or {"port": a port id}',
});

const MAX_TAGS = 50;
const NOT_RESERVED = 'must not begin as the mark of the gateway';

const descriptionText = printableText
  .max(255)
  .refine((value) => !isInstanceMark(value), NOT_RESERVED)
  .nullish();

export const tag = name
  .max(60)
  .regex(/^[^,/]*$/, 'must have no comma and no slash')
  .refine((value) => !isInstanceMark(value), NOT_RESERVED);

/** Databases of clouds fail on tags that differ in case or accents alone. */
const tagList = z
  .array(tag)
  .max(MAX_TAGS)
  .transform((tags) => [...new Set(tags)])
  .refine(
    (tags) => new Set(tags.map(folded)).size === tags.length,
    'must differ in more than case and accents',
  );

function folded(value: string): string {
  return value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export const tagsSchema = z.object({ tags: z.array(z.string()) }).meta({ id: 'InstanceTags' });
export const newTagsSchema = z.strictObject({ tags: tagList }).meta({ id: 'NewInstanceTags' });

const groupNames = z
  .array(shortText)
  .max(32)
  .refine((names) => new Set(names).size === names.length, 'must name each group once')
  .meta({ uniqueItems: true });

const bootVolumeSchema = z
  .strictObject({
    size_gb: sizeGb,
    volume_type: shortText.nullish(),
    delete_with_instance: z.boolean().default(false),
  })
  .describe('The root disk is a new volume made from image_id.');

export const newInstanceSchema = z
  .strictObject({
    name,
    flavor_id: idOrName,
    image_id: idOrName.nullish().describe('Id or name; required unless volume_id is given.'),
    boot_volume: bootVolumeSchema.nullish(),
    volume_id: uuid.nullish().describe('Boots from this volume, in place of image_id.'),
    delete_with_instance: z.boolean().nullish().describe('With volume_id.'),
    network_id: uuid.nullish().describe("Without it and networks: the project's only network."),
    networks: z
      .union([z.array(attachmentSchema).min(1).max(16), z.enum(['auto', 'none'])], {
        error: 'must be a list of networks, "auto" or "none"',
      })
      .nullish(),
    keypair_name: shortText.nullish(),
    security_group_names: groupNames.nullish(),
    user_data: userDataSchema.nullish(),
    availability_zone: shortText.nullish(),
    server_group_id: uuid.nullish(),
    description: descriptionText,
    tags: tagList.nullish(),
    metadata: newMetadataSchema.nullish(),
  })
  .refine((body) => (body.network_id ?? null) === null || (body.networks ?? null) === null, {
    path: ['network_id'],
    error: 'must be left out when networks is given',
  })
  .refine((body) => Boolean(body.image_id ?? body.volume_id), {
    path: ['image_id'],
    error: 'is required unless volume_id is given',
    // Named together with other missing fields.
    when: ({ value, issues }) =>
      typeof value === 'object' &&
      value !== null &&
      !issues.some(({ path: [field] = [] }) => field === 'image_id' || field === 'volume_id'),
  })
  .superRefine(({ image_id, boot_volume, volume_id, delete_with_instance }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (volume_id) {
      if (image_id) problem('image_id', 'must be left out when volume_id is given');
      if (boot_volume) problem('boot_volume', 'must be left out when volume_id is given');
      return;
    }
    if (delete_with_instance != null) problem('delete_with_instance', 'needs volume_id');
  })
  .meta({ id: 'NewInstance' });
export type NewInstanceBody = z.output<typeof newInstanceSchema>;

export const instanceChangeSchema = z
  .strictObject({
    name: name.optional(),
    description: descriptionText.describe('null removes it.'),
    metadata: metadataChangeSchema.optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    path: ['body'],
    error: 'must have name, description or metadata',
  })
  .meta({ id: 'InstanceChange', minProperties: 1 });
export type InstanceChangeBody = z.output<typeof instanceChangeSchema>;

const NO_CONTROL_CHARACTERS = /^[ -~\u00a0-\uffff]*$/;

/** The name filter is a regular expression, so it may begin and end as it likes. */
export const namePattern = text
  .min(1)
  .max(255)
  .regex(NO_CONTROL_CHARACTERS, 'must have no control characters');
