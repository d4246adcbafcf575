import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../../src/config/config-error.ts';

/** PEM. @throws ConfigError when there is no certificate. */
export function readCertificates(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError('OS_CACERT', 'names a file that cannot be read');
  }
  try {
    new X509Certificate(pem);
  } catch {
    throw new ConfigError('OS_CACERT', 'names a file without a certificate in PEM');
  }
  return pem;
}
