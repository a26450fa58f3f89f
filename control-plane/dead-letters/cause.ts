const causeMax = 300;

/** What differs between messages that fail alike, most telling first. */
const variable: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>'],
  [/"(?:[^"\\]|\\.){0,500}"|'(?:[^'\\]|\\.){0,500}'|`[^`]{0,500}`/g, '<text>'],
  [/\b\d{4}-\d{2}-\d{2}([T ][\d:.]+Z?)?\b/g, '<time>'],
  [/\b[0-9a-f]{12,}\b/gi, '<id>'],
  [/\b(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[a-z_])[\w-]+\b/gi, '<id>'],
  [/\d+([.,:]\d+)*/g, '<number>'],
];

/** Frames of libraries and of the runtime say nothing of whose fault it was. */
const foreignFrame =
  /node_modules|node:internal|\bjava\.|\bjavax\.|\bsun\.|org\.springframework|\(<anonymous>\)/;

/**
 * Why messages failed, the same text for all that failed alike: the error's type and its first own frame, or without a
 * frame its type and message with ids, numbers, quoted texts and times taken out. `unknown` when nothing is said.
 */
export function causeOf(error: { type: string; message: string; stack: string }): string {
  const frame = ownFrame(error.stack);
  const what = frame ? `at ${frame}` : withoutVariables(firstLine(error.message));
  const type = error.type.trim();
  const cause = [type, what].filter((part) => part !== '').join(frame ? ' ' : ': ');
  return (cause || 'unknown').slice(0, causeMax);
}

/** Function of the first frame that is the consumer's own, without line numbers, which change with every release. */
function ownFrame(stack: string): string {
  const frames = stack
    .slice(0, 20_000)
    .split('\n')
    .filter((line) => /^\s*at\s/.test(line));
  const own = frames.find((line) => !foreignFrame.test(line)) ?? '';
  const frame = /^\s*at\s+(?:async\s+)?([^\s(]+)/.exec(own)?.[1] ?? '';
  return withoutVariables(frame.replace(/(:\d+)+\)?$/, ''));
}

function firstLine(text: string): string {
  return text.slice(0, 2000).split('\n', 1)[0]?.trim() ?? '';
}

function withoutVariables(text: string): string {
  return variable.reduce((known, [pattern, placeholder]) => known.replace(pattern, placeholder), text);
}
