import { secretArgument } from '../secret-argument.ts';
import { UsageError } from './usage-error.ts';

/** A secret by its own option or by `--secret-file`. @throws UsageError when it cannot be read, or is given twice. */
export function credentialArgument(
  option: string,
  given: string | undefined,
  file: string | undefined,
): string | undefined {
  if (given !== undefined && file !== undefined)
    throw new UsageError(`--secret-file is an alternative to --${option}: give one of them`);
  try {
    return file === undefined
      ? secretArgument(option, given)
      : secretArgument('secret-file', file === '-' ? '-' : `@${file}`);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
