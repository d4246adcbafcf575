import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/scopes.ts';
import { startProcess } from '../support/gateway-process.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { DOCUMENT, OPERATIONS, problem, problemOfAnswer, resolved } from './document.ts';

const named = OPERATIONS.map(({ method, path, operation }) => [`${method} ${path}`, operation] as const);

let target: SandboxTarget;
beforeAll(async () => {
  target = await sandboxTarget();
});
afterAll(() => target.close());

/** Paths of the cloud's own APIs, of the console, and of the assistants' protocol. */
const PASSED_THROUGH = /^\/(identity|compute|image|networking|volume|console|mcp)\b|^\/\*$|^\/$/;

test('routes and contract match one to one', () => {
  const served = target.gateway.routes
    // Stages are registered at paths with a star.
    .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('/*') && !PASSED_THROUGH.test(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect([...new Set(served)].toSorted()).toEqual(named.map(([name]) => name).toSorted());
});

test('every reference resolves, and operation ids are unique', () => {
  const references = JSON.stringify(DOCUMENT).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, $ref] of references) expect(resolved({ $ref })).toBeDefined();
  const ids = OPERATIONS.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(named)('%s', (name, operation) => {
  test('its examples match their schemas', () => {
    const body = operation.requestBody?.content['application/json'];
    if (body !== undefined) {
      expect(body.example, 'an example of what is sent').toBeDefined();
      expect(problem(body.schema, body.example)).toBeNull();
    }
    for (const [status, response] of Object.entries<object>(operation.responses)) {
      const content = resolved(response).content?.['application/json'];
      if (content?.example === undefined) continue;
      expect(problemOfAnswer(content.schema, content.example), status).toBeNull();
    }
  });

  test('its parameters are in its path, or optional, or have a few values', () => {
    const [, path = ''] = name.split(' ');
    const parameters = (operation.parameters ?? []).map(resolved);
    const inPath = parameters.filter((one: { in: string }) => one.in === 'path');
    expect(inPath.map((one: { name: string }) => `{${one.name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    for (const { in: where, required = false, schema } of parameters)
      expect(required).toBe(where === 'path' || (required && schema.enum !== undefined));
  });
});

test('a parameter that the contract lacks is 400 by name', async () => {
  const client = await target.acme.client(SCOPES);
  const admin = { authorization: `Bearer ${target.adminToken}` };
  for (const { method, path, operation } of OPERATIONS) {
    const url = path.replaceAll(/\{\w+\}/g, '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11');
    const takesQuery = operation.parameters?.some((one: { in?: string }) => one.in === 'query');
    const schema = resolved(operation.requestBody?.content['application/json']?.schema);
    // The first lookup fails: the resource does not exist.
    const isFound = !path.includes('{') || (path.startsWith('/v1/') && !path.startsWith('/v1/api_keys'));
    if (!isFound) continue;
    const headers: Record<string, string> = path.startsWith('/admin') ? admin : {};
    if (takesQuery) {
      const { status, body } = await client.request(method, `${url}?zzz=1`, undefined, headers);
      const details: { field: string; message: string }[] = body.error.details;
      const problem = details.find(({ field }) => field === 'zzz');
      expect([status, problem?.field], `${method} ${path}`).toEqual([400, 'zzz']);
      const known = operation.parameters.filter((one: { in: string }) => one.in === 'query');
      expect(problem?.message).toContain(known.map((one: { name: string }) => one.name).join(', '));
    }
    if (schema?.properties !== undefined) {
      const { status, body } = await client.request(method, url, { zzz: 1 }, headers);
      const details: { field: string; message: string }[] = body.error.details;
      const problem = details.find(({ field }) => field === 'zzz');
      expect([status, problem?.message], `${method} ${path}`).toEqual([
        400,
        `is unknown; allowed: ${Object.keys(schema.properties).join(', ')}`,
      ]);
    }
  }
});

test('patterns have no escapes but of punctuation, and no groups of special meaning', () => {
  const patterns = [...JSON.stringify(DOCUMENT).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    JSON.parse(text ?? ''),
  );
  expect(patterns.length).toBeGreaterThan(10);
  expect(patterns.filter((pattern) => /\\[A-Za-z0-9]|\(\?/.test(pattern))).toEqual([]);
});

test('legacy paths are deprecated; operations of operators have tags of their own', () => {
  for (const { path, operation } of OPERATIONS) {
    expect(operation.deprecated ?? false, path).toBe(path.startsWith('/cloud/'));
    const isForOperators = ['admin', 'health'].includes(operation.tags[0]);
    expect(isForOperators, path).toBe(!/^\/(v1|cloud)\//.test(path));
  }
});

/** Needs an id that only a response has, or credentials and rights that the sandbox's customer does not have. */
const NOT_AS_PRINTED = new Set([
  'POST /v1/instances/{id}/networks',
  'POST /v1/instances/{id}/volumes',
  'POST /v1/volume_snapshots',
  'PATCH /v1/images/{id}',
  'PUT /v1/images/{id}/file',
  'POST /v1/api_keys',
  'GET /v1/hypervisors',
]);

test('in the sandbox the examples of the contract succeed as printed', async () => {
  const gateway = await startProcess({ LOG_LEVEL: 'silent' });
  try {
    const key = /x-api-key: (ln_\w+)/.exec(gateway.stdout())?.[1] ?? '';
    const failed: string[] = [];
    for (const { method, path, operation } of OPERATIONS) {
      if (!path.startsWith('/v1/') || path.endsWith('/events') || method === 'DELETE') continue;
      const all = (operation.parameters ?? []).map(resolved);
      const parameters: { name: string; example?: string }[] = all.filter(
        (one: { in: string }) => one.in === 'path',
      );
      const required = all.filter(
        (one: { in: string; required?: true }) => one.in === 'query' && one.required,
      );
      const query = new URLSearchParams(
        required.map(({ name, schema }: { name: string; schema: { enum: string[] } }) => [
          name,
          schema.enum[0],
        ]),
      );
      if (NOT_AS_PRINTED.has(`${method} ${path}`) || parameters.some(({ example }) => !example)) continue;
      const target = parameters.reduce(
        (url, { name, example }) => url.replace(`{${name}}`, example ?? ''),
        path,
      );
      const example = operation.requestBody?.content['application/json']?.example;
      const { status } = await fetch(`${gateway.url}${target}?${query}`, {
        method,
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        ...(example && { body: JSON.stringify(example) }),
      });
      if (operation.responses[status] === undefined || status >= 400)
        failed.push(`${method} ${path}: ${status}`);
    }
    expect(failed).toEqual([]);
  } finally {
    await gateway.end('SIGTERM');
  }
});
