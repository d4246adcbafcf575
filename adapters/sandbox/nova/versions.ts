/** @module Nova's version documents. */

import type { Cloud } from '../cloud.ts';
import { type Fields, json } from '../http.ts';
import type { Minors } from './microversion.ts';

interface Version {
  id: string;
  status: string;
  newest: string;
  oldest: string;
  updated: string;
  path: string;
  media: string;
}

const V20: Version = {
  id: 'v2.0',
  status: 'DEPRECATED',
  newest: '',
  oldest: '',
  updated: '2011-01-21T11:33:21Z',
  path: 'v2',
  media: '2',
};

const v21 = ({ oldest, newest }: Minors): Version => ({
  id: 'v2.1',
  status: 'CURRENT',
  newest: `2.${newest}`,
  oldest: `2.${oldest}`,
  updated: '2013-07-23T11:33:21Z',
  path: 'v2.1',
  media: '2.1',
});

function mediaTypes(version: Version): Fields[] {
  return [
    { base: 'application/json', type: `application/vnd.openstack.compute+json;version=${version.media}` },
  ];
}

/** The document of all versions, at the service's root. */
export function allVersions(cloud: Cloud): Response {
  const versions = [V20, v21(cloud.novaMinors)].map((version) => ({
    id: version.id,
    status: version.status,
    version: version.newest,
    min_version: version.oldest,
    updated: version.updated,
    links: [{ rel: 'self', href: `${cloud.baseUrl}/compute/${version.path}/` }],
  }));
  return json(200, { versions });
}

/** The document of v2.1, or of v2. */
export function oneVersion(cloud: Cloud, path: string, headers: Record<string, string>): Response {
  const version = path === V20.path ? V20 : v21(cloud.novaMinors);
  const body = {
    id: version.id,
    status: version.status,
    version: version.newest,
    min_version: version.oldest,
    updated: version.updated,
    links: [
      { rel: 'self', href: `${cloud.baseUrl}/compute/${version.path}/` },
      { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
    ],
    'media-types': mediaTypes(version),
  };
  return json(200, { version: body }, headers);
}

/** Nova's response to a path outside of every version: the same path in each. */
export function choices(cloud: Cloud, path: string): Response {
  const all = [V20, v21(cloud.novaMinors)].map((version) => ({
    id: version.id,
    status: version.status,
    links: [{ rel: 'self', href: `${cloud.baseUrl}/compute/${version.path}${path}` }],
    'media-types': mediaTypes(version),
  }));
  return json(300, { choices: all });
}
