import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { expectation, figure, table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const INSTANCES = 100;
const KEYS = 10;
/** Of `LINGUANOVA_CACHE_SECONDS`; a look every half of it, seconds. */
const CACHE_SECONDS = 4;
/** Over so many beats looks are counted. */
const BEATS = 5;
/** Time in ms in which garbage and buffers of connecting settle. */
const SETTLED = 3_000;

/** One change, as all subscribers received it. */
interface Latency {
  /** Time in ms from the poll that found it until the first and the last subscriber had it. */
  readonly first: number;
  readonly last: number;
}

/** (f) Many subscribers of one project: polls of the cloud, latency of the last subscriber, memory. */
export async function events(setting: Setting): Promise<void> {
  const { pace, scale, stopLater, print } = setting;
  const upstream = stopLater(await benchUpstream(INSTANCES));
  const of = owner(0);
  const environment = {
    ...upstream.environment,
    LINGUANOVA_CACHE_SECONDS: `${CACHE_SECONDS}`,
    LINGUANOVA_EVENT_STREAMS: `${scale.listeners}/${scale.listeners}/${scale.listeners}`,
  };
  const gateway = stopLater(await benchGateway(environment, Array(KEYS).fill(of)));
  const key = (n: number) => gateway.keys[n % KEYS] ?? '';
  const one = await listen(gateway.url, key(0));
  await pause(SETTLED);
  const before = await memory(gateway.url);
  const subscribers = [one];
  while (subscribers.length < scale.listeners) {
    const some = Math.min(50, scale.listeners - subscribers.length);
    subscribers.push(
      ...(await Promise.all(Array.from({ length: some }, (_, n) => listen(gateway.url, key(n))))),
    );
  }
  await pause(SETTLED);
  const after = await memory(gateway.url);

  const looksBefore = await looks(gateway.url);
  const callsBefore = (await upstream.calls()).count;
  await pause((BEATS * CACHE_SECONDS * 1_000) / 2);
  const looked = (await looks(gateway.url)) - looksBefore;
  const calls = (await upstream.calls()).count - callsBefore;

  const latencies: Latency[] = [];
  for (let round = 0; round <= pace.rounds; round++) {
    const received = receiving(subscribers, `"changed-${round + 1}-`);
    await upstream.change(of.projectId, 1);
    const latency = await received;
    if (round > 0) latencies.push(latency);
  }
  for (const listener of subscribers) listener.destroy();

  const perListener = (after - before) / (subscribers.length - 1) / 1024;
  const last = Math.max(...latencies.map((one) => one.last));
  print(`(f) ${subscribers.length} listeners, ${INSTANCES} instances, a look every ${CACHE_SECONDS / 2} s`);
  print(
    table(
      [
        '',
        'looks',
        'calls to the cloud',
        'first receives, ms',
        'last receives, ms',
        'the latest of all, ms',
        'KiB each',
      ],
      [
        [
          'events',
          figure(looked),
          figure(calls),
          figure(median(latencies.map((one) => one.first))),
          figure(median(latencies.map((one) => one.last))),
          figure(last),
          figure(perListener, 1),
        ],
      ],
    ),
  );
  print(expectation(`in ${BEATS} beats no more looks than beats, and one`, looked, looked <= BEATS + 1, 0));
  print(expectation('every change reaches all within a second of the look, ms', last, last <= 1_000, 0));
}

/** Resolves when the stream has sent `ready`. */
async function listen(url: string, key: string): Promise<IncomingMessage> {
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/v1/events`, { headers: { 'x-api-key': key }, agent: false }, resolve).on('error', reject);
  });
  if (stream.statusCode !== 200) throw new Error(`no stream: ${stream.statusCode}`);
  stream.setEncoding('utf8').on('error', () => {});
  await new Promise<void>((resolve) => {
    stream.on('data', () => resolve());
  });
  return stream;
}

/** Resolves when all have received it. The time of the poll is in the event, by the clock of this machine. */
async function receiving(subscribers: readonly IncomingMessage[], mark: string): Promise<Latency> {
  const times = await Promise.all(
    subscribers.map(
      (stream) =>
        new Promise<number>((resolve) => {
          const onData = (text: string) => {
            const now = Date.now();
            if (!text.includes(mark)) return;
            stream.off('data', onData);
            const at = /"at":"([^"]+)"/.exec(text)?.[1] ?? '';
            resolve(now - Date.parse(at));
          };
          stream.on('data', onData);
        }),
    ),
  );
  return { first: Math.min(...times), last: Math.max(...times) };
}

/** Bytes that the process has in memory. */
function memory(url: string): Promise<number> {
  return metric(url, 'process_resident_memory_bytes');
}

function looks(url: string): Promise<number> {
  return metric(url, 'linguanova_event_polls_total\\{result="ok",region="[^"]*"\\}');
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name} ([\\d.e+-]+)`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`the gateway does not report ${name}`);
  return Number(value);
}
