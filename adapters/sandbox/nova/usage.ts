/** @module What servers have used of a project's resources over time. */

import { type Fields, json } from '../http.ts';
import { microseconds } from '../timeline.ts';
import type { NovaCall } from './call.ts';
import { badRequest, disallowed } from './faults.ts';
import type { Server } from './model.ts';

const HOUR_MS = 3_600_000;

/** GET /os-simple-tenant-usage/{project}, from `start` to `end`; empty for a project without servers in that time. */
export function showUsage(call: NovaCall, projectId: string): Response {
  const { cloud, principal } = call;
  if (projectId !== principal.projectId && !principal.isAdmin)
    throw disallowed('os-simple-tenant-usage:show');
  const now = cloud.timeline.now();
  const start = instantOf(call, 'start', now);
  const end = instantOf(call, 'end', now);
  if (start >= end && call.query.has('start')) {
    throw badRequest('Invalid start time. The start time cannot occur after the end time.');
  }
  const usages = [...cloud.compute.servers.values()]
    .filter((server) => server.projectId === projectId && server.launchedAt !== null)
    .filter((server) => (server.deletedAt ?? now) >= start)
    .map((server) => usageOf(server, { start, end: Math.min(end, now), now }));
  const [first] = usages;
  if (first === undefined) return json(200, { tenant_usage: {} });
  const total = (read: (usage: Usage) => number) => usages.reduce((sum, usage) => sum + read(usage), 0);
  const summary = {
    tenant_id: projectId,
    server_usages: usages,
    total_local_gb_usage: total(({ local_gb, hours }) => local_gb * hours),
    total_vcpus_usage: total(({ vcpus, hours }) => vcpus * hours),
    total_memory_mb_usage: total(({ memory_mb, hours }) => memory_mb * hours),
    total_hours: total(({ hours }) => hours),
    start: microseconds(start),
    stop: microseconds(end),
  };
  return json(200, { tenant_usage: summary });
}

type Usage = ReturnType<typeof usageOf>;

function usageOf(server: Server, { start, end, now }: { start: number; end: number; now: number }) {
  const begun = server.launchedAt ?? server.createdAt;
  const ended = server.deletedAt;
  return {
    hours: Math.max(0, Math.min(ended ?? end, end) - Math.max(begun, start)) / HOUR_MS,
    flavor: server.flavor.name,
    instance_id: server.id,
    name: server.name,
    tenant_id: server.projectId,
    memory_mb: server.flavor.ramMiB,
    local_gb: server.flavor.diskGiB,
    vcpus: server.flavor.vcpus,
    started_at: microseconds(begun),
    ended_at: ended === null ? null : microseconds(ended),
    state: ended === null ? server.vmState : 'terminated',
    uptime: Math.floor(((ended ?? now) - begun) / 1000),
  } satisfies Fields;
}

/** Times without a zone are UTC. */
function instantOf({ query }: NovaCall, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const instant = Date.parse(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(instant)) throw badRequest('Datetime is in invalid format');
  return instant;
}
