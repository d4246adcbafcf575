import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read } from '../docs/pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const { version, engines, scripts } = JSON.parse(read('package.json'));
const CHANGELOG = read('CHANGELOG.md');

test('the newest release of the changelog is the version of the package, with a date and a link', () => {
  const [, newest, date = ''] = /^## \[(\d\S*)\] - (\S+)$/m.exec(CHANGELOG) ?? [];
  expect(newest).toBe(version);
  expect(new Date(`${date}T00:00:00Z`).toISOString()).toContain(date);
  for (const [, name] of CHANGELOG.matchAll(/^## \[([^\]]+)\]/gm))
    expect(CHANGELOG).toContain(`\n[${name}]: https://`);
});

test('the changelog uses the headings of its format', () => {
  const headings = [...CHANGELOG.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  const allowed = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security', 'Upgrading'];
  expect(headings.filter((heading = '') => !allowed.includes(heading))).toEqual([]);
});

test('.nvmrc has a Node that the package accepts', () => {
  const [, least = ''] = />=(\d+)/.exec(engines.node) ?? [];
  expect(Number(read('.nvmrc'))).toBeGreaterThanOrEqual(Number(least));
});

test('security fixes are promised for the present version', () => {
  const [major, minor] = version.split('.');
  expect(read('SECURITY.md')).toContain(`| ${major}.${minor}.x | yes |`);
});

test('workflows run files and scripts that exist', () => {
  const workflows = ['ci', 'release'].map((name) => read(`.github/workflows/${name}.yml`)).join('\n');
  for (const [, script = ''] of workflows.matchAll(/npm run (\S+)/g)) expect(scripts).toHaveProperty(script);
  expect(workflows).toContain('bash .ci/run');
  expect(existsSync(join(ROOT, '.ci/run'))).toBe(true);
  expect(read('Dockerfile')).toMatch(/^ARG NODE_IMAGE=\S+$/m);
});
