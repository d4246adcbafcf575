import { describe, expect, test } from 'vitest';
import { AnswerHeaders } from './answer-headers.ts';

const gathered = () => {
  const headers = new AnswerHeaders();
  headers.set('X-Request-Id', 'req-1');
  return headers;
};

describe('an answer from memory', () => {
  test('has its own headers and the gathered ones, which win', async () => {
    const headers = gathered();
    const answer = headers.answer('[]', 203, { 'Content-Type': 'application/json', 'X-Request-Id': 'old' });
    expect(answer.status).toBe(203);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'x-request-id': 'req-1',
    });
    expect(await answer.text()).toBe('[]');
    expect(headers.isOn(answer)).toBe(true);
  });
});

describe('an answer made elsewhere', () => {
  test('gets them, and keeps what else it says', () => {
    const headers = gathered();
    const answer = new Response('', { headers: { ETag: '"1"', 'X-Request-Id': 'theirs' } });
    expect(headers.isOn(answer)).toBe(false);
    headers.putOn(answer);
    expect([answer.headers.get('etag'), answer.headers.get('x-request-id')]).toEqual(['"1"', 'req-1']);
  });
});
