import { describe, expect, test } from 'vitest';
import { ResponseHeaders } from './response-headers.ts';

const gathered = () => {
  const headers = new ResponseHeaders();
  headers.set('X-Request-Id', 'req-1');
  return headers;
};

describe('a created response', () => {
  test('has its own headers and the collected ones, which take precedence', async () => {
    const headers = gathered();
    const answer = headers.respond('[]', 203, { 'Content-Type': 'application/json', 'X-Request-Id': 'old' });
    expect(answer.status).toBe(203);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'req-1',
    });
    expect(await answer.text()).toBe('[]');
    expect(headers.isAppliedTo(answer)).toBe(true);
  });
});

describe('another response', () => {
  test('gets them and keeps its other headers', () => {
    const headers = gathered();
    const answer = new Response('', { headers: { ETag: '"1"', 'X-Request-Id': 'theirs' } });
    expect(headers.isAppliedTo(answer)).toBe(false);
    headers.applyTo(answer);
    expect([answer.headers.get('etag'), answer.headers.get('x-request-id')]).toEqual(['"1"', 'req-1']);
  });
});
