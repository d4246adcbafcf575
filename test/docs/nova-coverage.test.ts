import { expect, test } from 'vitest';
import { code, proofs, read, rows, section } from './pages.ts';

const PAGE = read('docs/nova-coverage.md');
const CODE = /\b[A-Z]\d{1,2}\b/g;

const PROOFS = proofs(section(PAGE, 'Proofs'));

test.each(PROOFS)('$code: $file has the test "$title"', ({ file, title }) => {
  const texts = [`'${title}'`, `"${title}"`, `\`${title}\``];
  const source = read(file);
  expect(texts.some((text) => source.includes(text))).toBe(true);
});

test('codes are unique, every proof is used, and every used code has a proof', () => {
  const codes = PROOFS.map((proof) => proof.code);
  expect(new Set(codes).size).toBe(codes.length);
  const [before = ''] = PAGE.split('## Proofs');
  const used = before.replaceAll(/`[^`]*`/g, '').match(CODE);
  expect(new Set(used)).toEqual(new Set(codes));
});

test('each row has a coverage and a proof', () => {
  const tables = ['Endpoints', 'Fields of create', 'Actions', 'Filters', 'Errors'];
  const all = tables.flatMap((heading) => rows(section(PAGE, heading)));
  expect(all.length).toBeGreaterThan(50);
  for (const [what, , , howFar, proof] of all) {
    expect(howFar, what).toMatch(/^(supported|(limited|missing)( \(\d\))*)$/);
    expect(proof, what).toMatch(/^([A-Z]\d{1,2} ?)+$/);
  }
});

test.each(['Endpoints', 'Fields of create', 'Actions', 'Filters'])('%s: each note is defined', (heading) => {
  const text = section(PAGE, heading);
  const numbers = [...text.matchAll(/\((\d)\)/g)].map(([, number]) => number);
  for (const number of new Set(numbers)) expect(text).toMatch(new RegExp(`^${number}\\. `, 'm'));
});

/** Rows of the Nova documentation; none may be missing from the tables. */
test.each([
  [
    'Endpoints',
    'GET /servers',
    'GET /servers/detail',
    'GET /servers/{id}',
    'POST /servers',
    'DELETE /servers/{id}',
    'POST /servers/{id}/action',
    'GET /flavors/detail',
    'GET /images',
    'GET /os-keypairs',
    'POST /os-keypairs',
    'GET /os-availability-zone',
    'GET /os-server-groups',
    'GET /os-hypervisors/detail',
    'GET /os-quota-sets/{project_id}',
  ],
  [
    'Fields of create',
    'name',
    'flavorRef',
    'imageRef',
    'networks[].uuid',
    'networks[].port',
    'key_name',
    'security_groups',
    'user_data',
    'availability_zone',
  ],
  ['Actions', 'reboot', 'os-stop', 'os-start', 'resize', 'confirmResize', 'createImage'],
  ['Filters', 'status', 'name', 'flavor', 'image', 'all_tenants', 'limit', 'marker'],
])("%s: has every row of Nova's documentation", (heading, ...wanted) => {
  const there = rows(section(PAGE, heading)).map(([what]) => code(what));
  expect(there).toEqual(expect.arrayContaining(wanted));
});

test("every error of Nova's documentation is listed", () => {
  const there = rows(section(PAGE, 'Errors')).map(([error]) => error);
  expect(there).toEqual([
    '400 `badRequest`',
    '401 `unauthorized`',
    '403 `forbidden`',
    '404 `itemNotFound`',
    '409 `conflictingRequest`',
    '413 `entityTooLarge`',
    '429 `overLimit`',
  ]);
});
