/** A table as Markdown, so that it can be put into a page as it is. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

/** With so many digits after the point; a dash for what was not measured. */
export function figure(value: number, digits = 0): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** Whether a measured value meets its expectation. */
export function expectation(text: string, value: number, isMet: boolean, digits = 2): string {
  if (!Number.isFinite(value)) return `not measured: ${text}`;
  return `${isMet ? 'met' : 'MISSED'}: ${text}: ${figure(value, digits)}`;
}
