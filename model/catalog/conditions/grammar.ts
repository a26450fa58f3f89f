/**
 * The language of conditions: what a result must be for a probe to pass.
 *
 *     condition  = and { "or" and }
 *     and        = not { "and" not }
 *     not        = "not" not | comparison
 *     comparison = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
 *     operand    = number [ unit ] | text | "true" | "false" | "null" | call | path | "(" condition ")"
 *     call       = "len" "(" operand ")" | "has" "(" operand "," operand ")" | "matches" "(" operand "," text ")"
 *     path       = name { "." name | "[" ( whole number | text ) "]" }
 *     text       = "'" … "'" | '"' … '"'      with \\ \' \" \n \t
 *     unit       = "ms" | "s" | "m" | "h" | "d" | "%" | "B" | "kB" | "MB" | "GB" | "KiB" | "MiB" | "GiB"
 *
 * A duration is counted in seconds, a size in bytes, and 5% is 0.05. A duration compares with a duration only.
 */
export type Literal = number | string | boolean | null;

export type Dimension = 'number' | 'duration' | 'size';

export const comparators = ['==', '!=', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof comparators)[number];

export const functions = ['len', 'has', 'matches'] as const;
export type FunctionName = (typeof functions)[number];

/** `at` is the column, from 1, where the expression begins; `end` is the column after its last character. */
interface Placed {
  readonly at: number;
  readonly end: number;
}

export interface LiteralNode extends Placed {
  readonly type: 'literal';
  readonly value: Literal;
  readonly dimension: Dimension;
}
export interface PathNode extends Placed {
  readonly type: 'path';
  readonly steps: readonly [string, ...(string | number)[]];
}
export interface CallNode extends Placed {
  readonly type: 'call';
  readonly name: FunctionName;
  readonly args: readonly Node[];
}
export interface CompareNode extends Placed {
  readonly type: 'compare';
  readonly comparator: Comparator;
  readonly left: Node;
  readonly right: Node;
}
export interface LogicNode extends Placed {
  readonly type: 'and' | 'or';
  readonly left: Node;
  readonly right: Node;
}
export interface NotNode extends Placed {
  readonly type: 'not';
  readonly operand: Node;
}
export type Node = LiteralNode | PathNode | CallNode | CompareNode | LogicNode | NotNode;

/** Seconds, bytes or parts of one that a unit stands for. */
export const units: Readonly<Record<string, { readonly factor: number; readonly dimension: Dimension }>> = {
  ms: { factor: 0.001, dimension: 'duration' },
  s: { factor: 1, dimension: 'duration' },
  m: { factor: 60, dimension: 'duration' },
  h: { factor: 3600, dimension: 'duration' },
  d: { factor: 86_400, dimension: 'duration' },
  '%': { factor: 0.01, dimension: 'number' },
  B: { factor: 1, dimension: 'size' },
  kB: { factor: 1000, dimension: 'size' },
  MB: { factor: 1e6, dimension: 'size' },
  GB: { factor: 1e9, dimension: 'size' },
  KiB: { factor: 1024, dimension: 'size' },
  MiB: { factor: 1024 ** 2, dimension: 'size' },
  GiB: { factor: 1024 ** 3, dimension: 'size' },
};

/** What is wrong with a condition, and the column (from 1) at which. */
export interface ConditionError {
  readonly column: number;
  readonly message: string;
}
