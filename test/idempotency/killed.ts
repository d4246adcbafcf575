/**
 * The gateway is killed (SIGKILL) around the call that makes the server, and the client sends its request again to another
 * process on the same database: there is exactly one instance, whatever the cloud.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../key-store/temporary-folder.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import type { ApplicationCredential, OpenStackClient } from '../support/openstack-client.ts';
import { type OpenStackProxy, openStackProxy, type ProxiedCall } from '../support/openstack-proxy.ts';
import { ReduClient } from '../support/redu-client.ts';

/** An OpenStack on this machine, and a customer of it. */
export interface CloudUnderTest {
  readonly authUrl: string;
  readonly credential: ApplicationCredential;
  readonly openStack: OpenStackClient;
  close(): Promise<void>;
}

/** Four processes start in each, and a slow machine takes its time. */
const TIMEOUT = { timeout: 300_000 };

const BODY = {
  name: `killed-${crypto.randomUUID()}`,
  flavor_id: 'm1.tiny',
  image_id: 'ubuntu-22.04-amd64',
  metadata: { isPublic: true },
};

export function killedGateway(name: string, start: () => Promise<CloudUnderTest>): void {
  describe(`${name}: the gateway is killed`, () => {
    let cloud: CloudUnderTest;
    let proxy: OpenStackProxy;
    let folder: ReturnType<typeof temporaryFolder>;
    let secret: string;
    let others: Awaited<ReturnType<OpenStackClient['belongings']>>;
    const gateways: GatewayProcess[] = [];

    beforeAll(async () => {
      cloud = await start();
      proxy = await openStackProxy(cloud.authUrl);
    });
    afterAll(async () => {
      await proxy.close();
      await cloud.close();
    });
    beforeEach(async () => {
      folder = temporaryFolder();
      secret = randomBytes(32).toString('base64');
      others = await cloud.openStack.belongings();
    });
    afterEach(async () => {
      proxy.before = () => {};
      proxy.after = () => {};
      for (const gateway of gateways.splice(0)) await gateway.end('SIGKILL');
      folder.remove();
    });

    const gateway = async () => {
      const started = await startProcess({
        OS_AUTH_URL: proxy.authUrl,
        LINGUANOVA_SECRET: secret,
        LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
        DATABASE_URL: `sqlite:${join(folder.path, 'keys.db')}`,
      });
      gateways.push(started);
      return started;
    };

    const keyAt = async (url: string) => {
      const response = await fetch(`${url}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'killed', application_credential: cloud.credential }),
      });
      return ((await response.json()) as { key: string }).key;
    };

    /** As if so much time had passed that the attempt cannot be at work any more. */
    const letLeaseEnd = () => {
      const database = new DatabaseSync(join(folder.path, 'keys.db'));
      const { changes } = database
        .prepare(`update idempotency set lease_until = '2026-01-01T00:00:00.000Z'`)
        .run();
      database.close();
      expect(changes, 'the attempt was noted').toBe(1);
    };

    const reconcile = async () => {
      const { code, stderr } = await runCommand(['reconcile', '--older-than', '0', '--json'], {
        OS_AUTH_URL: cloud.authUrl,
        OS_APPLICATION_CREDENTIAL_ID: cloud.credential.id,
        OS_APPLICATION_CREDENTIAL_SECRET: cloud.credential.secret,
      });
      expect(code, stderr).toBe(0);
    };

    test.each(['before', 'after'] as const)('just %s Nova accepts: one instance', TIMEOUT, async (moment) => {
      const first = await gateway();
      const client = new ReduClient(first.url, await keyAt(first.url));
      let killed = false;
      proxy[moment] = async ({ method, path }: ProxiedCall) => {
        if (method !== 'POST' || !path.endsWith('/servers')) return;
        killed = true;
        await first.end('SIGKILL');
        // The dead caller's connection is gone; what has not been passed on yet never will be.
        if (moment === 'before') throw new Error('killed');
      };
      await client.postOnce('order-1', '/v1/instances', BODY).catch(() => {});
      expect(killed, 'the point was reached').toBe(true);
      proxy[moment] = () => {};
      const servers = async () =>
        (await cloud.openStack.compute('GET', `/servers/detail?name=${BODY.name}`)).body.servers;
      expect(await servers()).toHaveLength(moment === 'after' ? 1 : 0);
      letLeaseEnd();

      const nodes = [await gateway(), await gateway()];
      const clients = nodes.map(({ url }) => new ReduClient(url, client.key));
      const responses = await Promise.all(
        clients.map((other) => other.postOnce('order-1', '/v1/instances', BODY)),
      );
      const [server, ...more] = await servers();
      expect(more).toEqual([]);
      for (const { status, headers, body } of responses) {
        expect([status, body.id]).toEqual([202, server.id]);
        expect(headers.get('location')).toBe(`/v1/instances/${server.id}`);
      }
      const [survivor] = clients;
      const instance = await survivor?.until(server.id, ({ state }) => state === 'active');
      expect(instance.metadata).toMatchObject({ isPublic: 'true', floatingIp: expect.any(String) });
      await survivor?.remove(server.id);
      await reconcile();
      const left = await cloud.openStack.belongings();
      for (const kind of ['servers', 'ports', 'floatingIps'] as const) {
        expect(
          left[kind].filter((id) => !others[kind].includes(id)),
          kind,
        ).toEqual([]);
      }
    });
  });
}
