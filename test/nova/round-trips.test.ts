/**
 * Encoding and decoding are inverse: instances, states, actions and errors through Nova, through redu, and through both.
 *
 * @module
 */

import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { errorFrom } from '../../adapters/openstack/http/upstream-error.ts';
import { instanceFrom, Server } from '../../adapters/openstack/nova/server.ts';
import { actionBody } from '../../adapters/openstack/nova/servers.ts';
import { reduErrorFrom } from '../../adapters/redu/redu-error.ts';
import type { Cloud, InstanceAction } from '../../src/compute/cloud.ts';
import { ComputeError, ERROR_CODES, type ErrorCode } from '../../src/compute/errors.ts';
import { NO_REACH, withAccess } from '../../src/compute/instance-view.ts';
import type { Instance } from '../../src/compute/model.ts';
import { INSTANCE_STATUSES, STATE_OF_TASK, stateOf } from '../../src/compute/states.ts';
import type { GatewayEnv } from '../../src/context.ts';
import { novaErrorResponse } from '../../src/dialects/nova/errors.ts';
import { requestedAction } from '../../src/dialects/nova/translated/server-actions.ts';
import { serverStates, serverView } from '../../src/dialects/nova/translated/server-view.ts';
import { decodeInstance } from '../../src/dialects/redu/decode-responses.ts';
import { encodeInstanceDetail } from '../../src/dialects/redu/encode-instance.ts';
import { reduErrorResponse } from '../../src/dialects/redu/errors.ts';
import { anyInstance } from '../support/any-instance.ts';

const URL_OF_GATEWAY = 'https://api.example.org';
const VIEWER = { publicUrl: URL_OF_GATEWAY, minor: 1, flavors: [] };
const BY_FLAGS = { capabilities: { nativeAccessFlags: true } } as Cloud;
const overTheWire = <T>(body: T) => JSON.parse(JSON.stringify(body));

async function byNova(original: Instance): Promise<Instance | undefined> {
  const decoded = instanceFrom(Server.parse(overTheWire(serverView(original, VIEWER))));
  return (await withAccess(BY_FLAGS, [decoded], NO_REACH))[0];
}

async function byRedu(original: Instance): Promise<Instance | undefined> {
  return (
    await withAccess(BY_FLAGS, [decodeInstance(overTheWire(encodeInstanceDetail(original)))], NO_REACH)
  )[0];
}

/** The fields that both dialects have at Nova's version 2.1, in a stable order. */
function common(instance: Instance | undefined) {
  if (instance === undefined) return undefined;
  const { locked: _locked, task: _task, metadata, addresses, publicAddress, ...others } = instance;
  const { description: _description, tags: _tags, serverGroupId: _group, ...fields } = others;
  const { isPublic: _public, enableSSH: _ssh, floatingIp: _address, ...items } = metadata;
  // Nova groups addresses by network. A public one is added only where it is the only address.
  const listed = addresses.filter(({ network, type }) => network !== 'public' || type !== 'floating');
  const byNetwork = listed.toSorted((a, b) => (a.network < b.network ? -1 : a.network > b.network ? 1 : 0));
  return { ...fields, publicAddress, items, addresses: byNetwork };
}

describe('an instance', () => {
  test('by Nova', async () => {
    await fc.assert(
      fc.asyncProperty(anyInstance, async (original) => {
        expect(common(await byNova(original))).toEqual(common(original));
      }),
    );
  });

  test('by redu, then by Nova', async () => {
    await fc.assert(
      fc.asyncProperty(anyInstance, async (original) => {
        const decoded = await byRedu(original);
        expect(common(decoded && (await byNova(decoded)))).toEqual(common(original));
      }),
    );
  });
});

