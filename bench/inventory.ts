import { setTimeout as pause } from 'node:timers/promises';
import { median } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { expectation, figure, table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { WatchedGateway } from './targets/measured-gateway.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const CHANGES = 5;
/** The shortest setting, so that the benchmark need not wait. */
const CACHE_SECONDS = 1;
/** Nova reports times in whole seconds, so what is read within the second of a change is read again. */
const SETTLED_MILLISECONDS = 2_500;
const CACHED_REPEATS = 20;

/** What one list cost. */
interface Cost {
  readonly milliseconds: number;
  /** Of the gateway, in ms. */
  readonly cpu: number;
  /** Sent by the cloud. */
  readonly bytes: number;
}
const KINDS = ['first', 'cached', 'refreshed'] as const;
type Kind = (typeof KINDS)[number];

/** (c) The list of a large project: the first one, a cached one, and one after a few of its instances have changed. */
export async function inventory(setting: Setting): Promise<void> {
  for (const size of setting.scale.instances) await ofSize(size, setting);
}

async function ofSize(size: number, { pace, stopLater, print }: Setting): Promise<void> {
  const upstream = stopLater(await benchUpstream(size));
  // A project for each round, since only one list of a project is its first; one more, to warm up.
  const owners = Array.from({ length: pace.rounds + 1 }, (_, n) => owner(n));
  const environment = { ...upstream.environment, LINGUANOVA_CACHE_SECONDS: `${CACHE_SECONDS}` };
  const gateway = stopLater(await benchGateway(environment, owners));
  const costs: Record<Kind, Cost[]> = { first: [], cached: [], refreshed: [] };
  for (const [round, { projectId }] of owners.entries()) {
    const watched = new WatchedGateway(gateway.url, gateway.keys[round] ?? '', upstream.calls);
    await watched.warmUp();
    const first = await watched.list();
    await pause(SETTLED_MILLISECONDS);
    await watched.list();
    await watched.quiet();
    const cached = await watched.list(CACHED_REPEATS);
    await pause(SETTLED_MILLISECONDS);
    await upstream.change(projectId, CHANGES);
    const refreshed = await watched.listUntil(/"changed-1-\d+"/, cached);
    if (round === 0) continue;
    costs.first.push(first);
    costs.cached.push(cached);
    costs.refreshed.push(refreshed);
  }
  const of = (kind: Kind, figure: (cost: Cost) => number) => median(costs[kind].map(figure));
  const part = (kind: Kind) => of(kind, ({ cpu }) => cpu) / of('first', ({ cpu }) => cpu);
  print(`(c) ${size} instances, ${CHANGES} of them changed`);
  print(
    table(
      ['', 'ms', 'CPU ms', 'bytes from the cloud', 'CPU / that of the first'],
      KINDS.map((kind) => [
        kind,
        figure(
          of(kind, ({ milliseconds }) => milliseconds),
          1,
        ),
        figure(
          of(kind, ({ cpu }) => cpu),
          1,
        ),
        figure(of(kind, ({ bytes }) => bytes)),
        figure(part(kind), 3),
      ]),
    ),
  );
  const most = `a refresh after ${CHANGES} changes in ${size} at most 5 % of a full list`;
  print(expectation(most, part('refreshed') * 100, part('refreshed') <= 0.05, 1));
}
