import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Minors } from '../adapters/sandbox/nova/microversion.ts';
import { IMAGE } from './conformance/target.ts';
import type { ReduAnswer, ReduClient } from './support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from './support/sandbox-target.ts';

/** What is lacking where Nova's newest version is older than this, by step. */
const LACKING: Readonly<Record<string, number>> = {
  'an x509 key pair': 2,
  'boot from a new volume': 3,
  console: 6,
  lock: 9,
  unlock: 9,
  'a soft server group': 15,
  'a description': 19,
  'a created description': 19,
  'an Idempotency-Key': 19,
  'tags of an instance': 26,
  'a filter by tag': 26,
  'no networks': 37,
  'created tags': 52,
  'a boot volume of a type': 67,
};

/** What no Nova has whose oldest version is after 2.91. */
const GENERATED = ['a generated key pair', 'an x509 key pair'];

const PUBLIC_KEY = `ssh-ed25519 ${Buffer.concat([
  Buffer.from([0, 0, 0, 11]),
  Buffer.from('ssh-ed25519'),
  Buffer.from([0, 0, 0, 32]),
  Buffer.alloc(32),
]).toString('base64')} m@example`;

type Step = readonly [name: string, send: () => Promise<ReduAnswer>];

/** A customer's requests one after the other; `id` is the instance of the first. */
async function scenario(target: SandboxTarget): Promise<Map<string, ReduAnswer>> {
  const acme = await target.acme.client();
  const answers = new Map<string, ReduAnswer>();
  const base = { flavor_id: 'm1.tiny', image_id: IMAGE, networks: [target.acme.networkId] };
  const first = await acme.post('/v1/instances', { name: 'one', ...base });
  const id: string = first.body.id;
  await acme.until(id, ({ state }) => state === 'active');
  const made = async (answer: ReduAnswer) => {
    if (answer.status !== 202) return answer;
    await acme.until(answer.body.id, ({ state }) => state === 'active');
    const shown = await acme.get(`/v1/instances/${answer.body.id}`);
    await acme.remove(answer.body.id);
    return shown;
  };
  const create = async (name: string, fields: object) =>
    made(await acme.post('/v1/instances', { name, ...base, ...fields }));
  const one = `/v1/instances/${id}`;
  const acted = async (action: string, state: string, rest: object = {}) => {
    const answer = await acme.act(id, action, rest);
    await acme.until(id, (instance) => instance.state === state);
    return answer;
  };
  const steps: readonly Step[] = [
    ['in detail', () => acme.get(one)],
    ['quotas', () => acme.get('/v1/quotas')],
    ['list', () => acme.get('/v1/instances')],
    ['list by status', () => acme.get('/v1/instances?status=ACTIVE&status=BUILD')],
    ['a created description', () => create('described', { description: 'Shop' })],
    ['created tags', () => create('tagged', { description: 'Shop', tags: ['a', 'b'] })],
    ['no networks', () => create('alone', { networks: 'none' })],
    ['a public instance', () => create('public', { metadata: { isPublic: true, enableSSH: true } })],
    [
      'boot from a new volume',
      () => create('volume', { boot_volume: { size_gb: 1, delete_with_instance: true } }),
    ],
    [
      'a boot volume that stays',
      () => create('stays', { boot_volume: { size_gb: 1, delete_with_instance: false } }),
    ],
    [
      'a boot volume of a type',
      () =>
        create('typed', { boot_volume: { size_gb: 1, volume_type: 'none', delete_with_instance: false } }),
    ],
    ['a name', () => acme.patch(one, { name: 'two' })],
    ['metadata', () => acme.patch(one, { metadata: { a: 'b' } })],
    ['a description', () => acme.patch(one, { description: 'Web' })],
    ['tags of an instance', () => acme.put(`${one}/tags`, { tags: ['x', 'y'] })],
    ['a filter by tag', () => acme.get('/v1/instances?tag=x')],
    ['stop', () => acted('stop', 'stopped')],
    ['start', () => acted('start', 'active')],
    ['resize', () => acted('resize', 'resized', { flavor_id: 'm1.small' })],
    ['confirm', () => acted('confirm_resize', 'active')],
    ['snapshot', () => acted('snapshot', 'active', { name: 'shot' })],
    ['backup', () => acted('backup', 'active', { name: 'copy', type: 'daily', rotation: 1 })],
    ['history', () => acme.get(`${one}/actions`)],
    ['lock', () => acme.act(id, 'lock')],
    ['unlock', () => acme.act(id, 'unlock')],
    ['console', () => acme.post(`${one}/console`, {})],
    ['console log', () => acme.get(`${one}/console_log?lines=1`)],
    ['a key pair', () => acme.post('/v1/keypairs', { name: 'given', public_key: PUBLIC_KEY })],
    ['a generated key pair', () => acme.post('/v1/keypairs', { name: 'made' })],
    ['an x509 key pair', () => acme.post('/v1/keypairs', { name: 'cert', type: 'x509' })],
    ['key pairs', () => acme.get('/v1/keypairs/given')],
    ['a server group', () => acme.post('/v1/server_groups', { name: 'hard', policy: 'affinity' })],
    ['a soft server group', () => acme.post('/v1/server_groups', { name: 'soft', policy: 'soft-affinity' })],
    ['flavors', () => acme.get('/v1/flavors')],
    ['zones', () => acme.get('/v1/availability_zones')],
    [
      'an Idempotency-Key',
      async () => made(await acme.postOnce(crypto.randomUUID(), '/v1/instances', { name: 'once', ...base })),
    ],
    ['a volume of an instance', () => volumeOf(acme, id)],
    ['delete', () => acme.delete(one)],
  ];
  for (const [name, send] of steps) answers.set(name, await send());
  return answers;
}

