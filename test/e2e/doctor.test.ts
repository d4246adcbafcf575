import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';

const LINGUANOVA_SECRET = randomBytes(32).toString('base64');
/** Nothing listens there. */
const CLOSED = '127.0.0.1:1';

const doctor = async (variables: Record<string, string>) => {
  const { code, stdout, stderr } = await runCommand(['doctor', '--json'], variables);
  const findings = JSON.parse(stdout) as { name: string; ok: boolean; detail: string }[];
  return { code, stderr, of: (name: string) => findings.find((finding) => finding.name === name) };
};

let far: GatewayProcess;
beforeAll(async () => {
  far = await startProcess({ LOG_LEVEL: 'silent' });
});
afterAll(() => far.end('SIGTERM'));

test('without configuration every check passes', async () => {
  const { code, stdout, stderr } = await runCommand(['doctor'], {});
  expect([code, stderr]).toEqual([0, '']);
  for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^ok {6}\w+ +\S.* \(\d+ ms\)$/);
  expect(stdout).toContain('the sandbox');
});

test('a reachable and an unreachable cloud', async () => {
  const well = await doctor({ REDU_URL: far.url, LINGUANOVA_SECRET });
  expect([well.code, well.of('cloud')]).toEqual([0, expect.objectContaining({ ok: true })]);

  const ill = await doctor({ OS_AUTH_URL: `http://${CLOSED}/v3`, LINGUANOVA_SECRET });
  expect([ill.code, ill.stderr, ill.of('cloud')?.ok]).toEqual([1, '', false]);
  expect(ill.of('cloud')?.detail).toMatch(/ECONNREFUSED.*see OS_AUTH_URL/);
  expect(ill.of('service account'), 'having none is no fault').toMatchObject({ ok: true });
});

test('a failed check names its variable and reveals no password', async () => {
  const { code, of } = await doctor({
    LINGUANOVA_SANDBOX: '1',
    DATABASE_URL: `postgres://someone:hunter2@${CLOSED}/keys`,
    REDIS_URL: `redis://:hunter2@${CLOSED}`,
  });
  expect(code).toBe(1);
  expect(of('store')).toMatchObject({ ok: false, detail: expect.stringContaining('DATABASE_URL') });
  expect(of('redis')).toMatchObject({ ok: false, detail: expect.stringContaining('REDIS_URL') });
  expect(of('cloud')).toMatchObject({ ok: true });
  expect(JSON.stringify([of('store'), of('redis')])).not.toContain('hunter2');
});
