import { OpenStackClient, type Send } from './openstack-client.ts';

export interface AdminAccount {
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

/** The cloud's administrator at Keystone: removes roles and lists users' application credentials. */
export class KeystoneAdmin {
  readonly #send: Send;
  readonly #authUrl: string;
  readonly #account: AdminAccount;

  constructor(send: Send, authUrl: string, account: AdminAccount) {
    this.#send = send;
    this.#authUrl = authUrl;
    this.#account = account;
  }

  async takeRole(projectId: string, userId: string, role = 'member'): Promise<void> {
    const path = `/projects/${projectId}/users/${userId}/roles/${await this.#role(role)}`;
    await this.#expect(204, 'DELETE', path);
  }

  async giveRole(projectId: string, userId: string, role = 'member'): Promise<void> {
    await this.#expect(204, 'PUT', `/projects/${projectId}/users/${userId}/roles/${await this.#role(role)}`);
  }

  /** Lets the administrator's own account act in a project, as a member or by another role. */
  async join(projectId: string, role = 'member'): Promise<void> {
    const response = await this.#request('GET', `/users?name=${this.#account.user}`);
    const { users } = (await response.json()) as { users: { id: string }[] };
    await this.giveRole(projectId, users[0]?.id ?? '', role);
  }

  /** The cloud as a user sees it in a project, with all roles that the user has there. */
  async clientOf(
    { userId, password }: { readonly userId: string; readonly password: string },
    projectId: string,
  ): Promise<OpenStackClient> {
    const identity = { methods: ['password'], password: { user: { id: userId, password } } };
    const signIn = await this.#post('/auth/tokens', {
      auth: { identity, scope: { project: { id: projectId } } },
    });
    const token = signIn.headers.get('x-subject-token') ?? '';
    const name = `direct-${crypto.randomUUID()}`;
    const made = await this.#post(
      `/users/${userId}/application_credentials`,
      { application_credential: { name } },
      { 'x-auth-token': token },
    );
    const body = (await made.json()) as { application_credential: { id: string; secret: string } };
    return new OpenStackClient(this.#send, this.#authUrl, body.application_credential);
  }

  async applicationCredentialIds(userId: string): Promise<string[]> {
    const response = await this.#request('GET', `/users/${userId}/application_credentials`);
    const body = (await response.json()) as { application_credentials: { id: string }[] };
    return body.application_credentials.map(({ id }) => id).sort();
  }

  async #role(wanted: string): Promise<string> {
    const response = await this.#request('GET', '/roles');
    const { roles } = (await response.json()) as { roles: { id: string; name: string }[] };
    return roles.find(({ name }) => name === wanted)?.id ?? '';
  }

  async #expect(status: number, method: string, path: string): Promise<void> {
    const response = await this.#request(method, path);
    if (response.status !== status)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  async token(): Promise<string> {
    const { user, password, project } = this.#account;
    const domain = { name: 'Default' };
    const signIn = await this.#post('/auth/tokens', {
      auth: {
        identity: { methods: ['password'], password: { user: { name: user, domain, password } } },
        scope: { project: { name: project, domain } },
      },
    });
    return signIn.headers.get('x-subject-token') ?? '';
  }

  #post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(
      new Request(this.#authUrl + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    );
  }

  async #request(method: string, path: string): Promise<Response> {
    const token = await this.token();
    return this.#send(new Request(this.#authUrl + path, { method, headers: { 'x-auth-token': token } }));
  }
}
