import type { Context, Handler } from 'hono';
import * as z from 'zod';
import { keyId, projectId } from '../access/key-schemas.ts';
import { wallMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { respondWithPage } from '../http/csv.ts';
import { decodeParameters } from '../http/decode.ts';
import { queryNumber, queryTime } from '../http/field-schemas.ts';
import { encodeCursor, type Page } from '../http/page.ts';
import { cursorSchema } from '../http/page-schemas.ts';
import { route } from '../http/route.ts';
import type { Usage } from './usage.ts';
import {
  INTERVALS,
  type Interval,
  type UsagePosition,
  type UsageQuery,
  type UsageSum,
} from './usage-store.ts';

const HOUR_MS = 3_600_000;
const LENGTH_MS: Readonly<Record<Interval, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS };
/** Without `from`: a day of hours, a month of days. */
const DEFAULT_INTERVALS: Readonly<Record<Interval, number>> = { hour: 24, day: 30 };
const MAX_PAGE = 1_000;

const START = /^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/;
const PROJECT_AND_KEY = /^([0-9a-zA-Z_-]{1,64})\/([0-9a-z]{0,64})$/;

const cursor = cursorSchema(([start, id]): UsagePosition | null => {
  const [, project, key] = PROJECT_AND_KEY.exec(id) ?? [];
  return START.test(start) && project !== undefined
    ? { start, projectId: project, keyId: key || null }
    : null;
});

const GROUPS = ['project', 'key'] as const;

const ownUsageQuery = z.strictObject({
  from: queryTime.optional().describe('Rounded down to its interval. By default a day, or 30, before `to`.'),
  to: queryTime.optional().describe('Exclusive; rounded up to its interval. By default now.'),
  interval: z.enum(INTERVALS).default('hour').describe('Days are those of UTC.'),
  key_id: keyId.optional(),
  group_by: z
    .array(z.enum(GROUPS))
    .default(['key'])
    .describe('`key`: one item per key, the default; `project`: one per project, with `key_id` null.'),
  limit: queryNumber(1, MAX_PAGE).default(MAX_PAGE),
  cursor,
});
const usageQuery = z.strictObject({ ...ownUsageQuery.shape, project_id: projectId.optional() });

const usageSchema = z
  .object({
    start: z.string().describe('Start of the interval, UTC.'),
    project_id: z.string(),
    key_id: z.string().nullable().describe('null: all keys of the project.'),
    requests: z.int().min(0).describe('With a valid key, rejected ones too.'),
    points: z.int().min(0).describe('Charged by the rate limit.'),
    client_errors: z.int().min(0).describe('Responses with 4xx.'),
    server_errors: z.int().min(0).describe('Responses with 5xx.'),
  })
  .meta({ id: 'Usage' });
const COLUMNS = Object.keys(usageSchema.shape);

const listed = { method: 'GET', status: 200, response: { page: usageSchema }, csv: true } as const;

export const USAGE_ROUTES = {
  own: route({ ...listed, path: '/v1/usage', scope: 'instances:read', query: ownUsageQuery }),
  all: route({ ...listed, path: '/admin/v1/usage', query: usageQuery }),
};

/** Usage of the caller's own project. */
export function ownUsage(usage: Usage): Handler<GatewayEnv> {
  return (c) => respondWithUsage(c, usage, ownUsageQuery, c.get('principal').projectId);
}

/** For operators. */
export function allUsage(usage: Usage): Handler<GatewayEnv> {
  return (c) => respondWithUsage(c, usage, usageQuery);
}

async function respondWithUsage(
  c: Context<GatewayEnv>,
  usage: Usage,
  schema: typeof ownUsageQuery | typeof usageQuery,
  ownProject?: string,
): Promise<Response> {
  const { searchParams } = new URL(c.req.url);
  const query = decodeParameters<typeof ownUsageQuery | typeof usageQuery>(searchParams, schema, [
    'group_by',
  ]);
  const { limit, cursor: after = null } = query;
  const selection: UsageQuery = {
    ...times(query),
    interval: query.interval,
    projectId: ownProject ?? ('project_id' in query ? query.project_id : undefined),
    keyId: query.key_id,
    byKey: query.group_by.includes('key'),
  };
  if (after !== null && (after.keyId !== null) !== selection.byKey) {
    throw ComputeError.field('cursor', 'belongs to another group_by; omit it for the first page');
  }
  if (after !== null && Date.parse(after.start) % LENGTH_MS[query.interval] !== 0) {
    throw ComputeError.field('cursor', 'belongs to another interval; omit it for the first page');
  }
  const found = await usage.list(selection, { limit: limit + 1, after });
  return respondWithPage(c, pageOf(found, limit), COLUMNS);
}

function pageOf(found: readonly UsageSum[], limit: number): Page<ReturnType<typeof view>> {
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(view),
    next_cursor:
      last === undefined ? null : encodeCursor([last.start, `${last.projectId}/${last.keyId ?? ''}`]),
  };
}

function view({ start, projectId, keyId, requests, points, clientErrors, serverErrors }: UsageSum) {
  return {
    start,
    project_id: projectId,
    key_id: keyId,
    requests,
    points,
    client_errors: clientErrors,
    server_errors: serverErrors,
  };
}

/** Whole intervals, so that the counts of a part of one are never left out. */
function times({ from, to, interval }: z.output<typeof ownUsageQuery>): Pick<UsageQuery, 'from' | 'to'> {
  const length = LENGTH_MS[interval];
  const end = Math.ceil((to === undefined ? wallMs() : Date.parse(to)) / length) * length;
  const start =
    from === undefined
      ? end - DEFAULT_INTERVALS[interval] * length
      : Math.floor(Date.parse(from) / length) * length;
  if (from !== undefined && Date.parse(from) >= (to === undefined ? end : Date.parse(to))) {
    throw ComputeError.field('from', 'must be before to');
  }
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}
