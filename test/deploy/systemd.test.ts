import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { GATEWAY_MANIFEST } from '../../build/manifests.ts';
import { read } from '../docs/pages.ts';
import { debianProgram } from '../support/debian-package.ts';

const run = promisify(execFile);
const UNIT = read('deploy/systemd/linguanova.service');

/** Of systemd-analyze, in tenths; a service without any hardening has 96. */
const MAX_EXPOSURE = 15;

test('systemd accepts the unit without a warning and rates it as little exposed', async () => {
  const analyze = await debianProgram('/usr/bin/systemd-analyze', ['systemd'], 'THE SYSTEMD UNIT');
  if (analyze === null) return;
  const file = join(mkdtempSync(join(tmpdir(), 'linguanova-unit-')), 'linguanova.service');
  // It checks that the program exists.
  writeFileSync(file, UNIT.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
  const verified = await run(analyze, ['verify', '--man=no', file]);
  expect(verified.stdout + verified.stderr).toBe('');
  const options = ['--offline=yes', '--no-pager', `--threshold=${MAX_EXPOSURE}`];
  const { stdout } = await run(analyze, ['security', ...options, file]);
  expect(stdout).toContain('Overall exposure level');
});

test('the unit is the one that docs/deployment.md installs, and is killed after 75 seconds', () => {
  expect(UNIT).toMatch(/^TimeoutStopSec=75$/m);
  const [, program = ''] = /^ExecStart=(\S+) serve$/m.exec(UNIT) ?? [];
  const [, variables = ''] = /^EnvironmentFile=(\S+)$/m.exec(UNIT) ?? [];
  const page = read('docs/deployment.md');
  expect(program).toBe(`/opt/linguanova/${GATEWAY_MANIFEST.bin.linguanova}`);
  // npm ignores the lock file of a tarball that it installs.
  expect(page).toContain('npm ci --prefix /opt/linguanova --omit=dev --ignore-scripts');
  expect(page).not.toMatch(/npm install [^\n]*\.tgz/);
  expect(page).toContain(variables);
  expect(page).toContain('deploy/systemd/linguanova.service /etc/systemd/system/');
});
