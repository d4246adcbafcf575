/**
 * Finds the regular expressions of source files, and whether one takes more than linear time for some text.
 *
 * @module
 */

/** A literal stands where an expression begins: after an operator, an opening bracket, a comma or a line break. */
const LITERAL =
  /(?<=(?:[(=,:?&|[!>;{}]|\breturn|\n)\s*)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)(?=\s*(?:[.,;)\]:?}]|\n|$))/g;
const COMMENT = /^\s*(?:\/\/|\/?\*)/;

/** The regular expressions that a source file writes as literals. */
export function literalsIn(source: string): RegExp[] {
  const code = source
    .split('\n')
    .map((line) => (COMMENT.test(line) ? '' : line))
    .join('\n');
  return [...code.matchAll(LITERAL)].map(([, pattern = '', flags = '']) => new RegExp(pattern, flags));
}

/** In characters. The short ones end the search before an expression of cubic or exponential time takes minutes. */
const LENGTHS = [24, 96, 400, 1_600, 20_000];
/** CPU time in ms below which no ratio is measured: 20,000 linear steps take a twentieth of it. */
const NEGLIGIBLE_MS = 4;
/** Four times the text takes 4 times as long in linear time, 16 times in quadratic. */
const RATIO = 8;
const ATTEMPTS = 3;

/** A text for which `expression` takes more than linear time; null: none of those that its parts suggest. */
export function superlinearText(expression: RegExp): string | null {
  for (const { before, repeated, after } of attacks(expression)) {
    const text = (length: number) => before + repeated.repeat(length / repeated.length) + after;
    // CPU time, and each of several attempts: other programs run on this machine.
    const isSuperlinear = (length: number) => {
      const whole = cpuMs(expression, text(length));
      return whole > NEGLIGIBLE_MS && whole > RATIO * cpuMs(expression, text(length / 4));
    };
    const isAlwaysSuperlinear = (length: number) => {
      let attempt = 0;
      while (attempt < ATTEMPTS && isSuperlinear(length)) attempt++;
      return attempt === ATTEMPTS;
    };
    if (LENGTHS.some(isAlwaysSuperlinear))
      return `${JSON.stringify(before)} ${JSON.stringify(repeated)}... ${JSON.stringify(after)}`;
  }
  return null;
}

interface Attack {
  readonly before: string;
  readonly repeated: string;
  readonly after: string;
}

const USUAL = ['a', '0', ' ', '/', '.', ',', '-', '"', ':', '%', '<', '=', 'é'];
const ENDS = ['\u0000', '\nx'];

/** What its own characters make: each alone and each two together, many times over, behind its literal beginning or not. */
function* attacks({ source }: RegExp): Generator<Attack> {
  const plain = source
    .replaceAll(/\\[dw]/g, 'a0')
    .replaceAll(/\\s/g, ' ')
    .replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\[pPbBu](?:\{\w+\})?/g, '')
    .replaceAll(/\\(.)/g, '$1');
  const escaped = [...source.matchAll(/\\([^\w])/g)].map(([, character = '']) => character).join('');
  const own = [...new Set(escaped + plain.replaceAll(/[()[\]{}?*+^$|]/g, ''))].slice(0, 8);
  const singles = [...new Set([...own, ...USUAL])];
  const pairs = own.flatMap((one) => own.filter((other) => other !== one).map((other) => one + other));
  const [beginning = ''] = /^\^?((?:\\[/.]|[\w/ -])+)/.exec(source)?.slice(1) ?? [];
  const befores = [...new Set(['', beginning.replaceAll('\\', '')])];
  for (const repeated of [...singles, ...pairs]) {
    for (const before of befores) for (const after of ENDS) yield { before, repeated, after };
  }
}

function cpuMs(expression: RegExp, text: string): number {
  const begun = process.cpuUsage();
  // As `replaceAll` and `split` do, which go on behind each match.
  text.replaceAll(new RegExp(expression.source, `${expression.flags.replaceAll(/[gy]/g, '')}g`), '');
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
