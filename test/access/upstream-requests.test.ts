import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
let acme: ReduClient;
let minimal: object;
beforeAll(async () => {
  target = await sandboxTarget();
  acme = await target.acme.client();
  const [image] = (await acme.get('/v1/images')).body.items;
  minimal = { name: 'web', flavor_id: 'm1.small', image_id: image.id };
});
afterAll(() => target.close());

/** The upstream requests that `work` causes, by method and path without query; sign-ins and version documents are not counted. */
async function countRequests(work: () => Promise<{ readonly status: number }>, status: number) {
  const start = target.requests.length;
  expect((await work()).status).toBe(status);
  const paths = target.requests
    .slice(start)
    .map((line) => line.replace(/ https?:\/\/[^/]+/, ' ').replace(/\?.*/, ''))
    .filter((line) => !line.includes('/identity/') && !line.endsWith('/v2.1'));
  const counts = Map.groupBy(paths, (path) => path);
  return { total: paths.length, repeated: paths.filter((path) => counts.get(path)?.length !== 1) };
}

test('a public create sends 8 upstream requests, none of them twice', async () => {
  const body = { ...minimal, metadata: { isPublic: true } };
  expect(await countRequests(() => acme.post('/v1/instances', body), 202)).toEqual({
    total: 8,
    repeated: [],
  });
});

test('a public create with SSH sends no further request once the security group exists', async () => {
  const body = { ...minimal, metadata: { isPublic: true, enableSSH: true } };
  expect((await acme.post('/v1/instances', body)).status).toBe(202);
  expect(await countRequests(() => acme.post('/v1/instances', body), 202)).toEqual({
    total: 8,
    repeated: [],
  });
});

test('a rename sends 6 upstream requests, none of them twice, and returns the new name', async () => {
  const { id } = await acme.boot(minimal);
  let renamed: unknown;
  const rename = async () => {
    const response = await acme.patch(`/v1/instances/${id}`, { name: 'after' });
    renamed = response.body;
    return response;
  };
  // `GET` and `PUT /servers/{id}` differ by method.
  expect(await countRequests(rename, 200)).toEqual({ total: 6, repeated: [] });
  expect(renamed).toEqual((await acme.get(`/v1/instances/${id}`)).body);
  expect(renamed).toMatchObject({ name: 'after' });
});
