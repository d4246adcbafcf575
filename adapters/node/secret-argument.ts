import { readFileSync } from 'node:fs';

/**
 * A secret of the command line, without white space around it: `-` reads it from standard input, `@PATH` from a file, since
 * arguments are visible in the process list and in the shell's history.
 *
 * @throws Error that names the option when there is nothing to read.
 */
export function secretArgument(option: string, given: string | undefined): string | undefined {
  if (given === undefined || (given !== '-' && !given.startsWith('@'))) return given;
  const source = given === '-' ? 'standard input' : given.slice(1);
  let text: string;
  try {
    text = readFileSync(given === '-' ? 0 : source, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `--${option}: ${source} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (text === '') throw new Error(`--${option}: ${source} is empty`);
  return text;
}
