import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NAME, VERSION } from './version.ts';

test('name and version equal those of package.json', () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect({ name: NAME, version: VERSION }).toEqual({ name, version });
});
