/**
 * Projects of a test's own at a real OpenStack, so that tests can run while others use the cloud: a user, a network with a router,
 * an application credential. `removeProject` deletes them with everything that they own.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

export interface ProjectWish {
  readonly name: string;
  readonly roles: readonly string[];
  readonly cidr: string;
  readonly networkName: string;
  /** At Nova; the cloud's defaults unless named. */
  readonly quotas?: Readonly<Record<string, number>>;
  /** Whether its credential may make others. */
  readonly isUnrestricted?: boolean;
}

export interface CloudProject extends ProjectNetwork {
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  readonly password: string;
  readonly credential: { readonly id: string; readonly secret: string };
}

export interface ProjectNetwork {
  readonly networkId: string;
  readonly networkName: string;
  readonly subnetId: string;
  readonly routerId: string;
  readonly defaultGroupId: string;
}

const DOMAIN = { name: 'Default' };
type Variables = Readonly<Record<string, string>>;

/** @param variables Of the cloud, as `realOpenStack` has them. */
export class CloudProjects {
  readonly #variables: Variables;
  readonly #admin: Session;

  private constructor(variables: Variables, admin: Session) {
    this.#variables = variables;
    this.#admin = admin;
  }

  static async of(variables: Variables): Promise<CloudProjects> {
    const { ADMIN_USER = '', ADMIN_PASSWORD = '', ADMIN_PROJECT = '' } = variables;
    return new CloudProjects(
      variables,
      await signIn(variables, { name: ADMIN_USER, password: ADMIN_PASSWORD, project: ADMIN_PROJECT }),
    );
  }

