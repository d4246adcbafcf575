/**
 * A server's metadata on the way in: items, and the flags by which a server gets a public address and SSH, as in the redu dialect.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS } from '../../../compute/instance-view.ts';
import type { InstanceChange } from '../../../compute/requests.ts';
import { text } from '../../../http/field-schemas.ts';

export const FLAG_NAMES: ReadonlySet<string> = new Set([FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS]);

const MAX_ITEMS = 128;
/** In a path the cloud would take "." and ".." for something else. */
const KEY = /^(?!\.{1,2}$)[a-zA-Z0-9\-_:. ]{1,255}$/;
const TRUE = /^true$/i;

export const metadataSchema = z
  .record(z.string().regex(KEY, 'must have 1 to 255 of: letters, digits, - _ : . and space'), text.max(255))
  .refine((items) => Object.keys(items).length <= MAX_ITEMS, `must have at most ${MAX_ITEMS} items`);

/**
 * Tells the flags from the items. null removes an item, and a flag that is removed is false.
 *
 * @throws ComputeError `invalid`: the address that a public server has cannot be chosen.
 */
export function splitFlags<V extends string | null>(
  given: Readonly<Record<string, V>>,
): { items: Record<string, V>; flags: Pick<InstanceChange, 'isPublic' | 'enableSsh'> } {
  const { [FLAG_PUBLIC]: isPublic, [FLAG_SSH]: enableSsh, [PUBLIC_ADDRESS]: address, ...items } = given;
  if (address !== undefined) {
    const message = `is read-only: set ${FLAG_PUBLIC} to get or give back a floating IP`;
    throw ComputeError.field(`metadata.${PUBLIC_ADDRESS}`, message);
  }
  return {
    items: items as Record<string, V>,
    flags: {
      ...(isPublic !== undefined && { isPublic: isTrue(isPublic) }),
      ...(enableSsh !== undefined && { enableSsh: isTrue(enableSsh) }),
    },
  };
}

function isTrue(value: string | null): boolean {
  return value !== null && TRUE.test(value);
}
