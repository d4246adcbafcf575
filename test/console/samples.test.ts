/**
 * The console's samples as a customer would paste them, against a gateway with the sandbox. CI has Python and Go.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportOf, type Language, sampleOf } from '../../src/console/browser/samples.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';

/** The file that a sample goes to, and what runs it. */
const RUN: Readonly<Record<Exclude<Language, 'openstack'>, readonly [file: string, command: string]>> = {
  curl: ['list.sh', '/bin/sh list.sh'],
  fetch: ['list.mjs', `"${process.execPath}" list.mjs`],
  Python: ['list.py', '/usr/bin/python3 list.py'],
  Go: ['list.go', 'go run list.go'],
};

let gateway: GatewayProcess;
let key: string;
beforeAll(async () => {
  gateway = await startProcess({ LOG_LEVEL: 'silent' });
  key = /x-api-key: (\w+)"/.exec(gateway.stdout())?.[1] ?? '';
});
afterAll(() => gateway.end('SIGTERM'));

test.each(Object.keys(RUN) as (keyof typeof RUN)[])(
  '%s lists the instances',
  { timeout: 240_000 },
  (language) => {
    const [file, command] = RUN[language];
    const folder = mkdtempSync(join(tmpdir(), 'linguanova-sample-'));
    // The name is a customer's own, and stands in a comment of the shell.
    const context = {
      url: gateway.url,
      region: '',
      keyId: key.split('_')[1] ?? '',
      keyName: "it's `false`; $(false)\nfalse",
    };
    writeFileSync(join(folder, file), sampleOf(language, context));
    const setting = exportOf(context).replace(/ln_\w+\.\.\./, key);
    const { stdout, stderr, status } = spawnSync('/bin/sh', ['-e', '-c', `${setting}\n${command}`], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder, GOCACHE: join(tmpdir(), 'linguanova-go-cache') },
    });
    expect([status, stdout], stderr).toEqual([0, expect.stringContaining('web-production-01')]);
  },
);

const EXAMPLE = { url: 'https://api.example.org', keyId: 'abc', keyName: 'ci' };

test('a sample of a region names it', () => {
  const context = { ...EXAMPLE, region: 'Region Two' };
  expect(sampleOf('curl', context)).toContain('https://api.example.org/regions/Region%20Two/v1/instances');
  expect(sampleOf('openstack', context)).toContain("--os-region-name 'Region Two' server list");
});

test('the OpenStack command contains the id of the key', () => {
  const command = sampleOf('openstack', { ...EXAMPLE, region: '' });
  expect(command).toContain('--os-auth-url https://api.example.org/identity/v3');
  expect(command).toContain('--os-application-credential-id abc');
});
