import { h, svg } from './dom.ts';

const WIDTH = 240;
const BAR_HEIGHT = 8;
const LINE_HEIGHT = 56;

/** An image with a text alternative. */
function chart(className: string, height: number, label: string, ...shapes: readonly SVGElement[]) {
  const viewBox = `0 0 ${WIDTH} ${height}`;
  const props = { class: className, viewBox, preserveAspectRatio: 'none', role: 'img', 'aria-label': label };
  return svg('svg', props, ...shapes);
}

/** null: not reported by the cloud, or unlimited. */
export function usageBar(label: string, used: number | null, limit: number | null, unit = ''): HTMLElement {
  const share = limit === null || used === null ? 0 : limit === 0 ? 1 : Math.min(1, used / limit);
  const most = limit === null ? 'no limit' : limit.toLocaleString();
  const words = used === null ? 'unknown' : `${used.toLocaleString()} of ${most}${unit}`;
  const tone = share >= 0.9 ? 'bad' : share >= 0.7 ? 'busy' : 'good';
  const bar = chart(
    `bar ${tone}`,
    BAR_HEIGHT,
    `${label}: ${words}, ${Math.round(share * 100)} percent`,
    svg('rect', { class: 'track', width: WIDTH, height: BAR_HEIGHT }),
    svg('rect', { class: 'fill', width: Math.round(share * WIDTH), height: BAR_HEIGHT }),
  );
  return h('div.usage', h('h3', label), h('p', words), bar);
}

export function line(values: readonly number[], top: number, label: string): SVGElement {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : WIDTH;
  const points = values.map((value, at) => {
    const y = LINE_HEIGHT - 2 - (Math.min(value, top) / Math.max(top, 1)) * (LINE_HEIGHT - 4);
    return `${(at * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const [first = ''] = points;
  const drawn = points.length === 1 ? `${first} ${WIDTH},${first.split(',')[1]}` : points.join(' ');
  const ground = `0,${LINE_HEIGHT} ${drawn} ${WIDTH},${LINE_HEIGHT}`;
  const shapes = [svg('polygon', { class: 'ground', points: ground }), svg('polyline', { points: drawn })];
  return chart('line', LINE_HEIGHT, label, ...shapes);
}
