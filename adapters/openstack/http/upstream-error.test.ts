import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/compute/errors.ts';
import type { ServiceType } from './transport.ts';
import { errorFrom, isUpstream } from './upstream-error.ts';

const RECORDED: Record<string, { method: string; status: number; body: unknown }> = JSON.parse(
  readFileSync(new URL('../fixtures/errors.json', import.meta.url), 'utf8'),
);

const errorOf = (name: string) => {
  const recorded = RECORDED[name];
  if (recorded === undefined) throw new Error(`no recording ${name}`);
  const body = typeof recorded.body === 'string' ? recorded.body : JSON.stringify(recorded.body);
  return errorFrom(name.split('/')[0] as ServiceType, {
    status: recorded.status,
    headers: {},
    body,
  });
};

const CODE_OF_STATUS: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
};

describe('errors recorded from a real OpenStack', () => {
  const refusals = Object.keys(RECORDED).filter((name) => (RECORDED[name]?.status ?? 0) >= 400);

  test.each(refusals)('%s keeps its kind, with one line of plain text', (name) => {
    const { code, message } = errorOf(name);
    const status = RECORDED[name]?.status ?? 0;
    const quota = /quota|OverQuota|Maximum number/i.test(JSON.stringify(RECORDED[name]?.body));
    const expected =
      quota && [403, 409].includes(status) ? 'quota_exceeded' : (CODE_OF_STATUS[status] ?? 'bad_gateway');
    expect(name.includes('quota-set-of-other') ? 'forbidden' : expected).toBe(code);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/<\w|\n|request_ids|req-[0-9a-f]{8}-/);
    expect(message.length).toBeLessThanOrEqual(500);
  });

  test('an exhausted quota is reported with the request and the limit', () => {
    expect(errorOf('compute/error-403-quota-instances').message).toBe(
      'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances',
    );
    expect(errorOf('network/error-409-quota-floatingips')).toMatchObject({
      code: 'quota_exceeded',
      message: "Quota exceeded for resources: ['floatingip'].",
    });
  });

  test("isUpstream matches Neutron's exception names", () => {
    const error = errorOf('network/error-409-floatingip-port-has-one');
    expect(isUpstream(error, 'FloatingIPPortAlreadyAssociated')).toBe(true);
    expect(isUpstream(error, 'OverQuota')).toBe(false);
  });
});

describe('a failure of the cloud', () => {
  test.each([
    [500, 'bad_gateway'],
    [502, 'bad_gateway'],
    [503, 'unavailable'],
    [504, 'timeout'],
    [300, 'bad_gateway'],
    [418, 'bad_gateway'],
  ] as const)('%i is %s, with the text of the service as cause only', (status, code) => {
    const body = JSON.stringify({
      computeFault: { code: status, message: 'Unexpected API Error at db1.internal' },
    });
    const error = errorFrom('compute', { status, headers: {}, body });
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('db1');
    expect(String(error.cause)).toContain('db1.internal');
  });

  test.each([
    ['7', 7],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ])('Retry-After "%s"', (value, seconds) => {
    const headers = { 'retry-after': value };
    const error = errorFrom('compute', { status: 429, headers, body: '' });
    expect([error.code, error.retryAfter]).toEqual(['rate_limited', seconds]);
  });
});

/** Nova's exception.py, oslo.limit, Neutron's and Glance's exceptions; Zed and 2026.2 have the same texts. */
const EXHAUSTED: readonly (readonly [ServiceType, number, object])[] = [
  ...[
    'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances',
    'Quota exceeded for cores, ram: Requested 8, 16384, but already used 8, 512 of 8, 16384 cores, ram',
    'Quota exceeded for resources: volumes',
    'Quota exceeded, too many key pairs.',
    'Quota exceeded, too many server groups.',
    'Quota exceeded, too many servers in group',
    'Quota exceeded or out of space for image 4f1c in the image service.',
    'Maximum number of ports exceeded',
    'Maximum number of floating IPs exceeded',
    'Maximum number of fixed IPs exceeded',
    'Maximum number of security groups or rules exceeded',
    'Maximum number of metadata items exceeds 128',
    'Personality file limit exceeded',
    'Personality file path exceeds maximum 255',
    'Personality file content exceeds maximum 10240',
    'Resource server_key_pairs is over limit of 100 due to current usage 100 and delta 1',
    'Project 7190 is over a limit for [Resource servers is over limit of 3 due to current usage 3 and delta 1]',
  ].map((message) => ['compute', 403, { forbidden: { code: 403, message } }] as const),
  ...['port', 'floatingip', 'security_group', 'security_group_rule', 'network', 'subnet', 'router'].map(
    (resource) =>
      [
        'network',
        409,
        {
          NeutronError: {
            type: 'OverQuota',
            message: `Quota exceeded for resources: ['${resource}'].`,
            detail: '',
          },
        },
      ] as const,
  ),
  [
    'network',
    409,
    {
      NeutronError: {
        type: 'SubnetPoolQuotaExceeded',
        message: 'Per-project subnet pool prefix quota exceeded.',
      },
    },
  ],
  [
    'image',
    413,
    { message: 'The size of the data 1024 will exceed the limit. 0 bytes remaining.', code: '413' },
  ],
  [
    'image',
    413,
    { message: 'The limit has been exceeded on the number of allowed image members for this image.' },
  ],
  [
    'volume',
    413,
    {
      overLimit: {
        code: 413,
        message: "Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
      },
    },
  ],
];

describe('an exhausted quota', () => {
  test.each(EXHAUSTED)('of %s, %i %j, is quota_exceeded, with its text', (service, status, body) => {
    const error = errorFrom(service, { status, headers: {}, body: JSON.stringify(body) });
    expect(error.code).toBe('quota_exceeded');
    expect(error.message).toMatch(/exceed|limit/i);
  });

  test.each([
    "Policy doesn't allow os_compute_api:os-hypervisors:list to be performed.",
    'Only administrators may list deleted instances',
    'rule:create_floatingip is disallowed by policy',
  ])('is not a rejection by policy: %s', (message) => {
    const body = JSON.stringify({ forbidden: { code: 403, message } });
    expect(errorFrom('compute', { status: 403, headers: {}, body }).code).toBe('forbidden');
  });
});
