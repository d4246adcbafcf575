const WIDTH = 100;
const GAP = '  ';
/** A column that is cut still shows so many characters. */
const MIN_WIDTH = 8;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

type Row = Readonly<Record<string, unknown>>;

/** A line for each field. */
export function fields(shown: object): string {
  const width = Math.max(...Object.keys(shown).map((field) => field.length));
  return Object.entries(shown)
    .map(([field, value]) => `${field.padEnd(width)}${GAP}${cell(value)}`)
    .join('\n');
}

/**
 * A header and a line for each row, in at most 100 columns.
 *
 * @param shrinkable The columns that are cut where they are too wide, the widest first.
 */
export function table(
  rows: readonly Row[],
  columns: readonly string[],
  shrinkable: readonly string[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  while (total() > WIDTH) {
    const [widest] = columns
      .map((column, index) => ({ column, index, width: widths[index] ?? 0 }))
      .filter(({ column, width }) => shrinkable.includes(column) && width > MIN_WIDTH)
      .sort((a, b) => b.width - a.width);
    if (widest === undefined) break;
    widths[widest.index] = widest.width - 1;
  }
  return lines
    .map((line) =>
      line
        .map((text, index) => fitted(text, widths[index] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

function cell(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return '-';
  // A control character would move the cursor of the terminal.
  return String(Array.isArray(value) ? value.join(',') : value).replaceAll(/\p{C}/gu, '?');
}
