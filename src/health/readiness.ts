import type { KeyStore } from '../access/key-store.ts';
import type { SecretCheck } from '../access/secret-check.ts';
import { deadlineIn, type MonotonicMs, monotonicMs, remainingMs } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, CloudDriver } from '../compute/cloud.ts';
import { forThisRequest } from '../cross-request-promise.ts';
import {
  type OwnState,
  PROBE_TIMEOUT_MS,
  type ProbeState,
  probed,
  probeSchema,
  probeSecret,
  probeStore,
} from './probes.ts';

/** Probe results of cloud and database are shared and cached, since the route is public; Redis is cheap to probe. */
const REMEMBER_MS = 1_000;

export interface ReadinessPorts {
  readonly clouds: CloudDriver;
  readonly keys: Pick<KeyStore, 'isWritable' | 'hasSchema'>;
  readonly secretCheck: Pick<SecretCheck, 'isCurrent'>;
  /** Optional: without it each node works alone. */
  readonly redis?: { probe(): Promise<ProbeState> };
}

export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'failed';
  readonly secret: OwnState;
  readonly schema: OwnState;
  readonly store: ProbeState;
  readonly redis?: ProbeState;
  /** Of the default region. */
  readonly cloud: ProbeState;
  /** Each served region; absent where there is one. */
  readonly regions?: Readonly<Record<string, ProbeState>>;
}

/** What works, and how long each probe of a shared dependency took in ms. */
export type Examine = (call: Pick<CallContext, 'requestId' | 'log'>) => Promise<{
  readonly readiness: Readiness;
  readonly latencyMs: { readonly store: number; readonly redis?: number; readonly cloud: number };
}>;

export function readiness({ clouds, keys, secretCheck, redis }: ReadinessPorts): Examine {
  const probeRegion = (call: CallContext) => timed(probed(clouds.ping(call).then(() => 'ok' as const)));
  const probeAll = async (call: CallContext) => {
    const others = clouds.regions.served().filter((region) => region !== call.region);
    const [secret, schema, store, cloud, ...further] = await Promise.all([
      probeSecret(secretCheck),
      probeSchema(keys),
      timed(probeStore(keys)),
      probeRegion(call),
      ...others.map((region) => probeRegion({ ...call, region })),
    ]);
    const all = [call.region, ...others].map((region, index) => {
      const { state } = [cloud, ...further][index] ?? cloud;
      return [region, state] as const;
    });
    const regions = others.length === 0 ? null : Object.fromEntries(all);
    return { secret, schema, store, cloud, regions };
  };
  let last: { parts: ReturnType<typeof probeAll>; until: MonotonicMs } | undefined;
  return async function examine({ requestId, log }) {
    if (last === undefined || remainingMs(last.until) === 0) {
      const call = {
        region: clouds.regions.default,
        deadline: deadlineIn(PROBE_TIMEOUT_MS),
        requestId,
        log,
        trace: new CallTrace(),
      };
      // At the edge, probes end with the request that began them, which then never settle.
      const current = { parts: probeAll(call), until: deadlineIn(PROBE_TIMEOUT_MS + REMEMBER_MS) };
      const settle = () => {
        current.until = deadlineIn(REMEMBER_MS);
      };
      current.parts.then(settle, settle);
      last = current;
    }
    const ofRedis = redis === undefined ? null : await timed(probed(redis.probe()));
    const { secret, schema, store, cloud, regions } = await forThisRequest(last.parts);
    const states = { store: store.state, ...(ofRedis && { redis: ofRedis.state }), cloud: cloud.state };
    const isFailed = secret === 'wrong' || schema === 'wrong';
    const all = [secret, schema, ...Object.values(states), ...Object.values(regions ?? {})];
    const isDegraded = all.some((state) => state !== 'ok');
    const status = isFailed ? 'failed' : isDegraded ? 'degraded' : 'ok';
    return {
      readiness: { status, secret, schema, ...states, ...(regions && { regions }) },
      latencyMs: { store: store.ms, ...(ofRedis && { redis: ofRedis.ms }), cloud: cloud.ms },
    };
  };
}

async function timed(probe: Promise<ProbeState>): Promise<{ state: ProbeState; ms: number }> {
  const startedAt = monotonicMs();
  const state = await probe;
  return { state, ms: Number((monotonicMs() - startedAt).toFixed(1)) };
}
