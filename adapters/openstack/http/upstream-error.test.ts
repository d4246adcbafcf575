import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/compute/errors.ts';
import { errorFrom, isUpstream, type ServiceType } from './upstream-error.ts';

const RECORDED: Record<string, { method: string; status: number; body: unknown }> = JSON.parse(
  readFileSync(new URL('../fixtures/errors.json', import.meta.url), 'utf8'),
);

const errorOf = (name: string) => {
  const recorded = RECORDED[name];
  if (recorded === undefined) throw new Error(`no recording ${name}`);
  const body = typeof recorded.body === 'string' ? recorded.body : JSON.stringify(recorded.body);
  return errorFrom(name.split('/')[0] as ServiceType, {
    status: recorded.status,
    header: () => undefined,
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

describe('what a real OpenStack refused', () => {
  const refusals = Object.keys(RECORDED).filter((name) => (RECORDED[name]?.status ?? 0) >= 400);

  test.each(refusals)('%s keeps its kind, and its text is one plain line', (name) => {
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

  test('quotas are told with what was asked and what there is', () => {
    expect(errorOf('compute/error-403-quota-instances').message).toBe(
      'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances',
    );
    expect(errorOf('network/error-409-quota-floatingips')).toMatchObject({
      code: 'quota_exceeded',
      message: "Quota exceeded for resources: ['floatingip'].",
    });
  });

  test("Neutron's exception names can be asked for", () => {
    const error = errorOf('network/error-409-floatingip-port-has-one');
    expect(isUpstream(error, 'FloatingIPPortAlreadyAssociated')).toBe(true);
    expect(isUpstream(error, 'OverQuota')).toBe(false);
  });
});

describe("a fault of the cloud's own", () => {
  test.each([
    [500, 'bad_gateway'],
    [502, 'bad_gateway'],
    [503, 'unavailable'],
    [504, 'timeout'],
    [300, 'bad_gateway'],
    [418, 'bad_gateway'],
  ] as const)('%i is %s, in our words: its text is only the cause', (status, code) => {
    const body = JSON.stringify({
      computeFault: { code: status, message: 'Unexpected API Error at db1.internal' },
    });
    const error = errorFrom('compute', { status, header: () => undefined, body });
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('db1');
    expect(String(error.cause)).toContain('db1.internal');
  });

  test.each([
    ['7', 7],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
  ])('Retry-After "%s"', (value, seconds) => {
    const header = (name: string) => (name === 'retry-after' ? value : undefined);
    const error = errorFrom('compute', { status: 429, header, body: '' });
    expect([error.code, error.retryAfter]).toEqual(['rate_limited', seconds]);
  });
});
