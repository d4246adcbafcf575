import { print } from './output.ts';
import {
  COMMAND_NAMES,
  GLOBAL_OPTIONS,
  type Invocation,
  type Operand,
  type Option,
  SHELLS,
  specificationOf,
} from './specification.ts';
import { UsageError } from './usage-error.ts';

interface Word {
  readonly text: string;
  readonly description: string;
}

/** A point in the command line from which words are suggested. */
interface Position {
  /** The words of the command so far: empty, a group such as `keys`, or a command. */
  readonly words: string;
  /** Further words of the command, and values of its operand. */
  readonly next: readonly Word[];
  readonly takesFile: boolean;
  readonly options: Readonly<Record<string, Option>>;
}

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = { bash, zsh, fish };

export function run({ operands: [name] }: Invocation<'completion'>): void {
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined) throw new UsageError(`completion needs one of ${SHELLS.join(', ')}`);
  print(SCRIPTS[shell]());
}

const GROUPS = [...new Set(COMMAND_NAMES.map((name) => name.split(' ').slice(0, -1).join(' ')))];

const POSITIONS: readonly Position[] = [
  ...GROUPS.map((words) => ({ words, next: wordsAfter(words), takesFile: false, options: GLOBAL_OPTIONS })),
  ...COMMAND_NAMES.map((words) => {
    const { options = {}, operands = [] } = specificationOf(words);
    return {
      words,
      next: words === 'help' ? wordsAfter('') : operands.flatMap(choicesOf),
      takesFile: operands.some(({ isFile }) => isFile === true),
      options: { ...options, ...GLOBAL_OPTIONS },
    };
  }),
  ...GROUPS.filter((words) => words !== '').map((words) => ({
    words: `help ${words}`,
    next: wordsAfter(words),
    takesFile: false,
    options: GLOBAL_OPTIONS,
  })),
];

/** A name has the same meaning in every command. */
const VALUE_OPTIONS = Object.entries(
  Object.assign({}, ...POSITIONS.map(({ options }) => options)) as Readonly<Record<string, Option>>,
).filter(([, { value }]) => value !== undefined);

function wordsAfter(words: string): Word[] {
  const prefix = words === '' ? '' : `${words} `;
  const found = new Map<string, string>();
  for (const name of COMMAND_NAMES.filter((one) => one.startsWith(prefix))) {
    const [text = '', further] = name.slice(prefix.length).split(' ');
    found.set(text, further === undefined ? specificationOf(name).summary : `commands for ${text}`);
  }
  return [...found].map(([text, description]) => ({ text, description }));
}

function choicesOf({ choices = [], text }: Operand): Word[] {
  return choices.map((choice) => ({ text: choice, description: text }));
}

function optionWords(options: Readonly<Record<string, Option>>): Word[] {
  return Object.entries(options).map(([name, { text }]) => ({ text: `--${name}`, description: text }));
}

/** In `position`, bash and zsh alike. @param given The words before the current one. */
function findPosition(given: string): string {
  const leads = (isFirst: boolean) =>
    POSITIONS.filter(({ words }) => words !== '' && words.includes(' ') !== isFirst)
      .map(({ words }) => `"${isFirst ? ' ' : ''}${words}"`)
      .join(' | ');
  return `  local position="" word
  for word in ${given}; do
    case "$position $word" in
      ${leads(true)}) position=$word ;;
      ${leads(false)}) position="$position $word" ;;
    esac
  done`;
}

/** Cases of the option before the current word, which takes a value. */
function valueCases(files: string, choices: (words: readonly string[]) => string): string {
  const cases = VALUE_OPTIONS.map(([name, { isFile, choices: words }]) => {
    const action = isFile === true ? files : words === undefined ? ':' : choices(words);
    return `    --${name}) ${action}; return ;;`;
  });
  return cases.join('\n');
}

function bash(): string {
  const suggest = (words: readonly string[]) =>
    `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;
  const files = 'COMPREPLY=($(compgen -f -- "$current"))';
  const cases = POSITIONS.map(({ words, next, takesFile, options }) => {
    const all = [...next, ...optionWords(options)].map(({ text }) => text);
    const further = takesFile ? '; COMPREPLY+=($(compgen -f -- "$current"))' : '';
    return `    "${words}") ${suggest(all)}${further} ;;`;
  });
  return `# eval "$(linguanova completion bash)"
_linguanova() {
  local current=\${COMP_WORDS[COMP_CWORD]}
${findPosition(`"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${valueCases(files, suggest)}
  esac
  case "$position" in
${cases.join('\n')}
  esac
}
complete -F _linguanova linguanova`;
}

function zsh(): string {
  const cases = POSITIONS.map(({ words, next, takesFile, options }) => {
    const all = [...next, ...optionWords(options)];
    const described = all.map(({ text, description }) => quoted(`${text}:${description}`));
    return `    "${words}") suggestions=(${described.join(' ')})${takesFile ? '; _files' : ''} ;;`;
  });
  return `#compdef linguanova
# eval "$(linguanova completion zsh)"
_linguanova() {
  local -a suggestions
${findPosition(`"\${(@)words[2,CURRENT-1]}"`)}
  case "\${words[CURRENT-1]}" in
${valueCases('_files', (words) => `compadd ${words.join(' ')}`)}
  esac
  case "$position" in
${cases.join('\n')}
  esac
  _describe 'linguanova' suggestions
}
compdef _linguanova linguanova`;
}

function fish(): string {
  const leads = (isFirst: boolean) =>
    POSITIONS.filter(({ words }) => words !== '' && words.includes(' ') !== isFirst)
      .map(({ words }) => `"${isFirst ? ' ' : ''}${words}"`)
      .join(' ');
  const lines = POSITIONS.flatMap(({ words, next, takesFile, options }) => {
    const line = (rest: string) =>
      `complete -c linguanova -n "test (__linguanova_position) = '${words}'" ${rest}`;
    return [
      ...next.map(({ text, description }) => line(`-a ${text} -d ${quoted(description)}`)),
      ...Object.entries(options).map(([name, option]) => line(fishOption(name, option))),
      ...(takesFile ? [line('-F')] : []),
    ];
  });
  return `# linguanova completion fish > ~/.config/fish/completions/linguanova.fish
function __linguanova_position
  set -l position ''
  for word in (commandline -opc)[2..]
    switch "$position $word"
      case ${leads(true)}
        set position $word
      case ${leads(false)}
        set position "$position $word"
    end
  end
  echo $position
end
complete -c linguanova -f
${lines.join('\n')}`;
}

function fishOption(name: string, { value, short, isFile, choices, text }: Option): string {
  const values =
    isFile === true ? '-r -F' : choices === undefined ? '-x' : `-x -a ${quoted(choices.join(' '))}`;
  return [
    `-l ${name}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    ...(value === undefined ? [] : [values]),
    `-d ${quoted(text)}`,
  ].join(' ');
}

/** As one word of a shell, which must not contain a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
