import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from './cloud.ts';
import type { GoProgram } from './go-test.ts';

/** An acceptance suite of a client, as `install/acceptance` compiles it. */
export interface Suite {
  readonly tool: string;
  readonly version: string;
  readonly program: GoProgram;
  /** Of the names of its tests. */
  readonly pattern: string;
  readonly environment: Readonly<Record<string, string>>;
  roleOf(test: string): Role;
}

const TERRAFORM = process.env.TERRAFORM_HOME ?? '/tmp/terraform';

/** @param home Where `install/acceptance` has run. */
export function suitesIn(home: string): readonly Suite[] {
  return [
    ...['identity/v3', 'compute/v2', 'blockstorage/v3'].map((service) => gophercloud(home, service)),
    terraformProvider(home),
  ];
}

function terraformProvider(home: string): Suite {
  const folder = join(home, 'provider/openstack');
  return {
    tool: 'Terraform provider',
    version: '3.4.0',
    program: { binary: join(home, 'bin/provider.test'), folder },
    pattern: '^TestAcc',
    environment: {
      TF_ACC: '1',
      TF_ACC_TERRAFORM_PATH: join(TERRAFORM, 'bin/tofu'),
      TF_ACC_PROVIDER_NAMESPACE: 'hashicorp',
      TF_ACC_PROVIDER_HOST: 'registry.opentofu.org',
    },
    roleOf: membersTests(folder, 'PreCheckNonAdminOnly'),
  };
}

function gophercloud(home: string, service: string): Suite {
  const folder = join(home, 'gophercloud/internal/acceptance/openstack', service);
  return {
    tool: 'gophercloud',
    version: '2.16.0',
    program: { binary: join(home, `bin/gophercloud-${service.replace('/', '-')}.test`), folder },
    pattern: '^Test',
    environment: {},
    roleOf: membersTests(folder, 'RequireNonAdmin'),
  };
}

/** Which user a test signs in as: a test that `marker` occurs in refuses the administrator. */
function membersTests(folder: string, marker: string): Suite['roleOf'] {
  const bodies = new Map<string, string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('_test.go'))) {
    for (const part of readFileSync(join(folder, file), 'utf8').split(/^func /m)) {
      const [, name] = /^(Test\w+)\(/.exec(part) ?? [];
      if (name !== undefined) bodies.set(name, part);
    }
  }
  return (test) => (bodies.get(test)?.includes(marker) ? 'demo' : 'admin');
}
