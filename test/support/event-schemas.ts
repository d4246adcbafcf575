/**
 * The `data` of events, as clients and the contract know it. Nothing is checked by it on the way: it is printed from parts.
 *
 * @module
 */

import * as z from 'zod';
import { instanceSchema } from '../../src/dialects/redu/instance-schemas.ts';

export const instanceEventSchema = z
  .strictObject({
    instance: instanceSchema,
    previous_state: z.string().nullable().describe('null when it was created.'),
    at: z.iso.datetime().describe('When the gateway saw it.'),
  })
  .meta({ id: 'InstanceEvent' });
