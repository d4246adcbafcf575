import { type Candidate, measureInterleaved, medianOf, medianRatio, type Sample } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { expectation, figure, table } from './harness/table.ts';
import { bareHono } from './targets/bare-hono.ts';
import { benchGateway } from './targets/gateway.ts';
import { luaNginx } from './targets/nginx.ts';
import { recordResponse } from './targets/recorded-response.ts';
import { benchRedis } from './targets/redis.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const TARGET = '/v1/instances';
const INSTANCES = 10;

/** (a) A cached list, with keys, limits and cache on, against a bare Hono handler and against nginx doing the same work. */
export async function cached({ generator, pace, install, stopLater, print }: Setting): Promise<void> {
  const redis = stopLater(await benchRedis());
  const upstream = stopLater(await benchUpstream(INSTANCES));
  const environment = { ...upstream.environment, ...(redis !== null && { REDIS_URL: redis.url }) };
  const gateway = stopLater(await benchGateway(environment, [owner(0)]));
  const [key = ''] = gateway.keys;
  const headers = { 'x-api-key': key };
  await recordResponse(gateway.url + TARGET, headers);
  const recorded = await recordResponse(gateway.url + TARGET, headers);
  const bare = stopLater(await bareHono(recorded, TARGET));
  const redisOfNginx = redis === null ? null : stopLater(await benchRedis());
  const nginx = redisOfNginx && stopLater(await luaNginx(redisOfNginx, key, TARGET, recorded, install));

  const contender = (
    name: string,
    subject: { url: string; pid: number },
    behind: typeof redis,
  ): Candidate => ({
    name,
    load: { url: subject.url + TARGET, headers: [headers] },
    pid: subject.pid,
    ...(behind !== null && { redisPid: behind.pid }),
  });
  const contenders = [contender('linguanova', gateway, redis), contender('bare Hono', bare, null)];
  if (nginx !== null) contenders.push(contender('nginx + Lua', nginx, redisOfNginx));
  const samples = await measureInterleaved(generator, contenders, pace);

  const own = samples.get('linguanova');
  const throughput = (one: Sample, other: Sample) => one.perSecond / other.perSecond;
  /** In requests per second of CPU. */
  const efficiency = (one: Sample, other: Sample) => other.cpu / one.cpu;
  print(`(a) ${INSTANCES} instances, ${recorded.body.length} bytes, ${pace.connections} connections`);
  print(
    table(
      ['', 'requests/s', 'CPU us/request', 'of Redis', 'linguanova / this: requests/s', 'per CPU second'],
      contenders.map(({ name }) => [
        name,
        figure(medianOf(samples.get(name), ({ perSecond }) => perSecond)),
        figure(
          medianOf(samples.get(name), ({ cpu }) => cpu),
          1,
        ),
        figure(
          medianOf(samples.get(name), ({ redisCpu }) => redisCpu),
          2,
        ),
        figure(medianRatio(own, samples.get(name), throughput), 2),
        figure(medianRatio(own, samples.get(name), efficiency), 2),
      ]),
    ),
  );
  const ofBare = medianRatio(own, samples.get('bare Hono'), throughput);
  const ofNginx = medianRatio(own, samples.get('nginx + Lua'), efficiency);
  const redisCpu = medianOf(own, (sample) => sample.redisCpu);
  print(expectation("at least 0.9 of bare Hono's requests/s", ofBare, ofBare >= 0.9));
  print(expectation('at least 1.0 of nginx + Lua in requests per CPU second', ofNginx, ofNginx >= 1));
  print(expectation('at most 2 us of Redis per request', redisCpu, redisCpu <= 2));
}
