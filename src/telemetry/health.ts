import { type Context, Hono, type Next } from 'hono';
import * as z from 'zod';
import type { KeyStore } from '../access/key-store.ts';
import { deadlineIn, monotonicMs } from '../clock.ts';
import type { CallContext, CloudDriver } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import { Provenance } from '../compute/provenance.ts';
import type { GatewayEnv } from '../context.ts';
import { at, route } from '../http/route.ts';
import { own } from '../own-promise.ts';
import { keyMetrics } from './key-metrics.ts';
import type { Metrics } from './metrics.ts';

/** Milliseconds that a dependency has to prove itself. */
const PROBE_MILLISECONDS = 3_000;

/** Anybody may ask, so what cloud and database said is told again for a moment; Redis is asked in any case, it is cheap. */
const REMEMBER_MILLISECONDS = 1_000;

const healthSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const probeSchema = z.enum(['ok', 'unreachable']);
const readinessSchema = z
  .object({
    status: z.enum(['ok', 'degraded']),
    cloud: probeSchema,
    store: probeSchema,
    redis: probeSchema.optional(),
  })
  .meta({ id: 'Readiness' });

export const HEALTH_ROUTES = {
  health: route({ method: 'GET', path: '/healthz', status: 200, answer: healthSchema }),
  ready: route({ method: 'GET', path: '/readyz', status: 200, answer: readinessSchema }),
  metrics: route({ method: 'GET', path: '/metrics', status: 200, answer: z.string(), media: 'text/plain' }),
};

/** What the gateway cannot serve without. */
export interface Dependencies {
  readonly clouds: CloudDriver;
  readonly keys: Pick<KeyStore, 'ping' | 'countByState'>;
  readonly metrics: Metrics;
  /** What the nodes share beside the keys; the gateway serves without it, as several single nodes would. */
  readonly redis?: { ping(): Promise<void> };
}

/**
 * `/healthz`: the process answers. `/readyz`: what it depends on answers too; `degraded` says what does not, and stays
 * 200, for taking every node out of the balancer at once helps nobody. `/metrics`: for Prometheus.
 */
export function health({ clouds, keys, metrics, redis }: Dependencies): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  metrics.beforeExpose(keyMetrics(keys, metrics));
  for (const { path } of Object.values(HEALTH_ROUTES)) app.use(path, refuseTrailingSlash);
  app.on(...at(HEALTH_ROUTES.health), (c) => c.json({ status: 'ok' }));
  const look = async (call: CallContext) => {
    const [cloud, store] = await Promise.all([probe(clouds.ping(call)), probe(keys.ping())]);
    return { cloud, store };
  };
  let last: { at: number; parts: ReturnType<typeof look> } | undefined;
  app.on(...at(HEALTH_ROUTES.ready), async (c) => {
    if (last === undefined || monotonicMs() - last.at > REMEMBER_MILLISECONDS) {
      const deadline = deadlineIn(PROBE_MILLISECONDS);
      const { requestId, log } = c.var;
      const call = { deadline, requestId, log, provenance: new Provenance() };
      last = { at: monotonicMs(), parts: look(call) };
    }
    const shared = redis === undefined ? undefined : await probe(redis.ping());
    const parts = { ...(await own(last.parts)), ...(shared !== undefined && { redis: shared }) };
    const well = Object.values(parts).every((state) => state === 'ok');
    return c.json({ status: well ? 'ok' : 'degraded', ...parts });
  });
  app.on(...at(HEALTH_ROUTES.metrics), async (c) => c.text(await metrics.expose()));
  return app;
}

/** Proxies keep these paths inside by their exact names, so no other spelling may lead there. */
function refuseTrailingSlash(c: Context<GatewayEnv>, next: Next): Promise<void> {
  if (new URL(c.req.url).pathname.endsWith('/')) {
    throw new ComputeError('not_found', 'There is nothing at this path.');
  }
  return next();
}

function probe(ping: Promise<void>): Promise<'ok' | 'unreachable'> {
  return ping.then(
    () => 'ok',
    () => 'unreachable',
  );
}
