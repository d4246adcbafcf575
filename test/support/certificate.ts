import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const TLS_HOST = 'api.example.org';

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file. */
  readonly both: string;
  readonly ca: Buffer;
}

/** Files of a self-signed certificate of `TLS_HOST`. */
export function createCertificate(folder: string): TestCertificate {
  const [certificate, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const subject = ['-subj', `/CN=${TLS_HOST}`, '-addext', `subjectAltName=DNS:${TLS_HOST}`, '-days', '2'];
  const type = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...type, '-nodes', '-keyout', key, '-out', certificate, ...subject],
    {
      stdio: 'ignore',
    },
  );
  const ca = readFileSync(certificate);
  writeFileSync(both, Buffer.concat([ca, readFileSync(key)]));
  return { certificate, key, both, ca };
}
