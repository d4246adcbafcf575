import { expect, test } from 'vitest';
import { fields, table } from './output.ts';

test('a table is cut to 100 columns, the widest shrinkable column first', () => {
  const rows = [{ id: 'i'.repeat(40), name: 'n'.repeat(60), plan: 'p'.repeat(20) }];
  const [header, row, ...others] = table(rows, ['id', 'name', 'plan'], ['name', 'plan']).split('\n');
  expect(row).toBe(`${'i'.repeat(40)}  ${'n'.repeat(35)}…  ${'p'.repeat(20)}`);
  expect(row).toHaveLength(100);
  expect(header?.split(/ +/)).toEqual(['id', 'name', 'plan']);
  expect(others).toEqual([]);
});

test('a value has no control characters, and an absent one is a dash', () => {
  expect(fields({ a: 'x\u001b[2J\n', longer: null, list: ['b', 'c'], none: [] })).toBe(
    'a       x?[2J?\nlonger  -\nlist    b,c\nnone    -',
  );
});
