import { join } from 'node:path';
import { demoKey } from '../demo-key.ts';
import { LineOutput } from '../line-output.ts';
import { configuration, STATE_DIRECTORY, serveGateway } from '../wiring.ts';
import { COMMANDS, type Invocation } from './specification.ts';

export async function run({ values }: Invocation<'serve'>): Promise<void> {
  for (const [name, { variable }] of Object.entries(COMMANDS.serve.options)) {
    const given = values[name as keyof typeof values];
    if (given !== undefined) process.env[variable] = given;
  }
  const config = configuration();
  const { url, keys, secret, sandbox, adminToken } = await serveGateway(config);
  const banner = new LineOutput(1);
  process.on('exit', () => banner.drainAtExit());
  const base = config.publicUrl ?? url;
  const pages = [`API reference: ${base}/docs`, ...(config.console ? [`Console: ${base}/console`] : [])];
  if (sandbox === null) {
    const cloud = config.openStack?.authUrl ?? config.reduUrl;
    banner.write(`linguanova serves ${cloud} at ${url}\n${pages.join('\n')}\n`);
    return;
  }
  const { customer } = sandbox;
  const { id, text } = await demoKey(keys, secret, customer, join(STATE_DIRECTORY, 'demo-key'));
  banner.write(`linguanova serves a sandbox cloud at ${url}. Try:

  curl ${url}/v1/instances -H "x-api-key: ${text}"

Next:

  ${pages.join('\n  ')}
  Your own cloud: set OS_AUTH_URL and LINGUANOVA_SECRET, see docs/operating.md

OpenStack's tools work with the same key:

  openstack --os-auth-type v3applicationcredential --os-auth-url ${url}/identity/v3 \\
    --os-application-credential-id ${id} --os-application-credential-secret ${text} server list

${adminToken === null ? 'Admin API: with LINGUANOVA_ADMIN_TOKEN' : `Admin token: ${adminToken}`}
The customer's sign-in at the cloud: user ${customer.userName}, password ${customer.password}, project ${customer.projectName}

For the commands of docs/redu.md:

  export URL=${url} KEY=${text}
  export OS_USERNAME=${customer.userName} OS_PASSWORD=${customer.password} OS_PROJECT_NAME=${customer.projectName}

`);
}
