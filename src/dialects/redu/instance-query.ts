import * as z from 'zod';
import { assertScope } from '../../access/require-scope.ts';
import type { InstanceWindow } from '../../compute/cloud.ts';
import type { InstanceQuery } from '../../compute/requests.ts';
import { INSTANCE_STATUSES } from '../../compute/states.ts';
import { decodeParameters } from '../../http/decode.ts';
import { idOrName, inAnyCase, queryNumber, shortText, uuid } from '../../http/field-schemas.ts';
import type { ReadRequest } from '../../traffic/cache/read.ts';
import { namePattern, tag } from './instance-schemas.ts';

const TRUE_OR_FALSE = inAnyCase(['1', '0', 'true', 'false']);

const flagParameter = z
  .string()
  .regex(TRUE_OR_FALSE, 'must be 1, 0, true or false')
  .transform((value) => value === '1' || value.toLowerCase() === 'true');

const statusParameter = z
  .string()
  .toUpperCase()
  .pipe(z.enum(INSTANCE_STATUSES))
  .meta({ pattern: inAnyCase(INSTANCE_STATUSES).source });

/** The filters of the compute API reference, pages, and the level of detail. */
export const instanceQuerySchema = z
  .strictObject({
    status: z.array(statusParameter).optional(),
    name: namePattern.optional().describe('A regular expression, found anywhere in the name.'),
    flavor: idOrName.optional(),
    image: idOrName.optional(),
    tag: z.array(tag).max(50).optional().describe('Repeated: all of them.'),
    network_id: uuid.optional().describe('With a port on this network.'),
    keypair_name: shortText.optional(),
    project_id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of a project')
      .optional()
      .describe('Only with all_tenants.'),
    limit: queryNumber(0, 1000).optional(),
    marker: uuid.optional().describe('Id of the last instance of the page before.'),
    all_tenants: flagParameter.optional().describe('Instances of every project; needs the scope admin.'),
    detail: flagParameter.optional().describe('Each instance with all its fields, as by itself.'),
  })
  .refine(({ project_id, all_tenants }) => project_id === undefined || all_tenants === true, {
    path: ['project_id'],
    error: 'needs all_tenants=1',
  });

export interface InstanceListInput {
  readonly query: InstanceQuery;
  readonly window: InstanceWindow;
  readonly detail: boolean;
  /** Path and query of a request with `limit`, for the `Link` to the next page. */
  readonly target?: string;
}

/**
 * Decodes a request for the list of instances.
 *
 * @throws ComputeError `invalid`; `forbidden` for every project without the scope `admin`.
 */
export function decodeInstanceQuery({ query, principal, publicTarget }: ReadRequest): InstanceListInput {
  const {
    status,
    name,
    flavor,
    image,
    tag: tags,
    network_id: networkId,
    keypair_name: keypairName,
    project_id: projectId,
    limit,
    marker,
    all_tenants,
    detail = false,
  } = decodeParameters(query, instanceQuerySchema, ['status', 'tag']);
  if (all_tenants) assertScope(principal, 'admin');
  return {
    query: {
      ...(status !== undefined && { statuses: [...new Set(status)] }),
      ...(name !== undefined && { name }),
      ...(flavor !== undefined && { flavor }),
      ...(image !== undefined && { image }),
      ...(tags !== undefined && { tags }),
      ...(networkId !== undefined && { networkId }),
      ...(keypairName !== undefined && { keypairName }),
      ...(projectId !== undefined && { projectId }),
      ...(all_tenants && { allProjects: true }),
    },
    window: { ...(limit !== undefined && { limit }), ...(marker !== undefined && { marker }) },
    detail,
    ...(limit !== undefined && { target: publicTarget }),
  };
}

/** The `Link` to what follows the instance `lastId`: the same request, from there. */
export function nextPageLink(target: string, lastId: string): string {
  const url = new URL(target, 'http://gateway');
  url.searchParams.set('marker', lastId);
  return `<${url.pathname}${url.search}>; rel="next"`;
}
