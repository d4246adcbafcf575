/**
 * What a cluster asks of its cloud, as a customer writes it, and what the customer sees when it is there.
 *
 * @module
 */

import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import type { OpenStackClient } from '../../support/openstack-client.ts';
import { type Cluster, DRIVER, type Server } from './cluster.ts';

const IMAGE = 'ubuntu-22.04-amd64';
const FLAVOR = 'm1.tiny';
const BOOT_MS = 120_000;

/** Servers of the project for nodes, made directly at the cloud. */
export async function makeServers(
  cloud: OpenStackClient,
  networkId: string,
  names: readonly string[],
): Promise<Server[]> {
  const [image] = (await cloud.image('GET', `/images?name=${IMAGE}`)).body.images;
  const servers: Server[] = [];
  for (const name of names) {
    const wish = { name, imageRef: image.id, flavorRef: FLAVOR, networks: [{ uuid: networkId }] };
    const { status, body } = await cloud.compute('POST', '/servers', { server: wish });
    expect({ status, body }).toMatchObject({ status: 202 });
    servers.push({ id: body.server.id, name });
  }
  for (const { id } of servers) {
    await untilActive(cloud, id);
  }
  return servers;
}

async function untilActive(cloud: OpenStackClient, id: string): Promise<void> {
  const end = Date.now() + BOOT_MS;
  for (;;) {
    const { status } = (await cloud.compute('GET', `/servers/${id}`)).body.server;
    if (status === 'ACTIVE') return;
    if (status === 'ERROR' || Date.now() > end) throw new Error(`the server ${id} is ${status}`);
    await setTimeout(1_000);
  }
}

export const createService = (cluster: Cluster, name: string) =>
  cluster.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'LoadBalancer', selector: { app: name }, ports: [{ port: 80, protocol: 'TCP' }] },
  });

/** The address of the Service, as `kubectl get service` shows it; empty until it has one. */
export const addressOf = async (cluster: Cluster, name: string): Promise<string> =>
  (await cluster.get('service', name)).status.loadBalancer?.ingress?.[0]?.ip ?? '';

/** A claim, and a pod on the node that uses it. */
export async function createVolume(cluster: Cluster, name: string, node: Server): Promise<void> {
  await cluster.apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'cinder' },
    provisioner: DRIVER,
  });
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      storageClassName: 'cinder',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    },
  });
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: node.name,
      containers: [{ name: 'main', image: 'none' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
    },
  });
}

/** Whether the claim's volume is attached to the server of its pod. */
export async function isAttached(cluster: Cluster, name: string): Promise<boolean> {
  const claim = await cluster.get('pvc', name);
  const { items } = await cluster.get('volumeattachments');
  return items.some(
    // biome-ignore lint/suspicious/noExplicitAny: any object of Kubernetes
    ({ spec, status }: any) =>
      spec.source.persistentVolumeName === claim.spec.volumeName && status?.attached === true,
  );
}

/** Deletes the pod and the claim, and waits until nothing of it is in the cluster. */
export async function deleteVolume(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl('delete', 'pod', name, '--grace-period=0', '--force');
  await cluster.until(async () => expect((await cluster.get('volumeattachments')).items).toEqual([]));
  await cluster.kubectl('delete', 'pvc', name, '--wait=false');
  await cluster.until(async () => expect((await cluster.get('pv')).items).toEqual([]));
}

/** Deletes the Service, and waits until its load balancer is gone. */
export async function deleteService(cluster: Cluster, name: string): Promise<void> {
  await cluster.kubectl('delete', 'service', name, '--wait=false');
  await cluster.until(async () =>
    expect((await cluster.get('services')).items).not.toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name }) }),
    ),
  );
}

/** The routes that lead to pods, at the router. */
export async function podRoutes(cloud: OpenStackClient, routerId: string): Promise<string[]> {
  const { routes } = (await cloud.network('GET', `/routers/${routerId}`)).body.router;
  return routes.map(({ destination }: { destination: string }) => destination).sort();
}
