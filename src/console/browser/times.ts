const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** In the browser's locale. */
export function moment(iso: string | null, none = 'never'): string {
  return iso === null ? none : MOMENT.format(new Date(iso));
}

/** Relative to now. */
export function fromNow(iso: string | null, none = 'never'): string {
  if (iso === null) return none;
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return AGO.format(Math.round(seconds / size), unit);
}
