import { type Candidate, measureInterleaved, medianOf, medianRatio, type Sample } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { expectation, figure, table } from './harness/table.ts';
import { type BenchGateway, benchGateway } from './targets/gateway.ts';
import { proxyNginx } from './targets/nginx-proxy.ts';
import { instanceId } from './targets/project-servers.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

/**
 * (n) One server, in the Nova dialect, with keys and limits on: passed through each time, and as by default, served from cache for
 * a moment; against nginx that only passes on. The upstream is as fast as Node can be: with a real OpenStack all wait for it.
 */
export async function passThrough(setting: Setting): Promise<void> {
  const upstream = setting.stopLater(await benchUpstream(10));
  const { projectId } = owner(0);
  const path = `/compute/v2.1/servers/${instanceId(projectId, 0)}`;
  const nginx = setting.stopLater(await proxyNginx(new URL(upstream.url).host, setting.install));
  const gatewayWith = async (environment: Readonly<Record<string, string>>) =>
    setting.stopLater(await benchGateway({ ...upstream.environment, ...environment }, [owner(0)]));
  const passing = await gatewayWith({ LINGUANOVA_CACHE_SECONDS: '0' });
  const keeping = await gatewayWith({});
  const token = { 'x-auth-token': projectId };
  const gateway = (name: string, { url, pid, keys: [key = ''] }: BenchGateway): Candidate => ({
    name,
    load: { url: url + path, headers: [{ 'x-auth-token': key }] },
    pid,
  });
  const contenders: Candidate[] = [
    gateway('passed through', passing),
    gateway('cached', keeping),
    ...(nginx === null
      ? []
      : [{ name: 'nginx', load: { url: nginx.url + path, headers: [token] }, pid: nginx.pid }]),
    { name: 'directly', load: { url: upstream.url + path, headers: [token] }, pid: upstream.pid },
  ];
  // Time by one connection: what is added to a request, not how long it waits for others.
  const alone = await measureInterleaved(setting.generator, contenders, { ...setting.pace, connections: 1 });
  const busy = await measureInterleaved(setting.generator, contenders, setting.pace);
  const throughput = (one: Sample, other: Sample) => one.perSecond / other.perSecond;
  setting.print('(n) one server in the Nova dialect');
  setting.print(
    table(
      ['', 'median ms', 'requests/s', 'CPU us/request', 'requests/s of nginx'],
      contenders.map(({ name }) => [
        name,
        figure(
          medianOf(alone.get(name), (sample) => sample.median),
          2,
        ),
        figure(
          medianOf(busy.get(name), (sample) => sample.perSecond),
          0,
        ),
        figure(
          medianOf(busy.get(name), (sample) => sample.cpu),
          0,
        ),
        figure(medianRatio(busy.get(name), busy.get('nginx'), throughput), 2),
      ]),
    ),
  );
  if (nginx === null) return;
  for (const [name, how] of [
    ['cached', 'as it is served'],
    ['passed through', 'passed through each time'],
  ] as const) {
    const ratio = medianRatio(busy.get(name), busy.get('nginx'), throughput);
    setting.print(expectation(`at least 0.5 of nginx in throughput, ${how}`, ratio, ratio >= 0.5));
  }
  const own = alone.get('passed through');
  const added = medianRatio(own, alone.get('nginx'), (one, other) => one.median - other.median);
  setting.print(expectation('at most 1 ms more than nginx at the median', added, added <= 1));
}
