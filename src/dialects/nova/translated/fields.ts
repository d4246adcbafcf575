/**
 * Kinds of fields that request bodies of several resources have.
 *
 * @module
 */

import * as z from 'zod';
import { name, printableText, shortText, uuid } from '../../../http/field-schemas.ts';

/** A number, or its text: Nova and Neutron accept both. */
export const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number),
]);

/** A member that the service has and redu does not: the handler refuses it by name when it is set. */
export const unsupportedField = z.unknown().optional();

/** Of a server. */
export const serverDescription = printableText.max(255).nullish();
export const serverTag = name.max(60).regex(/^[^,/]*$/, 'must have no comma and no slash');
export const MAX_SERVER_TAGS = 50;

/** An id, or an address that ends with it, as Nova's first clients sent them. */
const reference = z.string().transform((value) => value.split('/').at(-1) ?? '');
export const imageReference = reference.pipe(uuid);
export const flavorReference = z.union([z.int().transform(String), reference]).pipe(shortText);

/** Servers have MANUAL; what AUTO means is redu's choice. */
export const diskConfig = z.enum(['AUTO', 'MANUAL']).optional();
