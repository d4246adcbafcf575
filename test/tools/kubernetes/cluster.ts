/**
 * A Kubernetes without containers on this machine: etcd, kube-apiserver, and the controllers by which a cluster uses an OpenStack.
 * Servers at the cloud stand for nodes; what a kubelet reports of them the test writes.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { Programs } from './programs.ts';

const POD_NETWORK = '10.244';
export const DRIVER = 'cinder.csi.openstack.org';
const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
/** How long anything is waited for that a controller does; their back-off grows to more than a minute. */
const PATIENCE_MS = 300_000;
/** Those that the storage plugin needs; others would start containers. */
const CONTROLLERS =
  'persistentvolume-binder-controller,persistentvolume-attach-detach-controller,' +
  'persistentvolumeclaim-protection-controller,persistentvolume-protection-controller';

export interface Server {
  readonly id: string;
  readonly name: string;
}

export class Cluster {
  readonly folder: string;
  readonly programs: Programs;

  private constructor(folder: string) {
    this.folder = folder;
    this.programs = new Programs(folder);
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster(mkdtempSync(join(tmpdir(), 'linguanova-kubernetes-')));
    await cluster.#controlPlane();
    return cluster;
  }

  async #controlPlane(): Promise<void> {
    const { programs } = this;
    const token = randomBytes(16).toString('hex');
    const port = await freePort();
    this.#write('tokens.csv', `${token},admin,1,system:masters\n`);
    this.#write('kubeconfig', kubeconfig(port, token));
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
    openssl('genrsa', '-out', 'sa.key', '2048');
    openssl('rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
    const [store, peers] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    programs.start('etcd', [
      ...['--data-dir', 'etcd', '--listen-client-urls', store, '--advertise-client-urls', store],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
      ...['--initial-cluster', `default=${peers}`],
    ]);
    programs.start('kube-apiserver', [
      ...[`--etcd-servers=${store}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, '--cert-dir=certs'],
      ...['--token-auth-file=tokens.csv', '--anonymous-auth=false', '--authorization-mode=RBAC'],
      ...['--service-cluster-ip-range=10.96.0.0/24', '--disable-admission-plugins=ServiceAccount'],
      ...['--service-account-issuer=https://kubernetes.default.svc', '--service-account-key-file=sa.pub'],
      '--service-account-signing-key-file=sa.key',
    ]);
    await this.until(() => this.kubectl('get', 'namespace', 'kube-system', 'default'));
  }

  /** What kubectl prints. */
  kubectl(...args: string[]): Promise<string> {
    return this.programs.run('kubectl', args);
  }

  // biome-ignore lint/suspicious/noExplicitAny: any object of Kubernetes
  async get(...args: string[]): Promise<any> {
    return JSON.parse(await this.kubectl('get', '-o', 'json', ...args));
  }

  async apply(object: Readonly<Record<string, unknown>>): Promise<void> {
    await this.programs.run('kubectl', ['apply', '-f', '-'], JSON.stringify(object));
  }

  /** Repeats a check that throws until it does not, or a program of the cluster has ended. */
  async until<T>(check: () => Promise<T>): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      expect(this.programs.ended()).toEqual([]);
      try {
        return await check();
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      await setTimeout(1_000);
    }
  }

  /** A node as its kubelet registers it with `--cloud-provider=external`, ready. */
  async register({ name }: Server, number: number): Promise<void> {
    const pods = `${POD_NETWORK}.${number}.0/24`;
    await this.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: { 'kubernetes.io/hostname': name },
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      },
      spec: {
        podCIDR: pods,
        podCIDRs: [pods],
        taints: [{ key: UNINITIALIZED, value: 'true', effect: 'NoSchedule' }],
      },
    });
    await this.report(name, 'True');
  }

  /** The condition `Ready` of a node: of one that is not ready the controller asks whether its server exists and runs. */
  async report(name: string, status: 'True' | 'Unknown'): Promise<void> {
    const now = new Date().toISOString();
    const ready = { type: 'Ready', status, reason: 'Test', lastHeartbeatTime: now, lastTransitionTime: now };
    const patch = JSON.stringify({ status: { conditions: [ready] } });
    await this.kubectl('patch', 'node', name, '--subresource=status', '-p', patch);
  }

  /** The names of nodes that the cloud controller manager has initialised, with their provider ids. */
  async initialised(): Promise<Record<string, string>> {
    // biome-ignore lint/suspicious/noExplicitAny: any object of Kubernetes
    const nodes = (await this.get('nodes')).items.filter(({ spec }: any) =>
      (spec.taints ?? []).every(({ key }: { key: string }) => key !== UNINITIALIZED),
    );
    // biome-ignore lint/suspicious/noExplicitAny: any object of Kubernetes
    return Object.fromEntries(nodes.map(({ metadata, spec }: any) => [metadata.name, spec.providerID]));
  }

  /** The cloud controller manager as its manifest starts it. */
  async startCloudController(cloudConf: string, options: { withRoutes?: boolean } = {}): Promise<void> {
    this.#write('controller.conf', cloudConf);
    this.programs.start('openstack-cloud-controller-manager', [
      ...[
        '--v=1',
        '--cluster-name=kubernetes',
        '--cloud-config=controller.conf',
        '--cloud-provider=openstack',
      ],
      ...['--use-service-account-credentials=false', '--bind-address=127.0.0.1', '--kubeconfig=kubeconfig'],
      ...['--leader-elect=false', `--secure-port=${await freePort()}`, '--authentication-skip-lookup=true'],
      ...['--allocate-node-cidrs=true', `--cluster-cidr=${POD_NETWORK}.0.0/16`],
      `--configure-cloud-routes=${options.withRoutes ?? false}`,
    ]);
  }

  /** The Cinder CSI plugin with its sidecars, for volumes of pods on this node. */
  async startStorage(cloudConf: string, node: Server): Promise<void> {
    this.#write('storage.conf', cloudConf);
    const { programs, folder } = this;
    // The plugin reads its own server's config drive: it gets a folder in its place, by commands that do nothing.
    const [drive, commands] = [join(folder, 'configdrive'), join(folder, 'commands')];
    const latest = join(drive, 'openstack/latest');
    mkdirSync(latest, { recursive: true });
    const metadata = { uuid: node.id, name: node.name, availability_zone: 'nova' };
    writeFileSync(join(latest, 'meta_data.json'), JSON.stringify(metadata));
    rmSync(commands, { recursive: true, force: true });
    mkdirSync(commands);
    for (const name of ['blkid', 'mount', 'umount']) symlinkSync('/bin/true', join(commands, name));
    const socket = `unix://${folder}/csi.sock`;
    programs.start(
      'cinder-csi-plugin',
      [`--endpoint=${socket}`, '--cloud-config=storage.conf', '--cluster=kubernetes', '--v=1'],
      { TMPDIR: drive, PATH: `${commands}:${process.env.PATH}` },
    );
    const sidecar = [`--csi-address=${folder}/csi.sock`, '--kubeconfig=kubeconfig'];
    programs.start('csi-provisioner', [
      ...sidecar,
      '--extra-create-metadata',
      '--feature-gates=Topology=false',
    ]);
    programs.start('csi-attacher', sidecar);
    programs.start('kube-controller-manager', [
      ...['--kubeconfig=kubeconfig', '--leader-elect=false', '--bind-address=127.0.0.1'],
      ...[`--secure-port=${await freePort()}`, '--authentication-skip-lookup=true'],
      `--controllers=${CONTROLLERS}`,
    ]);
    await this.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: node.name },
      spec: { drivers: [{ name: DRIVER, nodeID: node.id, topologyKeys: null }] },
    });
  }

  async stopControllers(): Promise<void> {
    const names = ['kube-controller-manager', 'csi-attacher', 'csi-provisioner', 'cinder-csi-plugin'];
    for (const name of [...names, 'openstack-cloud-controller-manager']) await this.programs.stop(name);
  }

  async close(): Promise<void> {
    await this.programs.stopAll();
    rmSync(this.folder, { recursive: true });
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o600 });
  }
}

function kubeconfig(port: number, token: string): string {
  const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'certs/apiserver.crt' };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    users: [{ name: 'test', user: { token } }],
    clusters: [{ name: 'test', cluster }],
  });
}
