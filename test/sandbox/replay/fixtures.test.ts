/**
 * @module
 * Replays what was recorded of a real OpenStack: each recorded request goes to a sandbox in an equivalent state, and status,
 * body shape and error message must be the recorded ones. The recordings are not part of the repository; without them
 * this suite says so and is skipped.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparations, skipped } from './preparations.ts';
import { shapeDifferences } from './shape.ts';
import { createReplayWorld, type Recording } from './world.ts';

const folder = resolve(process.env.OPENSTACK_FIXTURES ?? '../shared/openstack/fixtures');
const present = existsSync(folder);
if (!present)
  console.info(
    `skipped: no recordings (OPENSTACK_FIXTURES is ${process.env.OPENSTACK_FIXTURES ?? 'not set'})`,
  );

function recorded(name: string): Recording {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

function namesOf(service: string): string[] {
  const files = readdirSync(join(folder, service)).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.slice(0, -5));
}

/** Attributes of Neutron that the recorded release did not have. */
const NEWER = [
  'belongs_to_default_sg',
  'qinq',
  'quota.router_route',
  'subnets[0].router:external',
  'vlan_transparent',
];

describe.skipIf(!present).each(['keystone', 'nova', 'neutron', 'glance'])('%s as recorded', (service) => {
  const all = present ? namesOf(service) : [];
  it.for(all)('%s', async (name, { skip }) => {
    const key = `${service}/${name}`;
    const reason = skipped[key];
    if (reason) skip(reason);
    const recording = recorded(key);
    const world = await createReplayWorld(recorded);
    const preparation = preparations[key];
    const changed = await preparation?.(world, recording);
    const reply = await world.replay(service, changed ?? recording);
    const text = await reply.text();
    const body =
      /json/.test(reply.headers.get('Content-Type') ?? '') && text ? JSON.parse(text) : text || null;
    const real = recording.response;
    const differences = shapeDifferences(real.body || null, body).filter(
      (difference) =>
        !NEWER.some((attribute) => difference.endsWith(`${attribute}: not in the real response`)),
    );
    expect([reply.status, ...differences].join('\n')).toBe(String(real.status));
    expect(bare(reply.headers.get('Content-Type'))).toBe(bare(headerOf(real.headers, 'Content-Type')));
    for (const header of ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version']) {
      expect([header, reply.headers.get(header)]).toEqual([header, headerOf(real.headers, header)]);
    }
    for (const header of [
      'Location',
      'X-Subject-Token',
      'Vary',
      'WWW-Authenticate',
      'Allow',
      'Accept-Patch',
    ]) {
      expect([header, reply.headers.has(header)]).toEqual([header, has(real.headers, header)]);
    }
  });
});

function headerOf(headers: Record<string, string>, name: string): string | null {
  return new Headers(headers).get(name);
}

function has(headers: Record<string, string>, name: string): boolean {
  return new Headers(headers).has(name);
}

function bare(type: string | null): string {
  return type?.split(';')[0]?.trim() ?? '';
}
