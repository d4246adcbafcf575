import { expect, test } from 'vitest';
import { canonicalBase64, decodeBase64Url, encodeBase64Url } from './base64.ts';

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

test.each([0, 1, 2, 3, 255])('%i bytes survive encoding as base64url, as Node encodes them', (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => 255 - index);
  const text = encodeBase64Url(bytes);
  expect(text).toBe(Buffer.from(bytes).toString('base64url'));
  expect(decodeBase64Url(text)).toEqual(bytes);
});
