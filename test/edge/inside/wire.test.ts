import { describe, expect, test } from 'vitest';
import { INSIDE_URL } from './setup.ts';

describe('a Host that is not host[:port] is 400 before routing', () => {
  test.each(['edge.invalid/metrics', 'user@edge.invalid', '1.2.3.4.5', 'edge.invalid:99999', 'edge invalid'])(
    '%s',
    async (host) => {
      for (const path of ['/v1/me', '/healthz', '/identity/v3', '/admin/v1/keys']) {
        const response = await fetch(INSIDE_URL + path, { headers: { host } });
        expect(response.status, path).toBe(400);
        expect(response.headers.get('x-request-id')).toMatch(/^req-/);
      }
    },
  );
});

test.each(['/metrics/', '/%6detrics', '//metrics', '/METRICS', '/readyz/', '/%72eadyz', '/healthz/'])(
  '%s is no other name of a path of the operator',
  async (path) => {
    const response = await fetch(INSIDE_URL + path);
    expect(response.status).toBe(404);
  },
);
