/** @module Where servers run: one zone, one hypervisor. */

import { type Fields, json } from '../http.ts';
import { microseconds } from '../timeline.ts';
import { adminOnly, type NovaCall } from './call.ts';
import { goneAtThisVersion, notFound } from './faults.ts';

/** GET /os-availability-zone */
export function listZones(): Response {
  const zone = { zoneName: 'nova', zoneState: { available: true }, hosts: null };
  return json(200, { availabilityZoneInfo: [zone] });
}

/** GET /os-availability-zone/detail */
export function listZonesWithDetail(call: NovaCall): Response {
  adminOnly(call, 'os-availability-zone:detail');
  const alive = { available: true, active: true, updated_at: microseconds(call.cloud.timeline.now()) };
  const zone = (zoneName: string, services: Fields) => ({
    zoneName,
    zoneState: { available: true },
    hosts: { [call.cloud.compute.host.name]: services },
  });
  const internal = zone('internal', { 'nova-conductor': alive, 'nova-scheduler': alive });
  return json(200, { availabilityZoneInfo: [internal, zone('nova', { 'nova-compute': alive })] });
}

/** GET /os-hypervisors */
export function listHypervisors(call: NovaCall): Response {
  adminOnly(call, 'os-hypervisors:list');
  const { id, hypervisor_hostname, state, status } = hypervisor(call);
  return json(200, { hypervisors: [{ id, hypervisor_hostname, state, status }] });
}

/** GET /os-hypervisors/detail */
export function listHypervisorsWithDetail(call: NovaCall): Response {
  adminOnly(call, 'os-hypervisors:list-detail');
  return json(200, { hypervisors: [hypervisor(call)] });
}

/** GET /os-hypervisors/{id} */
export function showHypervisor(call: NovaCall, id: string): Response {
  adminOnly(call, 'os-hypervisors:show');
  const found = hypervisor(call);
  if (String(found.id) !== id) throw notFound(`No hypervisor with id '${id}' could be found.`);
  return json(200, { hypervisor: found });
}

/** GET /os-hypervisors/statistics, until 2.87 */
export function showHypervisorStatistics(call: NovaCall): Response {
  if (call.minor >= 88) throw goneAtThisVersion();
  adminOnly(call, 'os-hypervisors:statistics');
  return json(200, { hypervisor_statistics: { count: 1, ...capacity(call) } });
}

/** GET /os-services */
export function listServices(call: NovaCall): Response {
  adminOnly(call, 'os-services:list');
  const { name, serviceId } = call.cloud.compute.host;
  const service = {
    id: call.minor >= 53 ? serviceId : 4,
    binary: 'nova-compute',
    host: name,
    zone: 'nova',
    status: 'enabled',
    state: 'up',
    updated_at: microseconds(call.cloud.timeline.now()),
    disabled_reason: null,
    ...(call.minor >= 11 && { forced_down: false }),
  };
  return json(200, { services: [service] });
}

/** GET /os-aggregates: there are none. */
export function listAggregates(call: NovaCall): Response {
  adminOnly(call, 'os-aggregates:index');
  return json(200, { aggregates: [] });
}

/** Ids are UUIDs from 2.53 on; from 2.88 on capacity is placement's business. */
function hypervisor(call: NovaCall): Fields {
  const { id, name, serviceId } = call.cloud.compute.host;
  const modern = call.minor >= 53;
  const cpu = {
    arch: 'x86_64',
    model: 'Nehalem',
    vendor: 'Intel',
    features: ['pge', 'clflush'],
    topology: { cores: 1, threads: 1, sockets: 4 },
  };
  return {
    id: modern ? id : 1,
    hypervisor_hostname: name,
    state: 'up',
    status: 'enabled',
    hypervisor_type: 'fake',
    hypervisor_version: 1000,
    host_ip: '127.0.0.1',
    service: { id: modern ? serviceId : 4, host: name, disabled_reason: null },
    ...(call.minor >= 88
      ? { uptime: null }
      : { ...capacity(call), cpu_info: call.minor >= 28 ? cpu : JSON.stringify(cpu) }),
  };
}

function capacity(call: NovaCall): Fields {
  const running = [...call.cloud.compute.servers.values()].filter((server) => server.host !== null);
  const sum = (read: (server: (typeof running)[number]) => number) =>
    running.reduce((total, server) => total + read(server), 0);
  // The host reserves 512 MiB for itself.
  const memory = 512 + sum((server) => server.flavor.ramMiB);
  const disk = sum((server) => server.flavor.diskGiB);
  return {
    vcpus: 1000,
    memory_mb: 800000,
    local_gb: 600000,
    vcpus_used: sum((server) => server.flavor.vcpus),
    memory_mb_used: memory,
    local_gb_used: disk,
    free_ram_mb: 800000 - memory,
    free_disk_gb: 600000 - disk,
    current_workload: 0,
    running_vms: running.length,
    disk_available_least: 0,
  };
}
