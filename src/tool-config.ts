/**
 * Configuration of the tools that customers use, for one API key: what `GET /v1/config`, `linguanova keys create --config` and the
 * console hand out.
 *
 * @module
 */

import { ComputeError } from './compute/errors.ts';
import type { Region } from './compute/regions.ts';
import { regionPath } from './http/region-path.ts';

export const CONFIG_FORMATS = ['clouds.yaml', 'openrc', 'terraform', 'cloud.conf', 'rclone', 'env'] as const;
export type ConfigFormat = (typeof CONFIG_FORMATS)[number];

/** Stands where the key belongs, which the gateway does not store. */
export const SECRET_PLACEHOLDER = '<SECRET>';

export interface ConfigSource {
  /** The gateway's public URL, without trailing slash. */
  readonly url: string;
  readonly region: Region;
  readonly keyId: string;
  /** The text of the key, or `SECRET_PLACEHOLDER`. */
  readonly key: string;
  /** Whether the gateway serves OpenStack's API, which all tools but the client need. */
  readonly hasNova: boolean;
  /** Names of the services that it serves. */
  readonly served: Pick<ReadonlySet<string>, 'has'>;
}

/** Of one tool, ending with a newline. @throws ComputeError `not_implemented`: the cloud lacks what the tool is for. */
export function toolConfig(format: ConfigFormat, source: ConfigSource): string {
  if (format !== 'env' && !source.hasNova)
    throw new ComputeError('not_implemented', `${format} needs OpenStack's API, which is not served here.`);
  if (format === 'rclone' && !hasObjectStorage(source))
    throw new ComputeError(
      'not_implemented',
      'rclone needs object storage, which is not served in this region.',
    );
  return `${FORMATS[format](source).join('\n')}\n`;
}

const OBJECT_STORE = 'object-store';

/**
 * The region that a tool is configured for: the default one, or the first that the key may use.
 *
 * @param bound Names of those it may use; null: all. @throws ComputeError `not_found`: the cloud has none of them.
 */
export function configRegion(regions: readonly Region[], bound: readonly string[] | null): Region {
  const [region] = regions.filter(({ name }) => bound === null || bound.includes(name));
  if (region === undefined)
    throw new ComputeError('not_found', 'The cloud has none of the regions that this key may use.');
  return region;
}

type Lines = (source: ConfigSource) => readonly string[];

const FORMATS: Readonly<Record<ConfigFormat, Lines>> = {
  'clouds.yaml': (source) => [
    'clouds:',
    '  linguanova:',
    '    auth_type: v3applicationcredential',
    '    auth:',
    `      auth_url: ${quoted(authUrl(source))}`,
    `      application_credential_id: ${quoted(source.keyId)}`,
    `      application_credential_secret: ${quoted(source.key)}`,
    `    region_name: ${quoted(source.region.name)}`,
    '    interface: public',
    '    identity_api_version: 3',
  ],

  // A variable of another account, left over in the shell, would contradict these.
  openrc: (source) => [
    'for variable in $(env | sed -n "s/^\\(OS_[A-Z0-9_]*\\)=.*/\\1/p"); do unset "$variable"; done',
    'export OS_AUTH_TYPE=v3applicationcredential',
    `export OS_AUTH_URL=${inShell(authUrl(source))}`,
    `export OS_APPLICATION_CREDENTIAL_ID=${inShell(source.keyId)}`,
    `export OS_APPLICATION_CREDENTIAL_SECRET=${inShell(source.key)}`,
    `export OS_REGION_NAME=${inShell(source.region.name)}`,
    'export OS_INTERFACE=public',
    'export OS_IDENTITY_API_VERSION=3',
  ],

  terraform: (source) => [
    'terraform {',
    '  required_providers {',
    '    openstack = {',
    '      source = "terraform-provider-openstack/openstack"',
    '    }',
    '  }',
    '}',
    '',
    'provider "openstack" {',
    `  auth_url                      = ${inHcl(authUrl(source))}`,
    `  application_credential_id     = ${inHcl(source.keyId)}`,
    `  application_credential_secret = ${inHcl(source.key)}`,
    `  region                        = ${inHcl(source.region.name)}`,
    '}',
  ],

  'cloud.conf': (source) => [
    '[Global]',
    `auth-url = ${quoted(authUrl(source))}`,
    `application-credential-id = ${quoted(source.keyId)}`,
    `application-credential-secret = ${quoted(source.key)}`,
    `region = ${quoted(source.region.name)}`,
  ],

  rclone: (source) => [
    '[linguanova]',
    'type = swift',
    `auth = ${authUrl(source)}`,
    'auth_version = 3',
    `application_credential_id = ${source.keyId}`,
    `application_credential_secret = ${source.key}`,
    `region = ${source.region.name}`,
  ],

  env: ({ url, region, key }) => [
    `LINGUANOVA_URL=${region.isDefault ? url : url + regionPath(region.name)}`,
    `LINGUANOVA_KEY=${key}`,
  ],
};

function hasObjectStorage({ region, served }: ConfigSource): boolean {
  return region.services.includes(OBJECT_STORE) && served.has(OBJECT_STORE);
}

/** Identity is one for all regions. */
function authUrl({ url }: ConfigSource): string {
  return `${url}/identity/v3`;
}

/** JSON's texts are double-quoted scalars of YAML, and values of git's configuration syntax. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Without HCL's templates. */
function inHcl(text: string): string {
  return JSON.stringify(text).replaceAll(/[$%](?=\{)/g, '$&$&');
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
