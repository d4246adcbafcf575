import { join, resolve } from 'node:path';
import { type Candidate, measureInterleaved, medianOf, medianRatio } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { figure, table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { recordResponse } from './targets/recorded-response.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const TARGET = '/v1/instances';
const INSTANCES = 10;

/** (a) for several checkouts of the gateway in interleaved rounds: what a change, or a library, costs a cached list. The first is the base. */
export async function checkouts({ generator, pace, scale, stopLater, print }: Setting): Promise<void> {
  const upstream = stopLater(await benchUpstream(INSTANCES));
  const contenders: Candidate[] = [];
  for (const folder of scale.checkouts) {
    const main = join(resolve(folder), 'adapters/node/main.ts');
    const gateway = stopLater(await benchGateway(upstream.environment, [owner(0)], main));
    const headers = { 'x-api-key': gateway.keys[0] ?? '' };
    await recordResponse(gateway.url + TARGET, headers);
    const load = { url: gateway.url + TARGET, headers: [headers] };
    contenders.push({ name: folder, load, pid: gateway.pid });
  }
  const samples = await measureInterleaved(generator, contenders, pace);
  const base = samples.get(scale.checkouts[0] ?? '');
  const rows = contenders.map(({ name }) => [
    name,
    figure(
      medianOf(samples.get(name), ({ cpu }) => cpu),
      1,
    ),
    figure(
      medianRatio(samples.get(name), base, (one, other) => one.cpu / other.cpu),
      3,
    ),
  ]);
  print(table(['', 'CPU us/request', 'CPU of this / of the first'], rows));
}
