import { h } from './dom.ts';

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** In the browser's locale. */
export function moment(iso: string): string {
  return MOMENT.format(new Date(iso));
}

/** Relative to now; the exact time is its title. */
export function relativeTime(iso: string): HTMLTimeElement {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return h('time', { datetime: iso, title: moment(iso) }, AGO.format(Math.round(seconds / size), unit));
}
