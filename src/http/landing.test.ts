import { expect, test } from 'vitest';
import { VERSION } from '../version.ts';
import { landing } from './landing.ts';

test.each([true, false])('GET / lists the entry points; console: %s', async (hasConsole) => {
  const response = await landing(() => 'https://api.example.org/cloud', hasConsole).request('/');
  expect([response.status, await response.json()]).toEqual([
    200,
    {
      name: 'linguanova',
      version: VERSION,
      api: 'https://api.example.org/cloud/v1',
      openstack_auth_url: 'https://api.example.org/cloud/identity/v3',
      documentation: 'https://api.example.org/cloud/docs',
      contract: 'https://api.example.org/cloud/openapi.json',
      ...(hasConsole && { console: 'https://api.example.org/cloud/console' }),
    },
  ]);
});
