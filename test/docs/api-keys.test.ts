import { expect, test } from 'vitest';
import { SCOPES } from '../../src/scopes.ts';
import { code, proofs, read, rows, section } from './pages.ts';

const PAGE = read('docs/api-keys.md');
const PROOFS = proofs(section(PAGE, 'Proofs'));
const FEATURES = rows(section(PAGE, 'Comparison with other systems'));

test.each(PROOFS)('$code: $file has the test "$title"', ({ file, title }) => {
  const source = read(file);
  expect([`'${title}'`, `"${title}"`].some((text) => source.includes(text))).toBe(true);
});

test('each feature has a proof or a reason why it is missing', () => {
  const codes = PROOFS.map((proof) => proof.code);
  expect(FEATURES.length).toBeGreaterThan(20);
  for (const [feature, here = '', proof = ''] of FEATURES) {
    if (proof === '') expect(here, feature).toMatch(/^(no|not yet): /);
    for (const name of proof.split(' ').filter(Boolean)) expect(codes, feature).toContain(name);
  }
  const used = FEATURES.flatMap(([, , proof = '']) => proof.split(' ')).filter(Boolean);
  expect(new Set(used)).toEqual(new Set(codes));
});

test('the table of scopes is the one in the code', () => {
  expect(rows(section(PAGE, 'Scopes')).map(([name]) => code(name))).toEqual([...SCOPES]);
});
