import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the figures were measured on, in one line: no names of hosts, no paths. */
export async function machine(generator: string): Promise<string> {
  const [cpu] = cpus();
  const system = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const versions = [
    `Node ${process.version.slice(1)}`,
    await versionOf('redis-server', '--version', /v=([\d.]+)/, 'Redis'),
    await versionOf('nginx', '-v', /nginx\/([\d.]+)/, 'nginx'),
    generator,
  ];
  const [load = 0] = loadavg();
  return [
    new Date().toISOString().slice(0, 10),
    `${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${system}, Linux ${release()}`,
    ...versions.filter((version) => version !== ''),
    `load average before the run ${load.toFixed(1)}`,
  ].join(', ');
}

async function versionOf(program: string, option: string, pattern: RegExp, name: string): Promise<string> {
  const output = await run(program, [option]).catch(() => ({ stdout: '', stderr: '' }));
  const version = pattern.exec(output.stdout + output.stderr)?.[1];
  return version === undefined ? '' : `${name} ${version}`;
}
