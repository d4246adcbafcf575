/**
 * An instance's metadata on the way in: items for the cloud, and the flags `isPublic` and `enableSSH`, which are wishes
 * about its access.
 *
 * @module
 */

import * as z from 'zod';
import { inAnyCase, upToFfff } from '../../http/field-schemas.ts';

const KEY = /^[a-zA-Z0-9_:. -]{1,255}$/;
/** In a path the cloud would take them for something else. */
const DOTS = ['.', '..'];
const MAX_ITEMS = 128;
const FLAG_TEXT = inAnyCase(['true', 'false', 'shouldbetrue']);
const FLAG_PROBLEM = 'must be true or false';

/** true, false, the same as text in any case, and the `shouldbetrue` of redu's first clients. */
export const flag = z
  .union([z.boolean(), z.string().regex(FLAG_TEXT, FLAG_PROBLEM)], { error: FLAG_PROBLEM })
  .transform((value) => (typeof value === 'boolean' ? value : value.toLowerCase() !== 'false'));

const READ_ONLY = 'floatingIp';
const readOnlyAddress = z
  .never({ error: 'is read-only: set isPublic to get or give back a floating IP' })
  .optional();
const itemText = z.string({ error: 'must be text of at most 255 characters' });
const itemValue = upToFfff(itemText.max(255));

/** Metadata of a new instance. The two flags, and the address of a public one, are among the items. */
export const newMetadataSchema = z
  .object({ isPublic: flag.optional(), enableSSH: flag.optional(), [READ_ONLY]: readOnlyAddress })
  .catchall(itemValue)
  .superRefine(checkKeys)
  .superRefine(checkRoom)
  .describe('Items of text. isPublic: with a floating IP; enableSSH: TCP port 22 open.')
  .meta(itemsMeta([READ_ONLY]));

/** A change of metadata: merged into what is there, null removes an item. */
export const metadataChangeSchema = z
  .object({
    isPublic: flag.nullable().optional(),
    enableSSH: flag.nullable().optional(),
    [READ_ONLY]: readOnlyAddress,
  })
  .catchall(itemValue.nullable())
  .superRefine(checkKeys)
  .describe('Merged into what is there; null removes an item, and a flag removed is false.')
  .meta(itemsMeta([READ_ONLY]));

/** Properties of an image by which Nova makes and attaches disks, with its own rights at the cloud. */
const DISK_PROPERTY =
  /^(?:bdm_v2|block_device_mapping|mappings|kernel_id|ramdisk_id|cinder_encryption_key_.*)$/i;

/** Metadata of a snapshot: items only. */
export const plainMetadataSchema = z
  .object({})
  .catchall(itemValue)
  .superRefine(checkKeys)
  .meta(itemsMeta([]))
  .superRefine(function refuseDisks(metadata, context) {
    for (const key of Object.keys(metadata).filter((name) => DISK_PROPERTY.test(name)))
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'is reserved: it describes disks to the cloud',
      });
  });

interface SplitMetadata<V> {
  /** Without the flags. */
  readonly items: Record<string, V>;
  /** Absent when not mentioned. */
  readonly flags: { isPublic?: boolean; enableSsh?: boolean };
}

/** Separates the flags from the items. A flag that is null, removed, is false. */
export function splitMetadata<V extends string | null>(metadata: object): SplitMetadata<V> {
  const { isPublic, enableSSH, ...items } = metadata as Record<string, unknown>;
  return {
    items: items as Record<string, V>,
    flags: {
      ...(isPublic !== undefined && { isPublic: isPublic === true }),
      ...(enableSSH !== undefined && { enableSsh: enableSSH === true }),
    },
  };
}

/** What the contract can state of `checkKeys`. */
function itemsMeta(excluded: readonly string[]): Record<string, unknown> {
  const names = { pattern: KEY.source, not: { enum: [...DOTS, ...excluded] } };
  return { propertyNames: names, maxProperties: MAX_ITEMS };
}

function checkRoom(metadata: object, context: z.RefinementCtx): void {
  const { items, flags } = splitMetadata(metadata);
  const room = MAX_ITEMS - (flags.isPublic ? 3 : 2);
  const count = Object.keys(items).length;
  // More than MAX_ITEMS is refused already.
  if (count > room && Object.keys(metadata).length <= MAX_ITEMS) {
    context.addIssue({ code: 'custom', message: `must have at most ${room} items besides the flags` });
  }
}

function checkKeys(metadata: object, context: z.RefinementCtx): void {
  const keys = Object.keys(metadata);
  if (keys.length > MAX_ITEMS) {
    context.addIssue({ code: 'custom', message: `must have at most ${MAX_ITEMS} items` });
  }
  for (const key of keys.filter((candidate) => !KEY.test(candidate) || DOTS.includes(candidate))) {
    context.addIssue({
      code: 'custom',
      path: [key],
      message: 'the key must have 1 to 255 of: letters, digits, - _ : . and space',
    });
  }
}
