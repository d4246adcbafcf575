import type { Context } from 'hono';
import * as z from 'zod';
import { wallMs } from '../clock.ts';
import type { GatewayEnv } from '../context.ts';
import { respondJson } from '../http/json.ts';
import { route } from '../http/route.ts';
import { VERSION } from '../version.ts';
import { readinessSchema } from './health.ts';
import type { NodePresence } from './node-presence.ts';
import { nodeReportSchema } from './node-report.ts';
import type { GatewayNode } from './node-store.ts';
import type { Examine } from './readiness.ts';

/** Two heartbeats and a slow write. */
const LOST_AFTER_MS = 60_000;

const nodeSchema = z
  .object({
    id: z.string().describe('Random, of the process.'),
    name: z.string().describe('Name of the machine.'),
    is_self: z.boolean().describe('Whether this node sent the response.'),
    version: z.string(),
    state: z
      .enum(['up', 'lost'])
      .describe(
        'lost: no heartbeat for a minute; forgotten a day later. A node that was stopped is not listed.',
      ),
    started_at: z.string(),
    uptime_seconds: z.int(),
    seen_at: z.string().describe('Its last heartbeat.'),
    ...nodeReportSchema.shape,
  })
  .meta({ id: 'GatewayNode' });

const operatorHealthSchema = readinessSchema
  .extend({
    version: z.string().describe('Of the node that sent the response.'),
    latency_ms: z
      .object({ store: z.number(), redis: z.number().optional(), cloud: z.number() })
      .describe('Of the probes that found these states.'),
    nodes: z
      .array(nodeSchema)
      .nullable()
      .describe('Gateways on this database; null while it cannot be read; empty at the edge.'),
  })
  .meta({ id: 'OperatorHealth' });

export const OPERATOR_HEALTH = route({
  method: 'GET',
  path: '/admin/v1/health',
  status: 200,
  response: operatorHealthSchema,
});

/** Always 200: `/readyz` is for balancers. @param presence null where nodes are not known, as at the edge. */
export function operatorHealth(examine: Examine, presence: NodePresence | null) {
  return async function showHealth(c: Context<GatewayEnv>) {
    const { requestId, log } = c.var;
    const [{ readiness, latencyMs }, nodes] = await Promise.all([
      examine({ requestId, log }),
      presence === null ? [] : presence.list().catch(() => null),
    ]);
    return respondJson(c, {
      ...readiness,
      version: VERSION,
      latency_ms: latencyMs,
      nodes: nodes?.map((node) => nodeView(node, presence?.id)) ?? null,
    });
  };
}

function nodeView({ startedAt, seenAt, report, ...same }: GatewayNode, self: string | undefined) {
  const isLost = wallMs() - Date.parse(seenAt) > LOST_AFTER_MS;
  const uptimeMs = Date.parse(seenAt) - Date.parse(startedAt);
  return {
    ...same,
    is_self: same.id === self,
    state: isLost ? 'lost' : 'up',
    started_at: startedAt,
    uptime_seconds: Math.max(0, Math.floor(uptimeMs / 1000)),
    seen_at: seenAt,
    ...report,
  };
}
