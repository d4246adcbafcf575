import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function securityGroupConformance(target: () => Target): void {
  describe('security groups', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test('create a group, add and remove rules, delete it', async () => {
      const created = await acme.post('/v1/security_groups', { name: 'conf-web', description: 'web' });
      expect(created.status).toBe(201);
      const { id } = created.body;
      expect(created.body).toMatchObject({ name: 'conf-web', description: 'web' });
      expect(created.body.rules.every(({ direction }: { direction: string }) => direction === 'egress')).toBe(
        true,
      );

      const families = created.body.rules.map(({ ethertype }: { ethertype: string }) => ethertype);
      expect(families.toSorted()).toEqual(['IPv4', 'IPv6']);

      const rule = await acme.post(`/v1/security_groups/${id}/rules`, {
        direction: 'ingress',
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
      });
      expect(rule.status).toBe(201);
      expect(rule.body).toEqual({
        id: expect.any(String),
        direction: 'ingress',
        ethertype: 'IPv4',
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
        source_group_id: null,
        description: '',
      });
      const same = await acme.post(`/v1/security_groups/${id}/rules`, {
        protocol: 'tcp',
        port: '8000-8080',
        cidr: '198.51.100.0/24',
      });
      expect([same.status, same.body.error.code]).toEqual([409, 'conflictingRequest']);
      expect((await acme.get(`/v1/security_groups/${id}`)).body.rules).toContainEqual(rule.body);

      const inAnother = (await acme.get('/v1/security_groups')).body.items.find(
        ({ name }: { name: string }) => name === 'default',
      );
      const wrongGroup = await acme.delete(`/v1/security_groups/${inAnother.id}/rules/${rule.body.id}`);
      expect(wrongGroup.status).toBe(404);
      expect((await acme.delete(`/v1/security_groups/${id}/rules/${rule.body.id}`)).status).toBe(204);
      expect((await acme.delete(`/v1/security_groups/${id}`)).status).toBe(204);
      expect((await acme.get(`/v1/security_groups/${id}`)).status).toBe(404);
    });

    test('PATCH changes name and description, but not the name of the default group', async () => {
      const { id } = (await acme.post('/v1/security_groups', { name: 'conf-before', description: 'old' }))
        .body;
      const path = `/v1/security_groups/${id}`;
      const renamed = await acme.patch(path, { name: 'conf-after' });
      expect([renamed.status, renamed.body]).toMatchObject([
        200,
        { id, name: 'conf-after', description: 'old' },
      ]);
      expect(renamed.body.rules).toHaveLength(2);
      const described = await acme.patch(path, { description: 'new' });
      expect(described.body).toMatchObject({ name: 'conf-after', description: 'new' });
      expect((await acme.get(path)).body).toEqual(described.body);
      expect((await acme.patch(path, { name: 'default' })).status).toBe(409);
      await acme.delete(path);
      expect((await acme.patch(path, { name: 'gone' })).status).toBe(404);

      const { items } = (await acme.get('/v1/security_groups')).body;
      const usual = items.find(({ name }: { name: string }) => name === 'default');
      expect((await acme.patch(`/v1/security_groups/${usual.id}`, { name: 'conf-usual' })).status).toBe(409);
    });

    test('a rule admits the members of a group, over either address family, and shows that group', async () => {
      const make = async (name: string) => (await acme.post('/v1/security_groups', { name })).body.id;
      const [web, database] = [await make('conf-web'), await make('conf-database')];
      const rules = `/v1/security_groups/${database}/rules`;
      const rule = { protocol: 'tcp', port: 5432, source_group_id: web, description: 'from the web servers' };
      const four = await acme.post(rules, rule);
      expect([four.status, four.body]).toEqual([
        201,
        {
          ...rule,
          id: expect.any(String),
          direction: 'ingress',
          ethertype: 'IPv4',
          cidr: null,
        },
      ]);
      const six = await acme.post(rules, { ...rule, ethertype: 'IPv6' });
      expect(six.body).toEqual({ ...four.body, id: expect.any(String), ethertype: 'IPv6' });
      expect((await acme.post(rules, rule)).status).toBe(409);
      expect((await acme.get(`/v1/security_groups/${database}`)).body.rules).toEqual(
        expect.arrayContaining([four.body, six.body]),
      );
      const legacy = (await acme.get('/cloud/v1/network/security_groups/list')).body.find(
        (group: { id: string }) => group.id === database,
      );
      const shown = legacy.security_group_rules.find(({ id }: { id: string }) => id === four.body.id);
      expect(shown).toMatchObject({ remote_group_id: web, remote_ip_prefix: null });
      const nobodys = { source_group_id: '3c9c5f5c-4acd-414a-aafc-3eab36ea1101' };
      const missing = await acme.post(rules, nobodys);
      expect([missing.status, missing.body.error.message]).toEqual([
        404,
        expect.stringContaining(nobodys.source_group_id),
      ]);
      for (const id of [database, web]) await acme.delete(`/v1/security_groups/${id}`);
    });

    test.each(['esp', '112', 'igmp', 'icmpv6', 'sctp', null])(
      'a rule of the protocol %s',
      async (protocol) => {
        const { id } = (await acme.post('/v1/security_groups', { name: 'conf-protocols' })).body;
        const rule = await acme.post(`/v1/security_groups/${id}/rules`, { protocol, cidr: null });
        expect(rule.status, JSON.stringify(rule.body)).toBe(201);
        // Neutron stores the older names of a protocol as its current one.
        expect(rule.body.protocol).toBe(protocol === 'icmpv6' ? 'ipv6-icmp' : protocol);
        expect(rule.body.ethertype).toBe(protocol === 'icmpv6' ? 'IPv6' : 'IPv4');
        await acme.delete(`/v1/security_groups/${id}`);
      },
    );

    test('the default group cannot be deleted', async () => {
      const { items } = (await acme.get('/v1/security_groups')).body;
      const { id } = items.find(({ name }: { name: string }) => name === 'default');
      const { status, body } = await acme.delete(`/v1/security_groups/${id}`);
      expect([status, body.error.code]).toEqual([409, 'conflictingRequest']);
    });

    test('a group is attached to a running instance and detached again', async () => {
      const { id: group } = (await acme.post('/v1/security_groups', { name: 'conf-attached' })).body;
      await acme.post(`/v1/security_groups/${group}/rules`, { protocol: 'tcp', port: 22 });
      const instance = await acme.boot({ name: 'conf-attach', flavor_id: 'm1.tiny', image_id: IMAGE });
      const path = `/v1/instances/${instance.id}/security_groups/${group}`;
      const seen = async () => {
        const { body } = await acme.get(`/v1/instances/${instance.id}`);
        return [body.security_group_names.toSorted(), body.metadata.enableSSH];
      };
      expect(await seen()).toEqual([['default'], 'false']);
      expect((await acme.delete(path)).status).toBe(404);
      for (const _again of [1, 2]) expect((await acme.put(path)).status).toBe(204);
      expect(await seen()).toEqual([['conf-attached', 'default'], 'true']);
      const listed = (await acme.get('/v1/instances')).body.find(
        ({ id }: { id: string }) => id === instance.id,
      );
      expect(listed.metadata.enableSSH).toBe('true');
      expect((await acme.delete(`/v1/security_groups/${group}`)).status).toBe(409);

      await acme.act(instance.id, 'lock');
      expect((await acme.delete(path)).body.error).toMatchObject({
        code: 'conflictingRequest',
        message: expect.stringContaining('unlock'),
      });
      await acme.act(instance.id, 'unlock');
      expect((await acme.delete(path)).status).toBe(204);
      expect(await seen()).toEqual([['default'], 'false']);
      const missing = await acme.put(`/v1/instances/${instance.id}/security_groups/${instance.id}`);
      expect([missing.status, missing.body.error.message]).toEqual([
        404,
        expect.stringContaining(instance.id),
      ]);
      await acme.remove(instance.id);
      expect((await acme.put(path)).status).toBe(404);
      expect((await acme.delete(`/v1/security_groups/${group}`)).status).toBe(204);
    });

    test('an instance has the named groups, and port 22 in one of them counts as SSH', async () => {
      const { id } = (await acme.post('/v1/security_groups', { name: 'conf-office' })).body;
      await acme.post(`/v1/security_groups/${id}/rules`, {
        protocol: 'tcp',
        port: 22,
        cidr: '198.51.100.0/24',
      });
      const instance = await acme.boot({
        name: 'conf-grouped',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        security_group_names: ['conf-office'],
      });
      expect(instance.security_group_names).toEqual(['conf-office']);
      expect(instance.metadata.enableSSH).toBe('true');
      const inUse = await acme.delete(`/v1/security_groups/${id}`);
      expect([inUse.status, inUse.body.error.code]).toEqual([409, 'conflictingRequest']);
      await acme.remove(instance.id);
      expect((await acme.delete(`/v1/security_groups/${id}`)).status).toBe(204);
    });
  });
}
