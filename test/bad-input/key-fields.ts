/**
 * Invalid values of the fields that bodies about keys share, for `fieldRows`.
 *
 * @module
 */

import { SCOPES } from '../../src/scopes.ts';
import { LONE_SURROGATE } from './row.ts';

/** The defect, the changed fields, and the fields that `details` must name (default: the changed ones). */
export type Case = readonly [name: string, change: object, fields?: readonly string[]];

/** Each value as that of the field. */
export function wrong(field: string, values: readonly unknown[]): Case[] {
  return values.map((value) => [`${field} ${shown(value)}`, { [field]: value }]);
}

/** Each value as the only item of a list. */
function wrongItem(field: string, values: readonly unknown[]): Case[] {
  return values.map((value) => [`${field} [${shown(value)}]`, { [field]: [value] }, [`${field}.0`]]);
}

export const NO_TEXTS = [null, '', 7, true, [], {}, 'a'.repeat(256), LONE_SURROGATE, 'a\u0000b', 'a\nb'];

export const WRONG_NAMES: readonly Case[] = wrong('name', [...NO_TEXTS, '   ', ' a', 'a ', '\u200b']);

export const WRONG_SCOPES: readonly Case[] = [
  ...wrong('scopes', [null, 'instances:read', 7, {}, [], Array(SCOPES.length + 1).fill('instances:read')]),
  ...wrongItem('scopes', ['root', '*', '', 'instances:*', 'Instances:Read', 'instances:read ', 7, null]),
  ['scopes: the second unknown', { scopes: ['instances:read', 'instances:delete'] }, ['scopes.1']],
];

export const WRONG_PLANS: readonly Case[] = wrong('plan', [
  ...NO_TEXTS,
  'platinum',
  'Gold',
  'default ',
  '__proto__',
]);

/** Without null, which means "never" in some bodies. */
export const WRONG_TIMES: readonly Case[] = wrong('expires_at', [
  '',
  7,
  4_102_444_800,
  true,
  [],
  {},
  'tomorrow',
  'never',
  '2099-01-01',
  '2099-01-01T00:00:00',
  '2099-01-01 00:00:00Z',
  '2099-01-01t00:00:00z',
  '20990101T000000Z',
  '2099-02-30T00:00:00Z',
  '2099-13-01T00:00:00Z',
  '2099-01-01T24:00:01Z',
  '2099-01-01T00:00:00+25:00',
  '2099-01-01T00:00:00 CET',
  '+275760-09-13T00:00:00Z',
  'Fri, 01 Jan 2099 00:00:00 GMT',
  '2020-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  // In the future by its digits, in the past by its time zone.
  new Date(Date.now() + 1_800_000).toISOString().replace('Z', '+14:00'),
  // A year of five digits in UTC: times are stored and compared as text.
  '9999-12-31T23:59:59-14:00',
]);

export const WRONG_ORIGINS: readonly Case[] = [
  ...wrong('allowed_origins', [null, 'https://app.example.org', 7, {}, Array(17).fill('https://a.example')]),
  ...wrongItem('allowed_origins', [
    '*',
    'null',
    '',
    'app.example.org',
    'https://app.example.org/',
    'https://app.example.org/path',
    'https://app.example.org?a',
    'https://user@app.example.org',
    'https://app.example.org:443',
    'HTTPS://app.example.org',
    'https://*.example.org',
    'https://App.example.org',
    'ftp://app.example.org',
    'file://',
    'javascript:alert(1)',
    ' https://app.example.org',
    'https://app.example.org\n',
    `https://${'a'.repeat(256)}.example`,
    7,
    null,
  ]),
  ...[
    ['instances:write'],
    ['instances:read', 'keypairs:write'],
    ['network:write'],
    ['images:write'],
    ['instances:read', 'keys:write'],
  ].map(
    (scopes): Case => [
      `a browser key with ${scopes}`,
      { allowed_origins: ['https://app.example.org'], scopes },
      ['scopes'],
    ],
  ),
];

export const WRONG_CIDRS: readonly Case[] = [
  ...wrong('allowed_cidrs', [null, '192.0.2.0/24', 7, {}, Array(65).fill('192.0.2.0/24')]),
  ...wrongItem('allowed_cidrs', [
    '10.1/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/8.0',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    '256.0.0.0/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '167772160/8',
    '2001:db8::',
    '2001:db8::/129',
    '2001:db8:::/32',
    '::ffff:192.0.2.0/129',
    'example.com',
    'example.com/24',
    'localhost/8',
    '*',
    '',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    '10.0.0.0/8,11.0.0.0/8',
    '10.0.0.0/8/8',
    7,
    null,
    ['10.0.0.0/8'],
  ]),
];

export const WRONG_REGIONS: readonly Case[] = [
  ...wrong('regions', ['', 'RegionOne', 7, true, {}, [], Array(65).fill('RegionOne')]),
  ...wrongItem('regions', [...NO_TEXTS, ' RegionOne', 'RegionOne\n']),
];

/** The maximum is 30 days. */
export const WRONG_OVERLAPS: readonly Case[] = wrong('overlap_seconds', [
  -1,
  1.5,
  '5',
  '',
  'PT1H',
  null,
  true,
  [],
  {},
  2_592_001,
  1e21,
]);

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 40)}...` : json;
}