async function volumeOf(acme: ReduClient, id: string): Promise<ReduAnswer> {
  const { body } = await acme.post('/v1/volumes', { name: 'data', size_gb: 1 });
  const becomes = (status: string) =>
    vi.waitFor(
      async () => expect((await acme.get(`/v1/volumes/${body.id}`)).body.status).toBe(status),
      20_000,
    );
  await becomes('available');
  const answer = await acme.post(`/v1/instances/${id}/volumes`, { volume_id: body.id });
  await becomes('in-use');
  const shown = await acme.get(`/v1/instances/${id}`);
  return { ...answer, body: shown.body.volumes };
}

/** Without what differs from one run to the next. */
function comparable({ status, body }: ReduAnswer): unknown {
  const text = JSON.stringify(body ?? null)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'uuid')
    .replaceAll(/\b[0-9a-f]{32}\b/g, 'id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replaceAll(/\b([0-9a-f]{2}:){5,}[0-9a-f]{2}\b/g, 'bytes')
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/g, 'address')
    .replaceAll(/"(private|public)_key":"[^"]*"/g, '"$1_key":"key"');
  return { status, body: JSON.parse(text) };
}

describe('a cloud whose Nova has the microversions', () => {
  const targets: SandboxTarget[] = [];
  const answersOf = async (novaMinors: Partial<Minors>) => {
    const target = await sandboxTarget({ cloud: { bootMilliseconds: 50, novaMinors } });
    targets.push(target);
    return scenario(target);
  };
  const reference = answersOf({});
  afterAll(() => Promise.all(targets.map((target) => target.close())));

  test.concurrent.each([
    { newest: 1 },
    { newest: 60 },
    { newest: 79 },
    { newest: 93 },
    { newest: 104 },
    { oldest: 47, newest: 104 },
    { oldest: 104, newest: 104 },
  ])('%o gives the same, or 501 with what it lacks', async ({ oldest = 1, newest }) => {
    const [answers, expected] = await Promise.all([answersOf({ oldest, newest }), reference]);
    for (const [name, answer] of answers) {
      const isGone = GENERATED.includes(name) && oldest > 91;
      if ((LACKING[name] ?? 0) > newest || isGone) {
        expect([name, answer.status, answer.body]).toEqual([name, 501, lacks(isGone ? 'newer' : 'older')]);
      } else {
        expect([name, comparable(answer)]).toEqual([name, comparable(expected.get(name) ?? answer)]);
        expect([name, answer.status]).toEqual([name, expect.toSatisfy((status) => status < 300)]);
      }
    }
  });
});

function lacks(age: 'older' | 'newer') {
  const message = expect.stringMatching(
    new RegExp(
      `^This cloud has no .+\\. Its Nova is ${age} than microversion 2\\.\\d+: its .+ is 2\\.\\d+\\.$`,
    ),
  );
  return { error: { code: 'notImplemented', message } };
}