  /** A project that cannot be completed is removed. */
  async make(wish: ProjectWish): Promise<CloudProject> {
    const { name } = wish;
    const admin = this.#admin;
    const password = randomBytes(12).toString('hex');
    const { project } = await admin('identity', 'POST', '/projects', { project: { name } });
    const { user } = await admin('identity', 'POST', '/users', { user: { name, password } });
    const identity = {
      projectId: project.id,
      projectName: name,
      userId: user.id,
      userName: name,
      password,
    };
    try {
      return { ...identity, ...(await this.#furnish(identity, wish)) };
    } catch (error) {
      await this.remove(identity);
      throw error;
    }
  }

  async #furnish(
    {
      projectId,
      userId,
      userName,
      password,
    }: Pick<CloudProject, 'projectId' | 'userId' | 'userName' | 'password'>,
    { name, roles, cidr, networkName, quotas, isUnrestricted = false }: ProjectWish,
  ) {
    const admin = this.#admin;
    for (const role of (await admin('identity', 'GET', '/roles')).roles) {
      if (!roles.includes(role.name)) continue;
      await admin('identity', 'PUT', `/projects/${projectId}/users/${userId}/roles/${role.id}`);
    }
    if (quotas !== undefined)
      await admin('compute', 'PUT', `/os-quota-sets/${projectId}`, { quota_set: quotas });
    const made = await this.makeNetwork({ userName, password, projectName: name }, { cidr, networkName });
    const own = await signIn(this.#variables, { name: userName, password, project: name });
    const path = `/users/${userId}/application_credentials`;
    const wish = { application_credential: { name, unrestricted: isUnrestricted } };
    const credential = await afterRolesAreKnown(() => own('identity', 'POST', path, wish));
    const { id, secret } = credential.application_credential;
    return { ...made, credential: { id, secret } };
  }

  /** Creates a network with a router to the public one, in the region of the variables. */
  async makeNetwork(
    { userName, password, projectName }: Pick<CloudProject, 'userName' | 'password' | 'projectName'>,
    { cidr, networkName }: Pick<ProjectWish, 'cidr' | 'networkName'>,
  ): Promise<ProjectNetwork> {
    const own = await signIn(this.#variables, { name: userName, password, project: projectName });
    const { network } = await own('network', 'POST', '/networks', { network: { name: networkName } });
    const { subnet } = await own('network', 'POST', '/subnets', {
      subnet: { name: networkName, network_id: network.id, ip_version: 4, cidr },
    });
    const gateway = { network_id: this.#variables.PUBLIC_NETWORK_ID };
    const { router } = await own('network', 'POST', '/routers', {
      router: { name: networkName, external_gateway_info: gateway },
    });
    await own('network', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    const groups = await own('network', 'GET', '/security-groups?name=default');
    return {
      networkId: network.id,
      networkName,
      subnetId: subnet.id,
      routerId: router.id,
      defaultGroupId: groups.security_groups[0].id,
    };
  }

  /** Creates a key pair of the project's user. */
  async makeKeyPair({ userName, password, projectName }: CloudProject, name: string): Promise<void> {
    const own = await signIn(this.#variables, { name: userName, password, project: projectName });
    const body = createHash('sha256').update(name).digest();
    const type = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1');
    const publicKey = `ssh-ed25519 ${Buffer.concat([type, body]).toString('base64')}`;
    await own('compute', 'POST', '/os-keypairs', { keypair: { name, public_key: publicKey } });
  }

  /** The cloud's administrator as one of a project, with an unrestricted application credential. */
  async administratorIn({ projectId, projectName }: Pick<CloudProject, 'projectId' | 'projectName'>) {
    const admin = this.#admin;
    const { ADMIN_USER: name = '', ADMIN_PASSWORD: password = '' } = this.#variables;
    const [user] = (await admin('identity', 'GET', `/users?name=${name}`)).users;
    for (const role of (await admin('identity', 'GET', '/roles')).roles) {
      if (!['admin', 'member'].includes(role.name)) continue;
      await admin('identity', 'PUT', `/projects/${projectId}/users/${user.id}/roles/${role.id}`);
    }
    const call = await signIn(this.#variables, { name, password, project: projectName });
    const wish = { application_credential: { name: projectName, unrestricted: true } };
    const made = await call('identity', 'POST', `/users/${user.id}/application_credentials`, wish);
    const { id, secret } = made.application_credential;
    const remove = () =>
      admin('identity', 'DELETE', `/users/${user.id}/application_credentials/${id}`).catch(ignoreGone);
    return { call, credential: { id, secret }, remove };
  }

  /** Deletes the project, its user and everything that it owns. */
  async remove({ projectId, userId }: Pick<CloudProject, 'projectId' | 'userId'>): Promise<void> {
    await this.empty(projectId);
    await this.#admin('identity', 'DELETE', `/users/${userId}`).catch(ignoreGone);
    await this.#admin('identity', 'DELETE', `/projects/${projectId}`).catch(ignoreGone);
    // The cloud makes the default one again whenever groups are listed, until the project is gone.
    await this.#dropGroups(projectId);
  }

  /** Deletes everything that a project owns, in the region of the variables. */
  async empty(projectId: string): Promise<void> {
    const admin = this.#admin;
    const own = `project_id=${projectId}`;
    const all = `all_tenants=1&${own}`;
    const each = (service: ServiceName, path: string, key: string, act: Act) =>
      this.#each(projectId, service, path, key, act);
    const drop =
      (service: ServiceName, path: string): Act =>
      (item) =>
        admin(service, 'DELETE', `${path}/${item.id}`);

    await each('compute', `/servers?${all}`, 'servers', drop('compute', '/servers'));
    await untilGone(async () => (await admin('compute', 'GET', `/servers?${all}`)).servers);
    if (admin.has('load-balancer')) {
      const list = `/loadbalancers?${own}`;
      await each('load-balancer', list, 'loadbalancers', ({ id }) =>
        admin('load-balancer', 'DELETE', `/loadbalancers/${id}?cascade=true`),
      );
      await untilGone(async () => (await admin('load-balancer', 'GET', list)).loadbalancers);
    }
    await each('network', `/floatingips?${own}`, 'floatingips', drop('network', '/floatingips'));
    await each('network', `/ports?${own}`, 'ports', async ({ id, device_owner: owner, device_id: device }) =>
      owner === 'network:router_interface'
        ? admin('network', 'PUT', `/routers/${device}/remove_router_interface`, { port_id: id })
        : admin('network', 'DELETE', `/ports/${id}`),
    );
    await each('network', `/routers?${own}`, 'routers', drop('network', '/routers'));
    await each('network', `/networks?${own}`, 'networks', drop('network', '/networks'));
    await each('image', `/images?owner=${projectId}&visibility=all`, 'images', async (image) => {
      const unprotect = [{ op: 'replace', path: '/protected', value: false }];
      if (image.protected) await admin('image', 'PATCH', `/images/${image.id}`, unprotect);
      await admin('image', 'DELETE', `/images/${image.id}`);
    });
    if (this.#admin.has('volumev3')) {
      await each('volumev3', `/snapshots/detail?${all}`, 'snapshots', drop('volumev3', '/snapshots'));
      await untilGone(async () => (await admin('volumev3', 'GET', `/snapshots/detail?${all}`)).snapshots);
      await each('volumev3', `/volumes/detail?${all}`, 'volumes', drop('volumev3', '/volumes'));
      await untilGone(async () => (await admin('volumev3', 'GET', `/volumes/detail?${all}`)).volumes);
    }
    await this.#dropGroups(projectId);
  }

  #dropGroups(projectId: string): Promise<void> {
    const path = `/security-groups?project_id=${projectId}`;
    return this.#each(projectId, 'network', path, 'security_groups', ({ id }) =>
      this.#admin('network', 'DELETE', `/security-groups/${id}`),
    );
  }

  async #each(projectId: string, service: ServiceName, path: string, key: string, act: Act): Promise<void> {
    const found = await this.#admin(service, 'GET', path);
    for (const item of found[key] ?? []) {
      if ((item.project_id ?? item.tenant_id ?? item.owner ?? projectId) === projectId)
        await act(item).catch(ignoreGone);
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any item of any list
type Item = any;
type Act = (item: Item) => Promise<unknown>;
type ServiceName = 'identity' | 'compute' | 'network' | 'image' | 'volumev3' | 'load-balancer';

export interface Session {
  (service: ServiceName, method: string, path: string, body?: unknown): Promise<Item>;
  has(service: ServiceName): boolean;
}

const VERSIONS: Partial<Record<ServiceName, string>> = {
  network: '/v2.0',
  image: '/v2',
  'load-balancer': '/v2.0/lbaas',
};

async function signIn(
  { OS_AUTH_URL: authUrl = '', OS_REGION_NAME: region }: Variables,
  { name, password, project }: { name: string; password: string; project: string },
): Promise<Session> {
  const response = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain: DOMAIN, password } } },
        scope: { project: { name: project, domain: DOMAIN } },
      },
    }),
  });
  if (response.status !== 201) throw new Error(`sign-in of ${name}: ${await response.text()}`);
  const token = response.headers.get('x-subject-token') ?? '';
  const { catalog } = ((await response.json()) as Item).token;
  const urlOf = (service: ServiceName): string | undefined => {
    if (service === 'identity') return authUrl;
    const entry = catalog.find(({ type }: Item) => type === service);
    const endpoint = entry?.endpoints.find(
      (one: Item) => one.interface === 'public' && one.region === region,
    );
    return endpoint && endpoint.url.replace(/\/$/, '') + (VERSIONS[service] ?? '');
  };
  const call = async (service: ServiceName, method: string, path: string, body?: unknown): Promise<Item> => {
    const type = method === 'PATCH' && service === 'image' ? 'openstack-images-v2.1-json-patch' : 'json';
    const answer = await fetch(`${urlOf(service)}${path}`, {
      method,
      headers: { 'x-auth-token': token, 'content-type': `application/${type}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status >= 300)
      throw new ServiceError(`${method} ${service} ${path}: ${answer.status} ${text}`, answer.status);
    return text === '' ? {} : JSON.parse(text);
  };
  return Object.assign(call, { has: (service: ServiceName) => urlOf(service) !== undefined });
}

class ServiceError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof ServiceError && error.status === 404)) throw error;
}

const PATIENCE_MS = 60_000;

/** Keystone may not know a role for a moment after it was given: then it is 400. */
async function afterRolesAreKnown<T>(make: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 400) || Date.now() > end) throw error;
      await setTimeout(2_000);
    }
  }
}

async function untilGone(list: () => Promise<readonly Item[]>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const left = (await list()).filter(({ status }) => status !== 'DELETED');
    if (left.length === 0) return;
    if (Date.now() > end) throw new Error(`not deleted: ${left.map(({ id }) => id)}`);
    await setTimeout(1_000);
  }
}
