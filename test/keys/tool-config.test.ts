import { afterAll, describe, expect, test } from 'vitest';
import { CONFIG_FORMATS } from '../../src/tool-config.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { regionalGateway, TWO } from '../support/regional-gateway.ts';

const gateway = await regionalGateway();
afterAll(() => gateway.stop());
const config = (key: string, query: string, prefix = '') =>
  fetch(`${gateway.url}${prefix}/v1/config${query}`, { headers: { 'x-api-key': key } });

describe('GET /v1/config', () => {
  test.each(CONFIG_FORMATS.filter((format) => format !== 'rclone'))(
    '%s names the key and its place, and not its secret',
    async (format) => {
      const key = await gateway.keyOf();
      const response = await config(key, `?format=${format}`);
      const text = await response.text();
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/plain; charset=UTF-8',
      ]);
      expect(text).toContain('<SECRET>');
      expect(text).toContain(gateway.url);
      expect(text).not.toContain(key.split('_')[2]);
      if (format !== 'env') expect(text).toContain(keyIdOf(key));
    },
  );

  test('rclone without object storage is 501, which names it', async () => {
    const response = await config(await gateway.keyOf(), '?format=rclone');
    const { error } = await response.json();
    expect([response.status, error.code]).toEqual([501, 'notImplemented']);
    expect(error.message).toContain('object storage');
  });

  test.each(['', '?format=', '?format=yaml', '?format=env&format=env', '?format=ENV'])(
    'the query "%s" is 400 and names the formats, and nothing reaches the cloud',
    async (query) => {
      const key = await gateway.keyOf();
      gateway.sent.length = 0;
      const response = await config(key, query);
      expect(response.status).toBe(400);
      expect((await response.json()).error.details).toEqual([
        { field: 'format', message: expect.any(String) },
      ]);
      expect(gateway.sent).toEqual([]);
    },
  );

  test('a wrong key is 401', async () => {
    expect((await config('ln_wrong', '?format=env')).status).toBe(401);
  });

  test('the path of a region configures that region, and a key bound to one gets it without a path', async () => {
    const key = await gateway.keyOf();
    const inTwo = async (prefix: string) => (await config(key, '?format=clouds.yaml', prefix)).text();
    expect(await inTwo(`/regions/${TWO}`)).toContain(`region_name: "${TWO}"`);
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await gateway.request(
      `/admin/v1/keys/${keyIdOf(key)}`,
      { method: 'PATCH', headers, json: { regions: [TWO] } },
      '',
    );
    expect(await inTwo('')).toContain(`region_name: "${TWO}"`);
    const env = await (await config(key, '?format=env')).text();
    expect(env).toContain(`LINGUANOVA_URL=${gateway.url}/regions/${TWO}\n`);
  });
});
