import { type Contender, measureInTurns, medianOf, medianRatio } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { figure, promise, table } from './harness/table.ts';
import { instanceId } from './subjects/fleet.ts';
import { benchGateway } from './subjects/gateway.ts';
import { proxyNginx } from './subjects/nginx-proxy.ts';
import { benchUpstream, owner } from './subjects/upstream.ts';

/**
 * (n) One server, in the Nova dialect, passed through with keys and limits on; against nginx that only passes on. The upstream is as
 * fast as Node can be: with a real OpenStack both wait for it.
 */
export async function passThrough(setting: Setting): Promise<void> {
  const upstream = setting.stopLater(await benchUpstream(10));
  const { projectId } = owner(0);
  const path = `/compute/v2.1/servers/${instanceId(projectId, 0)}`;
  const nginx = setting.stopLater(await proxyNginx(new URL(upstream.url).host, setting.install));
  const gateway = setting.stopLater(await benchGateway(upstream.environment, [owner(0)]));
  const [key = ''] = gateway.keys;
  const token = { 'x-auth-token': projectId };
  const contenders: Contender[] = [
    {
      name: 'linguanova',
      load: { url: gateway.url + path, headers: [{ 'x-auth-token': key }] },
      pid: gateway.pid,
    },
    ...(nginx === null
      ? []
      : [{ name: 'nginx', load: { url: nginx.url + path, headers: [token] }, pid: nginx.pid }]),
    { name: 'directly', load: { url: upstream.url + path, headers: [token] }, pid: upstream.pid },
  ];
  // Time by one connection: what is added to a request, not how long it waits for others.
  const alone = await measureInTurns(setting.generator, contenders, { ...setting.pace, connections: 1 });
  const busy = await measureInTurns(setting.generator, contenders, setting.pace);
  setting.print('(n) one server in the Nova dialect, passed through');
  setting.print(
    table(
      ['', 'median ms', 'requests/s', 'CPU us/request'],
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
      ]),
    ),
  );
  const own = alone.get('linguanova');
  const added = medianRatio(own, alone.get('nginx'), (one, other) => one.median - other.median);
  const ratio = medianRatio(
    busy.get('linguanova'),
    busy.get('nginx'),
    (one, other) => one.perSecond / other.perSecond,
  );
  if (nginx === null) return;
  setting.print(promise('at least 0.5 of nginx in throughput', ratio, ratio >= 0.5));
  setting.print(promise('at most 1 ms more than nginx at the median', added, added <= 1));
}
