import { expect, test } from 'vitest';
import { canonicalBase64 } from './base64.ts';

test.each([
  ['YWJj', 'YWJj'],
  ['YW Jj\n', 'YWJj'],
  ['%%%YQ==', 'YQ=='],
  ['YWJjZB==', 'YWJjZA=='],
  ['YQ==YQ==', 'YQ=='],
  ['YWJj====', 'YWJj'],
  ['=', ''],
  ['', ''],
  ['YQ', null],
  ['YQ=', null],
  ['Y', null],
  ['żY===', null],
])('%j is read as %j, as Python does', (given, expected) => {
  expect(canonicalBase64(given)).toBe(expected);
});
