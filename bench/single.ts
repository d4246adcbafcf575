import { realOpenStack } from '../test/support/real-openstack.ts';
import { type Candidate, measureInterleaved, medianOf, medianRatio } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { expectation, figure, table } from './harness/table.ts';
import { benchGateway, type KeyOwner } from './targets/gateway.ts';
import { instanceId } from './targets/project-servers.ts';
import { realInstance } from './targets/real-instance.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

/** One instance, and its request at the cloud itself. */
interface Subject {
  readonly cloud: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly keyOwner: KeyOwner;
  readonly instance: string;
  /** The same instance at Nova, and a token for it. */
  readonly direct: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

/**
 * (b) One instance, uncached, against the same call made directly to the cloud. CPU only against the fast one: a real OpenStack
 * serves so few requests that the gateway's other work, and its start, would be counted with them.
 */
export async function single(setting: Setting): Promise<void> {
  const upstream = setting.stopLater(await benchUpstream(10));
  const { projectId } = owner(0);
  const instance = instanceId(projectId, 0);
  const fast: Subject = {
    cloud: 'an upstream as fast as Node can be',
    environment: upstream.environment,
    keyOwner: owner(0),
    instance,
    direct: {
      url: `${upstream.url}/compute/v2.1/servers/${instance}`,
      headers: { 'x-auth-token': projectId },
    },
  };
  await against(setting, fast, upstream.pid);
  const variables = realOpenStack();
  if (variables === null) {
    setting.print('*** WITHOUT a real OpenStack: none runs on this machine');
    return;
  }
  const isUp = await fetch(variables.OS_AUTH_URL ?? '').then(
    () => true,
    () => false,
  );
  if (!isUp) {
    setting.print('*** WITHOUT a real OpenStack: the one of this machine does not respond');
    return;
  }
  const real = await realInstance(variables);
  if (real === null) setting.print('*** WITHOUT a real OpenStack: its project has no instance to look at');
  else {
    setting.stopLater(real);
    // It serves a few requests in a second, and others may be using it.
    const pace = { ...setting.pace, rounds: Math.min(setting.pace.rounds, 2), seconds: 10 };
    const slowly = { ...setting, pace };
    await against(slowly, { cloud: 'a real OpenStack', ...real }, null);
  }
}

async function against(setting: Setting, subject: Subject, upstreamPid: number | null): Promise<void> {
  const { cloud, environment, keyOwner, instance, direct } = subject;
  const gateway = await benchGateway({ ...environment, LINGUANOVA_CACHE_SECONDS: '0' }, [keyOwner]);
  const [key = ''] = gateway.keys;
  try {
    const contenders: Candidate[] = [
      {
        name: 'linguanova',
        load: { url: `${gateway.url}/v1/instances/${instance}`, headers: [{ 'x-api-key': key }] },
        pid: gateway.pid,
      },
      { name: 'directly', load: { url: direct.url, headers: [direct.headers] }, pid: upstreamPid },
    ];
    // Time by one connection: what is added to a request, not how long it waits for others. CPU by many: with one, most of it is
    // falling asleep and waking up.
    const samples = await measureInterleaved(setting.generator, contenders, {
      ...setting.pace,
      connections: 1,
    });
    const own = samples.get('linguanova');
    const added = medianRatio(own, samples.get('directly'), (one, other) => one.median - other.median);
    const busy =
      upstreamPid === null ? null : await measureInterleaved(setting.generator, contenders, setting.pace);
    const cpu = medianOf(busy?.get('linguanova'), (sample) => sample.cpu);
    setting.print(`(b) one instance, uncached, ${cloud}`);
    setting.print(
      table(
        ['', 'median ms', 'p99 ms', `CPU us/request, ${setting.pace.connections} connections`],
        contenders.map(({ name }) => [
          name,
          figure(
            medianOf(samples.get(name), (sample) => sample.median),
            2,
          ),
          figure(
            medianOf(samples.get(name), (sample) => sample.p99),
            2,
          ),
          figure(
            medianOf(busy?.get(name), (sample) => sample.cpu),
            0,
          ),
        ]),
      ),
    );
    setting.print(expectation('at most 1 ms added at the median', added, added <= 1));
    if (busy !== null) setting.print(expectation('at most 150 us of CPU per request', cpu, cpu <= 150, 0));
  } finally {
    await gateway.stop();
  }
}
