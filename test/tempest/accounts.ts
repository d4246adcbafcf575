import { randomBytes } from 'node:crypto';
import type { CloudCredential } from '../../src/compute/cloud.ts';

/** A user of a project of their own, with a network, as tempest is given them. */
export interface TempestAccount {
  readonly userName: string;
  readonly password: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly networkName: string;
  readonly isAdmin: boolean;
  /** What the account's API key carries. */
  readonly credential: CloudCredential;
}

export interface Administrator {
  readonly authUrl: string;
  readonly user: string;
  readonly password: string;
  readonly project: string;
  readonly neutronUrl: string;
  readonly publicNetworkId: string;
}

const DOMAIN = { name: 'Default' };

/** Makes tempest's accounts once; those that are there are given new passwords. */
export async function makeAccounts(
  admin: Administrator,
  { members, admins }: { readonly members: number; readonly admins: number },
): Promise<TempestAccount[]> {
  const token = await signIn(admin, { name: admin.user }, admin.password, admin.project);
  const accounts: TempestAccount[] = [];
  for (let number = 1; number <= members; number++) {
    accounts.push(await makeAccount(admin, token, `tempest-gw-${number}`, ['member']));
  }
  for (let number = 1; number <= admins; number++) {
    accounts.push(await makeAccount(admin, token, `tempest-gw-admin-${number}`, ['member', 'admin']));
  }
  return accounts;
}

async function makeAccount(
  admin: Administrator,
  token: string,
  name: string,
  roles: readonly string[],
): Promise<TempestAccount> {
  const keystone = (method: string, path: string, body?: object) =>
    request(`${admin.authUrl}${path}`, method, token, body);
  const password = randomBytes(12).toString('hex');
  const projects = (await keystone('GET', `/projects?name=${name}`)).projects;
  const project = projects[0] ?? (await keystone('POST', '/projects', { project: { name } })).project;
  const users = (await keystone('GET', `/users?name=${name}`)).users;
  const user = users[0] ?? (await keystone('POST', '/users', { user: { name, password } })).user;
  await keystone('PATCH', `/users/${user.id}`, { user: { password } });
  for (const role of (await keystone('GET', '/roles')).roles) {
    if (roles.includes(role.name)) {
      await keystone('PUT', `/projects/${project.id}/users/${user.id}/roles/${role.id}`);
    }
  }
  await makeNetwork(admin, token, project.id, name);
  const { id, secret } = await makeCredential(admin, user.id, name, password);
  return {
    userName: name,
    password,
    projectId: project.id,
    projectName: name,
    networkName: name,
    isAdmin: roles.includes('admin'),
    credential: { kind: 'application_credential', id, secret },
  };
}

/** Keystone counts in seconds: a token made in the second of a new password is taken for one from before it. */
async function makeCredential(admin: Administrator, userId: string, name: string, password: string) {
  for (let attempt = 1; ; attempt++) {
    const own = await signIn(admin, { name }, password, name);
    const wish = { application_credential: { name: `gateway-${Date.now()}` } };
    try {
      const path = `/users/${userId}/application_credentials`;
      return (await request(admin.authUrl + path, 'POST', own, wish)).application_credential;
    } catch (error) {
      if (attempt === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function makeNetwork(admin: Administrator, token: string, projectId: string, name: string) {
  const keystone = (method: string, path: string, body?: object) =>
    request(`${admin.neutronUrl}/v2.0${path}`, method, token, body);
  const found = await keystone('GET', `/networks?name=${name}&project_id=${projectId}`);
  if (found.networks.length > 0) return;
  const owner = { project_id: projectId, name };
  const { network } = await keystone('POST', '/networks', { network: owner });
  const { subnet } = await keystone('POST', '/subnets', {
    subnet: { ...owner, network_id: network.id, ip_version: 4, cidr: '10.77.0.0/20' },
  });
  const { router } = await keystone('POST', '/routers', {
    router: { ...owner, external_gateway_info: { network_id: admin.publicNetworkId } },
  });
  await keystone('PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
}

async function signIn(
  admin: Administrator,
  user: object,
  password: string,
  project: string,
): Promise<string> {
  const response = await fetch(`${admin.authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { ...user, domain: DOMAIN, password } } },
        scope: { project: { name: project, domain: DOMAIN } },
      },
    }),
  });
  if (response.status !== 201) throw new Error(`sign-in of ${project}: ${await response.text()}`);
  return response.headers.get('x-subject-token') ?? '';
}

// biome-ignore lint/suspicious/noExplicitAny: any response of a service
async function request(url: string, method: string, token: string, body?: object): Promise<any> {
  const response = await fetch(url, {
    method,
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}
