import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startProcess } from '../support/gateway-process.ts';
import { fenced, read } from './pages.ts';

const PAGE = read('docs/tools/terraform.md');
/** Where `test/tools/install/terraform` or a machine's own build has the programs. */
const BIN = join(process.env.TERRAFORM_HOME ?? '/tmp/terraform', 'bin');
const PROVIDER = 'registry.opentofu.org/terraform-provider-openstack/openstack/3.4.0/linux_amd64';

describe.skipIf(!existsSync(join(BIN, 'tofu')))('docs/tools/terraform.md', () => {
  test('from the page alone: an instance is made as printed, nothing is to change, and it is destroyed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linguanova-terraform-page-'));
    // The registry's part: the same provider, in a mirror.
    mkdirSync(join(folder, 'mirror', PROVIDER), { recursive: true });
    const program = join('mirror', PROVIDER, 'terraform-provider-openstack_v3.4.0');
    cpSync(join(BIN, 'terraform-provider-openstack'), join(folder, program));
    const mirror = `filesystem_mirror { path = "${join(folder, 'mirror')}" }`;
    writeFileSync(join(folder, 'tofurc'), `provider_installation { ${mirror} }`);
    const [file = ''] = fenced(PAGE, 'hcl');
    writeFileSync(join(folder, 'main.tf'), file);
    const gateway = await startProcess({ LINGUANOVA_SANDBOX: '1' });
    const [, key = ''] = /x-api-key: (\S+)"/.exec(gateway.stdout()) ?? [];
    const commands = [...fenced(PAGE, 'sh'), ...(/`(tofu plan[^`]+)`/.exec(PAGE)?.slice(1) ?? [])];
    const run = (script: readonly string[]) =>
      promisify(execFile)('sh', ['-ec', script.join('\n')], {
        cwd: folder,
        env: {
          PATH: `${BIN}:${process.env.PATH}`,
          URL: gateway.url,
          KEY: key,
          TF_CLI_CONFIG_FILE: join(folder, 'tofurc'),
          CHECKPOINT_DISABLE: '1',
        },
      });
    try {
      const { stdout } = await run([...commands, 'tofu destroy -auto-approve']);
      expect(stdout).toMatch(/^"10\.\d+\.\d+\.\d+"$/m);
      expect(stdout).toContain('No changes.');
      expect(stdout).toContain('Destroy complete! Resources: 2 destroyed.');
    } finally {
      await gateway.end('SIGTERM');
      rmSync(folder, { recursive: true });
    }
  });
});
