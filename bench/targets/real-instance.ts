import { setTimeout as pause } from 'node:timers/promises';
import { OpenStackClient } from '../../test/support/openstack-client.ts';

const NAME = 'linguanova-bench';

/**
 * An instance at the real OpenStack, made for the benchmark, in the project `globex`.
 *
 * @param variables As `realOpenStack` returns them.
 * @returns null when the cloud does not make one.
 */
export async function realInstance(variables: Readonly<Record<string, string>>) {
  const read = (name: string) => variables[name] ?? '';
  const credential = { id: read('GLOBEX_APP_CRED_ID'), secret: read('GLOBEX_APP_CRED_SECRET') };
  const cloud = new OpenStackClient(fetch, read('OS_AUTH_URL'), credential);
  const flavors = await cloud.compute('GET', '/flavors/detail');
  const [flavor] = flavors.body.flavors.toSorted((a: { ram: number }, b: { ram: number }) => a.ram - b.ram);
  const made = await cloud.compute('POST', '/servers', {
    server: {
      name: NAME,
      flavorRef: flavor?.id,
      imageRef: read('UBUNTU_IMAGE_ID'),
      networks: [{ uuid: read('GLOBEX_NETWORK_ID') }],
    },
  });
  if (made.status !== 202) return null;
  const instance: string = made.body.server.id;
  const status = async () => (await cloud.compute('GET', `/servers/${instance}`)).body.server?.status;
  for (let tries = 0; tries < 60 && (await status()) === 'BUILD'; tries++) await pause(500);
  return {
    environment: { OS_AUTH_URL: read('OS_AUTH_URL'), OS_REGION_NAME: read('OS_REGION_NAME') },
    keyOwner: {
      projectId: read('GLOBEX_PROJECT_ID'),
      credential: { kind: 'application_credential', ...credential } as const,
    },
    instance,
    direct: {
      url: `${read('NOVA_URL')}/servers/${instance}`,
      headers: { 'x-auth-token': await cloud.token(), 'openstack-api-version': 'compute 2.46' },
    },
    async stop() {
      await cloud.compute('DELETE', `/servers/${instance}`);
    },
  };
}
