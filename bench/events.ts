import { get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { figure, promise, table } from './harness/table.ts';
import { benchGateway } from './subjects/gateway.ts';
import { benchUpstream, owner } from './subjects/upstream.ts';

const INSTANCES = 100;
const KEYS = 10;
/** Of `LINGUANOVA_CACHE_SECONDS`; a look every half of it, seconds. */
const CACHE_SECONDS = 4;
/** Over so many beats looks are counted. */
const BEATS = 5;
/** Garbage and buffers of connecting settle, milliseconds. */
const SETTLED = 3_000;

/** One change, as all heard it. */
interface Told {
  /** From the look that saw it until the first and the last who listens had it, milliseconds. */
  readonly first: number;
  readonly last: number;
}

/** (f) Many who listen to the events of one project: looks at the cloud, how late the last one hears, memory. */
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
  const listeners = [one];
  while (listeners.length < scale.listeners) {
    const some = Math.min(50, scale.listeners - listeners.length);
    listeners.push(
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

  const told: Told[] = [];
  for (let round = 0; round <= pace.rounds; round++) {
    const heard = hearing(listeners, `"changed-${round + 1}-`);
    await upstream.change(of.projectId, 1);
    const latency = await heard;
    if (round > 0) told.push(latency);
  }
  for (const listener of listeners) listener.destroy();

  const perListener = (after - before) / (listeners.length - 1) / 1024;
  const last = Math.max(...told.map((one) => one.last));
  print(`(f) ${listeners.length} listeners, ${INSTANCES} instances, a look every ${CACHE_SECONDS / 2} s`);
  print(
    table(
      [
        '',
        'looks',
        'calls to the cloud',
        'first hears, ms',
        'last hears, ms',
        'the latest of all, ms',
        'KiB each',
      ],
      [
        [
          'events',
          figure(looked),
          figure(calls),
          figure(median(told.map((one) => one.first))),
          figure(median(told.map((one) => one.last))),
          figure(last),
          figure(perListener, 1),
        ],
      ],
    ),
  );
  print(promise(`in ${BEATS} beats no more looks than beats, and one`, looked, looked <= BEATS + 1, 0));
  print(promise('every change reaches all within a second of the look, ms', last, last <= 1_000, 0));
}

/** Resolves when it has heard that it hears everything from now on. */
async function listen(url: string, key: string): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/v1/events`, { headers: { 'x-api-key': key }, agent: false }, resolve).on('error', reject);
  });
  if (answer.statusCode !== 200) throw new Error(`no stream: ${answer.statusCode}`);
  answer.setEncoding('utf8').on('error', () => {});
  await new Promise<void>((resolve) => {
    answer.on('data', () => resolve());
  });
  return answer;
}

/** Resolves when all have heard of it. The look's time is in the event, by the clock of this machine. */
async function hearing(listeners: readonly IncomingMessage[], mark: string): Promise<Told> {
  const times = await Promise.all(
    listeners.map(
      (answer) =>
        new Promise<number>((resolve) => {
          const onData = (text: string) => {
            const now = Date.now();
            if (!text.includes(mark)) return;
            answer.off('data', onData);
            const at = /"at":"([^"]+)"/.exec(text)?.[1] ?? '';
            resolve(now - Date.parse(at));
          };
          answer.on('data', onData);
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
  return metric(url, 'linguanova_event_polls_total\\{result="ok"\\}');
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name} ([\\d.e+-]+)`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`the gateway does not tell ${name}`);
  return Number(value);
}
