import type { ServerResponse } from 'node:http';

/** Responds to a sign-in as Keystone does. @param catalog The public address of each service, by type. */
export function respondWithToken(response: ServerResponse, catalog: Readonly<Record<string, string>>): void {
  const domain = { id: 'default', name: 'Default' };
  const endpoint = { interface: 'public', region: 'R', region_id: 'R' };
  const body = {
    token: {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      user: { id: 'u', name: 'u', domain },
      project: { id: 'p', name: 'p', domain },
      roles: [{ id: 'r', name: 'member' }],
      catalog: Object.entries(catalog).map(([type, url]) => ({ type, endpoints: [{ ...endpoint, url }] })),
    },
  };
  response.writeHead(201, { 'content-type': 'application/json', 'x-subject-token': 'cloud-token' });
  response.end(JSON.stringify(body));
}
