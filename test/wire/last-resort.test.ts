import { expect, test } from 'vitest';
import { sandboxGateway } from './sandbox-gateway.ts';

test('a thrown non-Error becomes 500 with error body, request id and log line', async () => {
  const gateway = await sandboxGateway(
    {},
    {
      open() {
        // As a request's own AbortSignal does when its reason is a text.
        throw 'Client connection prematurely closed.';
      },
    },
  );
  const response = await fetch(`${gateway.url}/v1/quotas`, { headers: { 'x-api-key': gateway.key } });
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ error: { code: 'internalError' } });
  const id = response.headers.get('x-request-id');
  expect(id).toMatch(/^req-/);
  expect(gateway.logged.filter(({ event }) => event === 'request_failed')).toMatchObject([
    { fields: { request_id: id } },
  ]);
  await gateway.stop();
});
