import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Candidate, problemsOf, sectionOf } from '../../build/release-checks.ts';
import { read } from '../docs/pages.ts';

const CHANGELOG = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-11-30

### Added

- Packages.

## [0.1.0] - 2026-01-01

- First.
`;
const READY: Candidate = {
  version: '0.2.0',
  sourceVersion: '0.2.0',
  changelog: CHANGELOG,
  changes: '',
  head: 'a1',
  tagged: '',
};

describe('a release', () => {
  test('can be made before and after its commit is tagged', () => {
    expect([problemsOf(READY), problemsOf({ ...READY, tagged: 'a1' })]).toEqual([[], []]);
  });

  test.each<[string, Partial<Candidate>, RegExp]>([
    ['uncommitted changes', { changes: ' M src/a.ts\n' }, /^commit or remove/],
    ['another version in the source', { sourceVersion: '0.1.0' }, /^src\/version.ts has 0.1.0/],
    ['a version that the changelog lacks', { version: '0.3.0', sourceVersion: '0.3.0' }, /\[0.3.0\] - DATE/],
    ['a section without a date', { changelog: '## [0.2.0]\n\n- Packages.\n' }, /\[0.2.0\] - DATE/],
    ['a section without text', { changelog: '## [0.2.0] - 2026-11-30\n\n## [0.1.0]\n' }, /\[0.2.0\]/],
    ['the tag of another commit', { tagged: 'b2' }, /^v0.2.0 is the tag of another commit: b2/],
  ])('is refused for %s', (_, change, problem) => {
    expect(problemsOf({ ...READY, ...change })).toEqual([expect.stringMatching(problem)]);
  });

  test('has the section of its version as notes', () => {
    expect(sectionOf(CHANGELOG, '0.2.0')).toBe('### Added\n\n- Packages.');
  });

  test('publishes files of ./dist, which npm would else take for a repository, and skips what is published', () => {
    const { steps } = parse(read('.github/workflows/release.yml')).jobs.packages;
    const publish = steps.find(({ name }: { name?: string }) => name === 'Publish to npm').run;
    const folder = mkdtempSync(join(tmpdir(), 'linguanova-publish-'));
    for (const name of ['bin', 'dist', 'package']) mkdirSync(join(folder, name));
    for (const [file, name] of [
      ['linguanova', 'linguanova'],
      ['linguanova-client', '@linguanova/client'],
    ]) {
      writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ name, version: '0.2.0' }));
      execFileSync('tar', ['-czf', `dist/${file}-0.2.0.tgz`, 'package'], { cwd: folder });
    }
    const npm = `#!/bin/sh
case "$1 $2" in
  "view linguanova@0.2.0") echo 0.2.0 ;;
  view*) exit 1 ;;
  *) echo "$*" >> published ;;
esac
`;
    writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
    const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
    execFileSync('bash', ['-eo', 'pipefail', '-c', publish], { cwd: folder, env: { PATH } });
    expect(readFileSync(join(folder, 'published'), 'utf8')).toBe(
      'publish ./dist/linguanova-client-0.2.0.tgz --access public --provenance\n',
    );
    const printed = [...read('build/release.ts').matchAll(/npm publish .*?(\S+\.tgz)/g)].map(
      ([, file]) => file,
    );
    expect(printed).toEqual([expect.stringMatching(/^\.\/dist\//), expect.stringMatching(/^\.\/dist\//)]);
  });
});
