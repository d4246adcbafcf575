import { client } from './api.ts';
import { line, usageBar } from './charts.ts';
import { h } from './dom.ts';
import { card, stack } from './elements.ts';
import { limitReadings, watchLimit } from './rate-limit.ts';
import type { CustomerContext, View } from './view.ts';

export const usageView: View<CustomerContext> = {
  name: 'usage',
  title: 'Usage and limits',
  async show({ session, signal }) {
    const quotas = await client.quotas({ signal });
    const requests = stack();
    const show = () => requests.replaceChildren(...limitContent(session.key.plan));
    show();
    watchLimit(show, signal);
    const bars = QUOTAS.map(([name, label, unit]) =>
      usageBar(label, quotas[name].used, quotas[name].limit, unit),
    );
    return stack(card('Requests', requests), card('Project', h('div.grid', ...bars)));
  },
};

const QUOTAS = [
  ['instances', 'Instances', ''],
  ['cores', 'Cores', ''],
  ['ram_mb', 'Memory', ' MB'],
  ['floating_ips', 'Public addresses', ''],
  ['security_groups', 'Security groups', ''],
  ['key_pairs', 'Key pairs', ''],
  ['networks', 'Networks', ''],
  ['ports', 'Ports', ''],
  ['server_groups', 'Server groups', ''],
] as const;

function limitContent(plan: string): Node[] {
  const readings = limitReadings();
  const last = readings.at(-1);
  if (last === undefined) return [h('p', 'Rate limiting is off.')];
  const { limit, remaining, reset } = last;
  const used = readings.map((reading) => reading.limit - reading.remaining);
  const words = `Points used over the last ${used.length} responses: from ${used[0]} to ${used.at(-1)} of ${limit}`;
  const state = `Plan “${plan}”. The window ends in ${reset} s, then all ${limit.toLocaleString()} points are available again.`;
  return [
    h('p.hint', state),
    usageBar('Points used', limit - remaining, limit),
    h('figure', line(used, Math.max(...used, 1), words), h('figcaption.hint', words)),
  ];
}
