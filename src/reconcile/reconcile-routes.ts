import type { Context } from 'hono';
import * as z from 'zod';
import { wallMs } from '../clock.ts';
import type { GatewayEnv } from '../context.ts';
import { decodeQuery } from '../http/decode.ts';
import { queryNumber } from '../http/field-schemas.ts';
import { respondJson } from '../http/json.ts';
import { encodeCursor } from '../http/page.ts';
import { cursorSchema } from '../http/page-schemas.ts';
import { route } from '../http/route.ts';
import {
  OUTCOMES,
  type ReconcileRun,
  type ReconcileStore,
  type RunPosition,
  STARTED_BY,
} from './reconcile-store.ts';
import { RUN_LOST_AFTER_MS } from './record-run.ts';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 1_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[0-9a-f-]{36}$/;

const runSchema = z
  .object({
    id: z.string(),
    started_by: z
      .enum(STARTED_BY)
      .describe('schedule: the gateway itself; cron: the cron trigger at the edge; command: an operator.'),
    node: z.string().describe('Name of the machine; `edge`.'),
    state: z
      .enum(['running', ...OUTCOMES, 'lost'])
      .describe('failed: at least one project; stopped: the gateway stopped meanwhile; lost: it was killed.'),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    projects: z.int().describe('Projects that were reconciled, failed ones included.'),
    skipped: z.int().describe('Projects in which the service account has no role.'),
    failed: z.int(),
    released: z.int().describe('Ports, floating IPs, networks and routers that were released.'),
    error: z.string().nullable().describe('The first failure.'),
  })
  .meta({ id: 'ReconcileRun' });

const query = z.strictObject({
  limit: queryNumber(1, MAX_PAGE).default(DEFAULT_PAGE),
  cursor: cursorSchema(([startedAt, id]): RunPosition | null =>
    TIME.test(startedAt) && ID.test(id) ? { startedAt, id } : null,
  ),
});

export const RECONCILE_RUNS = route({
  method: 'GET',
  path: '/admin/v1/reconcile_runs',
  query,
  status: 200,
  response: { page: runSchema },
});

export function reconcileRuns(store: Pick<ReconcileStore, 'list'>) {
  return async function listRuns(c: Context<GatewayEnv>) {
    const { limit, cursor = null } = decodeQuery(c, query);
    const found = await store.list({ limit: limit + 1, before: cursor });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = last !== undefined && found.length > limit;
    return respondJson(c, {
      items: shown.map(runView),
      next_cursor: hasMore ? encodeCursor([last.startedAt, last.id]) : null,
    });
  };
}

function runView({ startedBy, startedAt, seenAt, finishedAt, outcome, ...same }: ReconcileRun) {
  const isLost = wallMs() - Date.parse(seenAt) > RUN_LOST_AFTER_MS;
  return {
    ...same,
    started_by: startedBy,
    state: outcome ?? (isLost ? 'lost' : 'running'),
    started_at: startedAt,
    finished_at: finishedAt,
  };
}
