import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';

/** Longest id that a pattern is tried on. */
export const idLengthMax = 200;

/** Upper bound on the ways in which a backtracking engine may try to match one id. */
const waysMax = 200_000;
/** RE2, the engine of ClickHouse, refuses larger counts. */
const countMax = 1000;

export type IdPatternVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Accepts patterns that mean the same to JavaScript and to RE2 (the engine of ClickHouse) and that no text can
 * make slow: the number of ways to match is bounded by counting, not by trying.
 */
export function checkPattern(pattern: string): IdPatternVerdict {
  let tree: AST.Pattern;
  try {
    tree = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(pattern, 0, pattern.length, {
      unicode: true,
    });
  } catch (error) {
    const why =
      error instanceof Error ? error.message.replace(/^Invalid regular expression: .*?: /, '') : 'unreadable';
    return { ok: false, reason: `is not a regular expression: ${why}` };
  }
  const foreign = firstForeign(tree, pattern);
  if (foreign !== undefined) return { ok: false, reason: foreign };
  if (waysOfAlternatives(tree.alternatives) > waysMax) {
    const advice =
      'bound its repeats, as in \\d{1,12}, and repeat no group that itself repeats or offers a choice';
    return { ok: false, reason: `could take very long on some texts; ${advice}` };
  }
  return { ok: true };
}

/** The pattern of a whole id, as a RegExp. Only for patterns that `checkPattern` accepts. */
export function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}

function firstForeign(tree: AST.Pattern, pattern: string): string | undefined {
  let reason: string | undefined;
  const refuse = (node: AST.Node, why: string): void => {
    reason ??= `${why} ("${node.raw}" at character ${node.start + 1})`;
  };
  visitRegExpAST(tree, {
    onAssertionEnter: (node) => {
      if (node.kind === 'lookahead' || node.kind === 'lookbehind')
        refuse(node, 'looks around, which ClickHouse cannot');
    },
    onBackreferenceEnter: (node) => refuse(node, 'refers back to a group, which ClickHouse cannot'),
    onCapturingGroupEnter: (node) => {
      if (node.name !== null) refuse(node, 'names a group; use (?:…)');
    },
    onGroupEnter: (node) => {
      if (node.modifiers !== null) refuse(node, 'changes flags inside; write both cases out, as in [Aa]');
    },
    onQuantifierEnter: (node) => {
      const largest = Number.isFinite(node.max) ? node.max : node.min;
      if (largest > countMax) refuse(node, `repeats more than ${countMax} times`);
    },
    onCharacterClassEnter: (node) => {
      if (node.elements.length === 0) refuse(node, 'has an empty class');
      if (node.raw.includes('[:')) refuse(node, 'has a POSIX class; use \\d, \\w or ranges');
    },
    onCharacterSetEnter: (node) => {
      if (node.kind !== 'property') return;
      if (!/^\\p\{(L|Lu|Ll|N|Nd)\}$/i.test(node.raw))
        refuse(node, 'use \\p{L}, \\p{Lu}, \\p{Ll}, \\p{N} or \\p{Nd}');
    },
    onCharacterEnter: (node) => {
      if (/^\\[0-9a-zA-Z]/.test(node.raw) && !/^\\[tnr]$/.test(node.raw)) {
        refuse(node, 'writes a character as an escape; write the character itself');
      }
    },
  });
  if (reason === undefined && pattern === '') return 'is empty; leave it out instead';
  return reason;
}

function waysOfAlternatives(alternatives: readonly AST.Alternative[]): number {
  return alternatives.reduce((sum, { elements }) => sum + waysOfSequence(elements), 0);
}

function waysOfSequence(elements: readonly AST.Element[]): number {
  return elements.reduce((product, element) => product * waysOf(element), 1);
}

function waysOf(element: AST.Element): number {
  if (element.type === 'Group' || element.type === 'CapturingGroup')
    return waysOfAlternatives(element.alternatives);
  if (element.type !== 'Quantifier') return 1;
  const inner = waysOf(element.element);
  const max = Math.min(element.max, idLengthMax);
  if (inner <= 1) return Math.max(max - element.min, 0) + 1;
  // Each repeat multiplies the choices of the one before: an unbounded repeat of a choice has no bound at all.
  let ways = 0;
  for (let count = element.min; count <= max && ways <= waysMax; count += 1) ways += inner ** count;
  return ways;
}
