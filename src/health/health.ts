import { type Context, Hono, type Next } from 'hono';
import * as z from 'zod';
import { keyMetrics } from '../access/key-metrics.ts';
import type { KeyStore } from '../access/key-store.ts';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { respondJson } from '../http/json.ts';
import { at, route } from '../http/route.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { VERSION } from '../version.ts';
import { OWN_STATES, PROBE_STATES } from './probes.ts';
import type { Examine } from './readiness.ts';

const healthSchema = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });
const ownSchema = z.enum(OWN_STATES);
const dependencySchema = z.enum(PROBE_STATES);
export const readinessSchema = z
  .object({
    status: z
      .enum(['ok', 'degraded', 'failed'])
      .describe('degraded: something that the nodes share; failed, with 503: this node alone.'),
    secret: ownSchema,
    schema: ownSchema,
    store: dependencySchema,
    redis: dependencySchema.optional(),
    cloud: dependencySchema.describe('The default region; `regions` has all, where several are served.'),
    regions: z.record(z.string(), dependencySchema).optional(),
  })
  .meta({ id: 'Readiness' });

export const HEALTH_ROUTES = {
  health: route({ method: 'GET', path: '/healthz', status: 200, response: healthSchema }),
  ready: route({ method: 'GET', path: '/readyz', status: 200, response: readinessSchema }),
  metrics: route({ method: 'GET', path: '/metrics', status: 200, response: z.string(), media: 'text/plain' }),
};

export interface HealthPorts {
  readonly keys: Pick<KeyStore, 'countByState'>;
  readonly metrics: Metrics;
  readonly examine: Examine;
}

/**
 * `/healthz`: the process is alive. `/readyz`: 503 if this node alone is wrong, so that a balancer removes it; 200 `degraded` for
 * shared dependencies, since removing all nodes would not help. `/metrics`: for Prometheus.
 */
export function health({ keys, metrics, examine }: HealthPorts): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  metrics.set('build_info', 1, { version: VERSION });
  metrics.beforeExpose(keyMetrics(keys, metrics));
  for (const { path } of Object.values(HEALTH_ROUTES)) app.use(path, refuseTrailingSlash);
  app.on(...at(HEALTH_ROUTES.health), (c) => respondJson(c, { status: 'ok', version: VERSION }));
  app.on(...at(HEALTH_ROUTES.ready), async (c) => {
    const { requestId, log } = c.var;
    const { readiness } = await examine({ requestId, log });
    return respondJson(c, readiness, readiness.status === 'failed' ? 503 : 200);
  });
  app.on(...at(HEALTH_ROUTES.metrics), async (c) => c.text(await metrics.expose()));
  return app;
}

/** Proxies keep these paths inside by their exact names, so no other spelling may lead there. */
function refuseTrailingSlash(c: Context<GatewayEnv>, next: Next): Promise<void> {
  if (new URL(c.req.url).pathname.endsWith('/')) {
    throw new ComputeError('not_found', 'Not found: no route matches this path.');
  }
  return next();
}
