/**
 * Ten thousand random requests on raw sockets, in both dialects, against gateways in front of the sandbox and of a redu cloud.
 * `FUZZ_SEED` and `FUZZ_REQUESTS` reproduce or extend a run.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { exchange } from './exchange.ts';
import { Random } from './random.ts';
import { type FuzzedRequest, fuzzedRequest, type Known } from './requests.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_129);
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 10_000);
/** Requests in flight at a time. */
const CONCURRENCY = 16;
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const ENVIRONMENT = {
  LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
  LINGUANOVA_PLANS: 'default=10000000/60',
  LINGUANOVA_TRUSTED_PROXIES: '127.0.0.1/32',
  LOG_LEVEL: 'warn',
};
/** Text of code or stack traces, which no response may contain. */
const INNER_TEXT =
  /node_modules|\.ts:\d+|\n\s+at \w|\b(?:Type|Range|Reference|Syntax|Zod|Config)Error\b|\bE(?:CONN|PIPE|NOENT)|undefined is not|is not a function|\[object Object\]/;

const processes: GatewayProcess[] = [];
afterAll(() => Promise.all(processes.map((one) => one.end('SIGKILL'))));

async function started(env: Record<string, string>): Promise<GatewayProcess> {
  const gateway = await startProcess({ ...ENVIRONMENT, ...env });
  processes.push(gateway);
  return gateway;
}

async function admin(gateway: GatewayProcess, body: object): Promise<{ id: string; key: string }> {
  const response = await fetch(`${gateway.url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`no key: ${response.status} ${await response.text()}`);
  return response.json();
}

const keyIn = (stdout: string) => /x-api-key: (\w+)"/.exec(stdout)?.[1] ?? '';

async function idsOf(gateway: GatewayProcess, key: string): Promise<[string, ...string[]]> {
  const headers = { 'x-api-key': key };
  const lists = await Promise.all(
    ['instances', 'networks', 'security_groups', 'images'].map(async (name) => {
      const body = await (await fetch(`${gateway.url}/v1/${name}`, { headers })).json();
      return (Array.isArray(body) ? body : body.items).slice(0, 3).map(({ id }: { id: string }) => id);
    }),
  );
  return ['00000000-0000-4000-8000-000000000000', ...lists.flat()];
}

/** The faults found, each with its request. */
async function faultsOf(gateway: GatewayProcess, known: Known, seed: number): Promise<string[]> {
  const random = new Random(seed);
  const port = Number(new URL(gateway.url).port);
  const faults: string[] = [];
  let left = Math.floor(REQUESTS / 2);
  const worker = async () => {
    while (left-- > 0) {
      const request = fuzzedRequest(random, known);
      const fault = await faultOf(port, request);
      if (fault !== null) faults.push(`${fault}: ${JSON.stringify(request.text.slice(0, 600))}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return faults;
}

async function faultOf(port: number, { text, method }: FuzzedRequest): Promise<string | null> {
  try {
    const { status, head, body } = await exchange(port, text);
    if (status === null) return head === '' ? null : `what came back is no response: ${head.slice(0, 200)}`;
    if (status >= 500 && status !== 501) return `${status} ${body.slice(0, 300)}`;
    if (!/^x-request-id: \S+/im.test(head)) return `${status} without X-Request-Id`;
    const inner = method === 'HEAD' || isAsset(head) ? null : INNER_TEXT.exec(body);
    return inner === null ? null : `${status} with inner text "${inner[0]}"`;
  } catch (error) {
    return String(error);
  }
}

/** Scripts, style sheets and the contract contain code and examples. */
function isAsset(head: string): boolean {
  return /^(?:etag: W\/"[\w-]{43}"|content-encoding: gzip|content-type: text\/(?:html|javascript|css))/im.test(
    head,
  );
}

describe('random requests cause no 5xx and no crash of the gateway', () => {
  const gateways: { name: string; gateway: GatewayProcess; known: Known; alive: string }[] = [];

  beforeAll(async () => {
    console.info(`fuzz: FUZZ_SEED=${SEED} FUZZ_REQUESTS=${REQUESTS}`);
    const sandbox = await started({ LINGUANOVA_SANDBOX: '1' });
    const demoKey = keyIn(sandbox.stdout());
    const far = await started({
      REDU_URL: sandbox.url,
      LINGUANOVA_SECRET: Buffer.alloc(32, 5).toString('base64'),
    });
    const farKey = { name: 'far', redu_key: demoKey };
    const [one, victim, alive] = [
      await admin(far, farKey),
      await admin(far, farKey),
      await admin(far, farKey),
    ];
    const ids = await idsOf(sandbox, demoKey);
    const common = { adminToken: ADMIN_TOKEN, ids };
    gateways.push(
      {
        name: 'sandbox',
        gateway: sandbox,
        known: { ...common, host: new URL(sandbox.url).host, key: demoKey, victimId: 'victim' },
        alive: demoKey,
      },
      {
        name: 'redu cloud',
        gateway: far,
        known: { ...common, host: new URL(far.url).host, key: one.key, victimId: victim.id },
        alive: alive.key,
      },
    );
  });

  test.each(['sandbox', 'redu cloud'])('in front of a %s', { timeout: 300_000 }, async (name) => {
    const subject = gateways.find((one) => one.name === name);
    if (subject === undefined) throw new Error(`no gateway in front of a ${name}`);
    const { gateway, known, alive } = subject;
    const faults = await faultsOf(gateway, known, SEED);
    expect(faults.slice(0, 10)).toEqual([]);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/v1/me`, { headers: { 'x-api-key': alive } })).status).toBe(200);
    expect(gateway.child.exitCode).toBe(null);
    const log = `${gateway.stdout()}\n${gateway.stderr()}`;
    expect(log.match(/.*(?:[Uu]nhandled|"level":"?(?:error|50|fatal)|\n\s+at ).*/g) ?? []).toEqual([]);
  });
});
