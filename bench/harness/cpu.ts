import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * Seconds of CPU that a process and all its living descendants have used, in user and kernel mode; a hundredth of a second is
 * its finest resolution. Linux only.
 */
export function cpuSeconds(pid: number): number {
  const parentOf = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), statOf(Number(name))] as const),
  );
  const belongs = (candidate: number): boolean =>
    candidate === pid || (candidate > 0 && belongs(parentOf.get(candidate)?.parent ?? 0));
  let ticks = 0;
  for (const [candidate, stat] of parentOf) if (belongs(candidate)) ticks += stat?.ticks ?? 0;
  return ticks / TICKS_PER_SECOND;
}

/** Of `/proc/<pid>/stat`, see proc(5); undefined when the process has ended meanwhile. */
function statOf(pid: number): { parent: number; ticks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name, which may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
