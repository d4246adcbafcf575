import { join, resolve } from 'node:path';
import { type Candidate, measureInterleaved, medianRatio, type Sample } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { figure, table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { instanceId } from './targets/project-servers.ts';
import { recordResponse } from './targets/recorded-response.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const INSTANCE = instanceId(owner(0).projectId, 0);
const UNCACHED = { LINGUANOVA_CACHE_SECONDS: '0' };

/** What is compared: a target, the header that carries the key, and the gateway's environment. */
const COMPARISONS = [
  { title: '(a) a cached list', target: '/v1/instances', header: 'x-api-key', environment: {} },
  {
    title: '(b) one instance, uncached',
    target: `/v1/instances/${INSTANCE}`,
    header: 'x-api-key',
    environment: UNCACHED,
  },
  {
    title: '(n) one server in the Nova dialect, uncached',
    target: `/compute/v2.1/servers/${INSTANCE}`,
    header: 'x-auth-token',
    environment: UNCACHED,
  },
];

/**
 * Several checkouts of the gateway in interleaved rounds: what a change, or a library, costs. The first is the base. Other load on the
 * machine only adds CPU to a round, so the least of all rounds is printed next to the ratio of medians.
 */
export async function checkouts({ generator, pace, scale, stopLater, print }: Setting): Promise<void> {
  const upstream = stopLater(await benchUpstream(10));
  for (const { title, target, header, environment } of COMPARISONS) {
    const contenders: Candidate[] = [];
    for (const folder of scale.checkouts) {
      const main = join(resolve(folder), 'adapters/node/main.ts');
      const gateway = stopLater(
        await benchGateway({ ...upstream.environment, ...environment }, [owner(0)], main),
      );
      const headers = { [header]: gateway.keys[0] ?? '' };
      await recordResponse(gateway.url + target, headers);
      const load = { url: gateway.url + target, headers: [headers] };
      contenders.push({ name: folder, load, pid: gateway.pid });
    }
    const samples = await measureInterleaved(generator, contenders, pace);
    const base = samples.get(scale.checkouts[0] ?? '');
    const rows = contenders.map(({ name }) => [
      name,
      figure(leastCpu(samples.get(name)), 1),
      figure(leastCpu(samples.get(name)) / leastCpu(base), 3),
      figure(
        medianRatio(samples.get(name), base, (one, other) => one.cpu / other.cpu),
        3,
      ),
    ]);
    print(title);
    print(table(['', 'least CPU us/request', 'of the first', 'median of the ratios'], rows));
  }
}

function leastCpu(samples: readonly Sample[] | undefined): number {
  return Math.min(...(samples ?? []).map(({ cpu }) => cpu));
}