test('Nova’s tasks determine the state, whatever the status', () => {
  for (const status of INSTANCE_STATUSES) {
    for (const task of [null, ...Object.keys(STATE_OF_TASK).map((name) => name.replace('*', 'x'))]) {
      const state = stateOf(status, task);
      for (const reported of [task, null]) {
        const states = serverStates({ status, state, task: reported });
        expect(states.status).toBe(status);
        expect(stateOf(states.status, states.taskState)).toBe(state);
      }
    }
  }
});

test.each<InstanceAction>([
  ...(
    ['start', 'stop', 'confirm_resize', 'revert_resize', 'pause', 'unpause', 'suspend', 'resume'] as const
  ).map((action) => ({ action })),
  ...(['lock', 'unlock', 'shelve', 'unshelve', 'unrescue'] as const).map((action) => ({ action })),
  { action: 'reboot', hard: true },
  { action: 'reboot', hard: false },
  { action: 'set_password', adminPassword: 'secret' },
])('the action $action', (action) => {
  expect(byNovaAction(action)).toEqual(action);
});

test('the actions that name a flavor or an image', () => {
  const imageId = 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234';
  expect(byNovaAction({ action: 'resize', flavorId: 'm1.small' })).toEqual({
    action: 'resize',
    flavor: 'm1.small',
  });
  expect(byNovaAction({ action: 'rebuild', imageId })).toEqual({ action: 'rebuild', image: imageId });
  expect(byNovaAction({ action: 'rescue', imageId })).toEqual({ action: 'rescue', image: imageId });
  expect(byNovaAction({ action: 'rescue', imageId: null })).toEqual({ action: 'rescue', image: null });
});

function byNovaAction(action: InstanceAction) {
  const [[name, argument] = ['', null]] = Object.entries(overTheWire(actionBody(action)));
  return requestedAction(name, argument);
}

describe('an error code survives', () => {
  /** Codes about the request between the two gateways, which the next one does not forward. */
  const OF_THE_LINK = {
    request_timeout: 'bad_gateway',
    expectation_failed: 'bad_gateway',
    headers_too_large: 'bad_gateway',
  } as const;
  const BECOMES: Readonly<Record<'nova' | 'redu', Partial<Record<ErrorCode, ErrorCode>>>> = {
    nova: {
      precondition_failed: 'conflict',
      method_not_allowed: 'bad_gateway',
      body_too_large: 'quota_exceeded',
      unsupported_media_type: 'bad_gateway',
      internal: 'bad_gateway',
      ...OF_THE_LINK,
    },
    redu: {
      ...OF_THE_LINK,
      precondition_failed: 'bad_gateway',
      unauthenticated: 'forbidden',
      body_too_large: 'quota_exceeded',
      internal: 'bad_gateway',
    },
  };

  async function byNovaError(error: ComputeError): Promise<ComputeError> {
    const app = new Hono<GatewayEnv>().get('*', (c) => novaErrorResponse(error, c, URL_OF_GATEWAY));
    const response = await app.request('/compute/v2.1/servers');
    const { status, headers } = response;
    const body = await response.text();
    return errorFrom('compute', { status, body, headers: Object.fromEntries(headers) });
  }

  async function byReduError(error: ComputeError): Promise<ComputeError> {
    const response = reduErrorResponse(error, 'req-1');
    return reduErrorFrom({ status: response.status, headers: response.headers, body: await response.text() });
  }

  const errorOf = (code: ErrorCode) => new ComputeError(code, 'What to change.', { retryAfter: 7 });

  test.each(ERROR_CODES)('%s, by Nova', async (code) => {
    expect((await byNovaError(errorOf(code))).code).toBe(BECOMES.nova[code] ?? code);
  });

  test.each(ERROR_CODES)('%s, by redu, then by Nova: the chain of two gateways', async (code) => {
    const first = BECOMES.redu[code] ?? code;
    const decoded = await byNovaError(await byReduError(errorOf(code)));
    expect(decoded.code).toBe(BECOMES.nova[first] ?? first);
    if (code === 'rate_limited' || code === 'unavailable') expect(decoded.retryAfter).toBe(7);
  });
});
