import { type Context, Hono, type Next } from 'hono';
import * as z from 'zod';
import { keyMetrics } from '../access/key-metrics.ts';
import type { KeyStore } from '../access/key-store.ts';
import type { SecretCheck } from '../access/secret-check.ts';
import { deadlineIn, type MonotonicMs, monotonicMs } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, CloudDriver } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { forThisRequest } from '../cross-request-promise.ts';
import { at, route } from '../http/route.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { VERSION } from '../version.ts';
import {
  OWN_STATES,
  PROBE_STATES,
  PROBE_TIMEOUT_MS,
  type ProbeState,
  probed,
  probeSchema,
  probeSecret,
  probeStore,
} from './probes.ts';

/** Probe results of cloud and database are cached, since the route is public; Redis is cheap to probe. */
const REMEMBER_MILLISECONDS = 1_000;

const healthSchema = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });
const ownSchema = z.enum(OWN_STATES);
const dependencySchema = z.enum(PROBE_STATES);
const readinessSchema = z
  .object({
    status: z
      .enum(['ok', 'degraded', 'failed'])
      .describe('degraded: something that the nodes share; failed, with 503: this node alone.'),
    secret: ownSchema,
    schema: ownSchema,
    store: dependencySchema,
    redis: dependencySchema.optional(),
    cloud: dependencySchema,
  })
  .meta({ id: 'Readiness' });

export const HEALTH_ROUTES = {
  health: route({ method: 'GET', path: '/healthz', status: 200, response: healthSchema }),
  ready: route({ method: 'GET', path: '/readyz', status: 200, response: readinessSchema }),
  metrics: route({ method: 'GET', path: '/metrics', status: 200, response: z.string(), media: 'text/plain' }),
};

export interface Dependencies {
  readonly clouds: CloudDriver;
  readonly keys: Pick<KeyStore, 'isWritable' | 'hasSchema' | 'countByState'>;
  readonly secretCheck: Pick<SecretCheck, 'isCurrent'>;
  readonly metrics: Metrics;
  /** Optional: without it each node works alone. */
  readonly redis?: { probe(): Promise<ProbeState> };
}

/**
 * `/healthz`: the process is alive. `/readyz`: 503 if this node alone is wrong, so that a balancer removes it; 200 `degraded` for
 * shared dependencies, since removing all nodes would not help. `/metrics`: for Prometheus.
 */
export function health({ clouds, keys, secretCheck, metrics, redis }: Dependencies): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  metrics.set('build_info', 1, { version: VERSION });
  metrics.beforeExpose(keyMetrics(keys, metrics));
  for (const { path } of Object.values(HEALTH_ROUTES)) app.use(path, refuseTrailingSlash);
  app.on(...at(HEALTH_ROUTES.health), (c) => c.json({ status: 'ok', version: VERSION }));
  const examine = async (call: CallContext) => {
    const [secret, schema, store, cloud] = await Promise.all([
      probeSecret(secretCheck),
      probeSchema(keys),
      probeStore(keys),
      probed(clouds.ping(call).then(() => 'ok' as const)),
    ]);
    return { own: { secret, schema }, shared: { store, cloud } };
  };
  let last: { at: MonotonicMs; parts: ReturnType<typeof examine> } | undefined;
  app.on(...at(HEALTH_ROUTES.ready), async (c) => {
    if (last === undefined || monotonicMs() - last.at > REMEMBER_MILLISECONDS) {
      const { requestId, log } = c.var;
      const call = { deadline: deadlineIn(PROBE_TIMEOUT_MS), requestId, log, trace: new CallTrace() };
      last = { at: monotonicMs(), parts: examine(call) };
    }
    const ofRedis = redis === undefined ? {} : { redis: await probed(redis.probe()) };
    const parts = await forThisRequest(last.parts);
    const shared = { ...parts.shared, ...ofRedis };
    const isFailed = Object.values(parts.own).includes('wrong');
    const isDegraded = [...Object.values(parts.own), ...Object.values(shared)].some(
      (state) => state !== 'ok',
    );
    const status = isFailed ? 'failed' : isDegraded ? 'degraded' : 'ok';
    return c.json({ status, ...parts.own, ...shared }, isFailed ? 503 : 200);
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
