import { expect, test, vi } from 'vitest';
import { ID, novaApp } from '../../../../test/support/nova-app.ts';
import type { Cloud } from '../../../compute/cloud.ts';

const SERVER = `/compute/v2.1/servers/${ID}`;
const ACTION = `POST ${SERVER}/action`;
const ENTRY = {
  id: 'req-1',
  action: 'confirm_resize',
  startedAt: '2026-02-12T09:14:22Z',
  message: null,
  userId: 'u',
};

test('the history has Nova’s names and times; one entry is found by its request id', async () => {
  const { call } = novaApp({ listHistory: async () => [ENTRY] });
  const shown = {
    action: 'confirmResize',
    instance_uuid: ID,
    request_id: 'req-1',
    user_id: 'u',
    project_id: expect.any(String),
    start_time: '2026-02-12T09:14:22.000000',
    message: null,
  };
  expect((await call(`GET ${SERVER}/os-instance-actions`)).json).toEqual({ instanceActions: [shown] });
  expect((await call(`GET ${SERVER}/os-instance-actions/req-1`)).json).toEqual({ instanceAction: shown });
  expect((await call(`GET ${SERVER}/os-instance-actions/req-2`)).status).toBe(404);
});

test.each([
  [{}, null],
  [{ length: null }, null],
  [{ length: 5 }, 5],
  [{ length: '5' }, 5],
])('os-getConsoleOutput with %j', async (argument, lines) => {
  const consoleLog = vi.fn<Cloud['consoleLog']>(async () => 'text');
  const { call } = novaApp({ consoleLog });
  expect(await call(ACTION, { 'os-getConsoleOutput': argument })).toMatchObject({
    status: 200,
    json: { output: 'text' },
  });
  expect(consoleLog).toHaveBeenCalledWith(ID, lines);
});

test('a console, in the form of before and after microversion 2.6', async () => {
  const { call } = novaApp({ openConsole: async (_, type) => ({ type, url: 'https://console' }) });
  expect((await call(ACTION, { 'os-getVNCConsole': { type: 'novnc' } })).json).toEqual({
    console: { type: 'novnc', url: 'https://console' },
  });
  const wanted = { protocol: 'spice', type: 'spice-html5' };
  const remoteConsoles = (version: string) =>
    call(
      `POST ${SERVER}/remote-consoles`,
      { remote_console: wanted },
      { 'x-openstack-nova-api-version': version },
    );
  expect((await remoteConsoles('2.6')).json).toEqual({
    remote_console: { ...wanted, url: 'https://console' },
  });
  expect((await remoteConsoles('2.5')).status).toBe(404);
  const late = { 'x-openstack-nova-api-version': '2.6' };
  expect((await call(ACTION, { 'os-getVNCConsole': { type: 'novnc' } }, late)).status).toBe(404);
});
