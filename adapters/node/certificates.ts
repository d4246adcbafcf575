import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../../src/config/config-error.ts';

/**
 * The certificates in the file that `OS_CACERT` names, in PEM.
 *
 * @throws ConfigError when there are none.
 */
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
