import { describe, expect, test } from 'vitest';
import { type Candidate, problemsOf, sectionOf } from '../../build/release-checks.ts';

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
});
