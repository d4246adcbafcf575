import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

interface Shown {
  readonly addresses: readonly { readonly address: string; readonly type: string }[];
}

const hasTwo = ({ addresses }: Shown) => addresses.filter(({ type }) => type === 'floating').length === 2;

/** Ports, groups and networks of an instance are reported and chosen by id, not by name or list order. */
export function reachabilityConformance(target: () => Target): void {
  describe('reachability', () => {
    let acme: ReduClient;
    const undo: (() => Promise<unknown>)[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
    });
    afterEach(async () => {
      for (const step of undo.splice(0).reverse()) await step();
    });

    const create = async (name: string, fields: object) => {
      const response = await acme.post('/v1/instances', {
        name,
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: target().acme.networkId,
        ...fields,
      });
      if (response.status === 202) undo.push(() => acme.remove(response.body.id));
      return response;
    };
    const boot = async (name: string, fields: object) => {
      const { status, body } = await create(name, fields);
      expect(status, JSON.stringify(body)).toBe(202);
      return acme.until(body.id, ({ state }) => state === 'active');
    };
    const group = async (name: string, opensSsh: boolean) => {
      const made = (await acme.post('/v1/security_groups', { name })).body;
      undo.push(() => acme.delete(`/v1/security_groups/${made.id}`));
      if (opensSsh) await acme.post(`/v1/security_groups/${made.id}/rules`, { protocol: 'tcp', port: 22 });
      return made.id as string;
    };
    const ownNetwork = async (name: string) => {
      const { openStack } = target().acme;
      const { id } = (await openStack.network('POST', '/networks', { network: { name } })).body.network;
      undo.push(() => openStack.network('DELETE', `/networks/${id}`));
      const subnet = { network_id: id, cidr: '10.99.0.0/24', ip_version: 4 };
      await openStack.network('POST', '/subnets', { subnet });
      return id as string;
    };
    const externalNetwork = async () =>
      (await acme.get('/v1/networks')).body.items.find(({ external }: { external: boolean }) => external)
        .id as string;
    const portsOf = async (id: string) =>
      (await target().acme.openStack.network('GET', `/ports?device_id=${id}`)).body.ports;
    const metadataOf = async (id: string) => (await acme.get(`/v1/instances/${id}`)).body.metadata;

    test('a group shared by another project affects neither lookups by name nor enableSSH', async () => {
      const { openStack } = target().globex;
      const { id } = await boot('conf-shared-group', {});
      const groups = (await openStack.network('GET', '/security-groups?name=default')).body.security_groups;
      const foreign = groups.find(
        ({ project_id }: { project_id: string }) => project_id === target().globex.projectId,
      ).id;
      const shared = await openStack.network('POST', '/rbac-policies', {
        rbac_policy: {
          object_type: 'security_group',
          object_id: foreign,
          action: 'access_as_shared',
          target_tenant: target().acme.projectId,
        },
      });
      expect(shared.status, JSON.stringify(shared.body)).toBe(201);
      undo.push(() => openStack.network('DELETE', `/rbac-policies/${shared.body.rbac_policy.id}`));
      const rule = await openStack.network('POST', '/security-group-rules', {
        security_group_rule: {
          security_group_id: foreign,
          direction: 'ingress',
          protocol: 'tcp',
          port_range_min: 22,
          port_range_max: 22,
        },
      });
      undo.push(() =>
        openStack.network('DELETE', `/security-group-rules/${rule.body.security_group_rule.id}`),
      );

      const named = await create('conf-own-default', { security_group_names: ['default'] });
      expect([named.status, named.body.metadata]).toEqual([202, { isPublic: 'false', enableSSH: 'false' }]);
      const [listed] = (await acme.get('/v1/instances')).body.filter((one: { id: string }) => one.id === id);
      expect(listed.metadata.enableSSH).toBe('false');
      const path = `/v1/security_groups/${foreign}`;
      for (const attempt of [
        () => acme.post(`${path}/rules`, { protocol: 'tcp', port: 80 }),
        () => acme.delete(`${path}/rules/${rule.body.security_group_rule.id}`),
        () => acme.patch(path, { description: 'mine' }),
        () => acme.delete(path),
      ]) {
        const { status, body } = await attempt();
        expect([status, body.error.code], 'a shared group is not to be changed').toEqual([403, 'forbidden']);
      }
    });

    test('a group shared by another project is attached, and admitted by a rule', async () => {
      const { openStack } = target().globex;
      const made = await openStack.network('POST', '/security-groups', {
        security_group: { name: 'conf-lent' },
      });
      const lent = made.body.security_group.id;
      undo.push(() => openStack.network('DELETE', `/security-groups/${lent}`));
      const attached = async (id: string) =>
        (await acme.put(`/v1/instances/${id}/security_groups/${lent}`)).status;
      const { id } = await boot('conf-lent', {});
      expect(await attached(id)).toBe(404);
      const own = await group('conf-borrower', false);
      const admit = () => acme.post(`/v1/security_groups/${own}/rules`, { source_group_id: lent });
      expect((await admit()).status).toBe(404);
      const policy = { object_type: 'security_group', object_id: lent, action: 'access_as_shared' };
      const shared = await openStack.network('POST', '/rbac-policies', {
        rbac_policy: { ...policy, target_tenant: target().acme.projectId },
      });
      undo.push(() => openStack.network('DELETE', `/rbac-policies/${shared.body.rbac_policy.id}`));
      expect(await attached(id)).toBe(204);
      const rule = await admit();
      expect([rule.status, rule.body.source_group_id]).toEqual([201, lent]);
      undo.push(() => acme.delete(`/v1/security_groups/${own}/rules/${rule.body.id}`));
      undo.push(() => acme.delete(`/v1/instances/${id}/security_groups/${lent}`));
    });

    test('with two groups of one name the port’s group decides, and PATCH opens port 22', async () => {
      const closed = await group('conf-dup', false);
      await group('conf-dup', true);
      const { id, metadata } = await boot('conf-dup', { security_group_names: [closed] });
      expect(metadata.enableSSH).toBe('false');
      const opened = await acme.patch(`/v1/instances/${id}`, { metadata: { enableSSH: true } });
      expect([opened.status, opened.body.metadata.enableSSH]).toEqual([200, 'true']);
      const [port] = await portsOf(id);
      expect(port.security_groups).toHaveLength(2);
      const ambiguous = await create('conf-dup-2', { security_group_names: ['conf-dup'] });
      expect([ambiguous.status, ambiguous.body.error.code]).toEqual([400, 'badRequest']);
    });

    test('isPublic uses the first network with an external gateway, on create and on PATCH', async () => {
      const isolated = await ownNetwork('conf-isolated');
      const networks = [isolated, target().acme.networkId];
      const made = await boot('conf-first-reached', {
        network_id: null,
        networks,
        metadata: { isPublic: true },
      });
      expect(made.metadata.isPublic).toBe('true');
      const later = await boot('conf-first-reached-2', { network_id: null, networks });
      const opened = await acme.patch(`/v1/instances/${later.id}`, { metadata: { isPublic: true } });
      expect([opened.status, opened.body.metadata?.isPublic]).toEqual([200, 'true']);
      const none = await create('conf-isolated', { network_id: isolated, metadata: { isPublic: true } });
      expect(none.status, 'no router').toBe(409);
      const { openStack } = target().acme;
      const left = (await openStack.network('GET', '/ports?name=conf-isolated')).body.ports;
      expect(left, 'left behind on the isolated network').toEqual([]);
    });

    test('floatingIp stays the one of isPublic when another is associated with another port', async () => {
      const { openStack, networkId } = target().acme;
      const { id, metadata } = await boot('conf-two-addresses', {
        network_id: null,
        networks: [networkId, networkId],
        metadata: { isPublic: true },
      });
      // The gateway's floating IP is on one port, the customer's on the other, in both arrangements.
      const { items } = (await acme.get('/v1/floating_ips')).body;
      const made = items.find(({ address }: { address: string }) => address === metadata.floatingIp);
      const other = (await portsOf(id)).find((port: { id: string }) => port.id !== made.port_id);
      const floatingip = { floating_network_id: await externalNetwork(), port_id: other.id };
      const second = (await openStack.network('POST', '/floatingips', { floatingip })).body.floatingip;
      undo.push(() => openStack.network('DELETE', `/floatingips/${second.id}`));
      const lead = (floatingIp: string, port_id: string | null) =>
        openStack.network('PUT', `/floatingips/${floatingIp}`, { floatingip: { port_id } });
      await acme.until(id, hasTwo);
      expect((await acme.get(`/v1/instances/${id}`)).body.metadata.floatingIp).toBe(metadata.floatingIp);
      await lead(second.id, null);
      await lead(made.id, other.id);
      await lead(second.id, made.port_id);
      const [first] = (await portsOf(id)).filter((port: { id: string }) => port.id === made.port_id);
      const isExchanged = ({ addresses }: Shown) => {
        const at = (wanted: string) => addresses.findIndex(({ address }) => address === wanted);
        return (
          hasTwo({ addresses }) && at(second.floating_ip_address) === at(first.fixed_ips[0].ip_address) + 1
        );
      };
      const shown = await acme.until(id, isExchanged);
      expect(shown.metadata.floatingIp).toBe(metadata.floatingIp);
      const closed = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: false } });
      expect([closed.status, closed.body.metadata]).toEqual([200, { isPublic: 'false', enableSSH: 'false' }]);
    });

    test('isPublic keeps the floating IP of an existing port', async () => {
      const { openStack, networkId } = target().acme;
      const { id } = (await openStack.network('POST', '/ports', { port: { network_id: networkId } })).body
        .port;
      undo.push(() => openStack.network('DELETE', `/ports/${id}`));
      const floatingip = { floating_network_id: await externalNetwork(), port_id: id };
      const own = (await openStack.network('POST', '/floatingips', { floatingip })).body.floatingip;
      undo.push(() => openStack.network('DELETE', `/floatingips/${own.id}`));
      const { status, body } = await create('conf-own-address', {
        network_id: null,
        networks: [{ port: id }],
        metadata: { isPublic: true },
      });
      expect([status, body.metadata?.floatingIp]).toEqual([202, own.floating_ip_address]);
      expect(await metadataOf(body.id)).toMatchObject({ floatingIp: own.floating_ip_address });
    });

    test('an instance on an external network stays public by its own address', async () => {
      const external = await externalNetwork();
      const { openStack } = target().acme;
      const before = (await openStack.network('GET', '/floatingips')).body.floatingips.length;
      const { id, metadata } = await boot('conf-provider', { network_id: external });
      expect(metadata).toEqual({
        isPublic: 'true',
        enableSSH: 'false',
        floatingIp: expect.stringMatching(/^203\.0\.113\./),
      });
      const again = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: true } });
      expect([again.status, again.body.metadata]).toEqual([200, metadata]);
      const refused = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: false } });
      expect([refused.status, refused.body.error.code]).toEqual([409, 'conflictingRequest']);
      expect(refused.body.error.message).toContain(external);
      const [listed] = (await acme.get('/v1/instances')).body.filter((one: { id: string }) => one.id === id);
      expect(listed.metadata).toEqual(metadata);
      const second = await create('conf-provider-2', { network_id: external, metadata: { isPublic: true } });
      expect([second.status, second.body.metadata?.floatingIp]).toEqual([
        202,
        expect.stringMatching(/^203\./),
      ]);
      const [port] = await portsOf((await acme.until(second.body.id, ({ state }) => state === 'active')).id);
      expect(port.fixed_ips[0].ip_address).toBe(second.body.metadata.floatingIp);
      expect((await openStack.network('GET', '/floatingips')).body.floatingips).toHaveLength(before);
    });
  });
}
