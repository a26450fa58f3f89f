import {
  comparators,
  type Comparator,
  type ConditionError,
  type FunctionName,
  functions,
  type Node,
} from './grammar.ts';
import { type Token, tokenize } from './tokens.ts';

export type ParsedCondition =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly error: ConditionError };

const depthMax = 40;
const stepsMax = 20;

/** Thrown inside the parser only; `parseCondition` turns it into a value. */
class Refused extends Error {
  readonly column: number;
  constructor(column: number, message: string) {
    super(message);
    this.column = column;
  }
}

/** Reads a condition by the grammar of `grammar.ts`, or says at which column it stops making sense. */
export function parseCondition(source: string): ParsedCondition {
  const split = tokenize(source);
  if (!split.ok) return split;
  try {
    const parser = new Parser(split.tokens);
    return { ok: true, root: parser.whole() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, error: { column: error.column, message: error.message } };
  }
}

/** Recursive descent, one method a rule of the grammar. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    if (this.#peek().type === 'end')
      throw new Refused(1, 'is empty; write a condition such as status == 200');
    const root = this.#or();
    const rest = this.#peek();
    if (rest.type !== 'end') {
      throw new Refused(rest.at, `${show(rest)} is not expected here; join conditions with and or or`);
    }
    return root;
  }

  #or(): Node {
    let left = this.#and();
    while (this.#takeWord('or')) {
      const right = this.#and();
      left = { type: 'or', left, right, at: left.at, end: right.end };
    }
    return left;
  }

  #and(): Node {
    let left = this.#not();
    while (this.#takeWord('and')) {
      const right = this.#not();
      left = { type: 'and', left, right, at: left.at, end: right.end };
    }
    return left;
  }

  #not(): Node {
    const { at } = this.#peek();
    if (!this.#takeWord('not')) return this.#comparison();
    const operand = this.#nested(() => this.#not());
    return { type: 'not', operand, at, end: operand.end };
  }

  #comparison(): Node {
    const left = this.#operand();
    const comparator = this.#takeComparator();
    if (comparator === undefined) return left;
    const right = this.#operand();
    const again = this.#peek();
    if (again.type === 'sign' && isComparator(again.value)) {
      throw new Refused(again.at, 'compare two values at a time; join comparisons with and');
    }
    return { type: 'compare', comparator, left, right, at: left.at, end: right.end };
  }

  #operand(): Node {
    const token = this.#take();
    if (token.type === 'number') return { ...token, type: 'literal' };
    if (token.type === 'text') return { ...token, type: 'literal', dimension: 'number' };
    if (token.type === 'name') return this.#named(token);
    if (token.type === 'sign' && token.value === '(') {
      const inner = this.#nested(() => this.#or());
      return { ...inner, at: token.at, end: this.#expect(')').end };
    }
    throw new Refused(token.at, `${show(token)} is not expected here; write a value or a path`);
  }

  #named(token: Token & { type: 'name' }): Node {
    const constants = new Map<string, boolean | null>([
      ['true', true],
      ['false', false],
      ['null', null],
    ]);
    const constant = constants.get(token.value);
    if (constant !== undefined) {
      return { type: 'literal', value: constant, dimension: 'number', at: token.at, end: token.end };
    }
    if (['and', 'or', 'not'].includes(token.value)) {
      throw new Refused(token.at, `a value is missing before "${token.value}"`);
    }
    const following = this.#peek();
    if (following.type === 'sign' && following.value === '(') return this.#call(token);
    return this.#path(token);
  }

  #call({ value, at }: Token & { type: 'name' }): Node {
    const name = functions.find((known) => known === value);
    if (name === undefined) {
      throw new Refused(at, `unknown function "${value}"; write one of ${functions.join(', ')}`);
    }
    this.#expect('(');
    const args = [this.#nested(() => this.#or())];
    while (this.#takeSign(',')) args.push(this.#nested(() => this.#or()));
    const { end } = this.#expect(')');
    const wanted = argumentsOf(name);
    if (args.length !== wanted) {
      throw new Refused(
        at,
        `${name} takes ${wanted} ${wanted === 1 ? 'value' : 'values'}, not ${args.length}`,
      );
    }
    return { type: 'call', name, args, at, end };
  }

  #path(first: Token & { type: 'name' }): Node {
    const steps: [string, ...(string | number)[]] = [first.value];
    let { end } = first;
    for (;;) {
      if (steps.length > stepsMax) throw new Refused(first.at, `a path has at most ${stepsMax} steps`);
      if (this.#takeSign('.')) {
        const step = this.#take();
        if (step.type !== 'name')
          throw new Refused(step.at, 'write a name after the dot, or ["…"] in its place');
        steps.push(step.value);
        end = step.end;
      } else if (this.#takeSign('[')) {
        steps.push(this.#index());
        end = this.#expect(']').end;
      } else {
        return { type: 'path', steps, at: first.at, end };
      }
    }
  }

  #index(): string | number {
    const token = this.#take();
    if (token.type === 'text') return token.value;
    const isIndex =
      token.type === 'number' &&
      token.dimension === 'number' &&
      Number.isInteger(token.value) &&
      token.value >= 0;
    if (isIndex) return token.value;
    throw new Refused(token.at, 'write a whole number from 0, or a text in quotes');
  }

  #nested<Result>(read: () => Result): Result {
    this.#depth += 1;
    if (this.#depth > depthMax)
      throw new Refused(this.#peek().at, `nested deeper than ${depthMax}; simplify it`);
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('The list of tokens has no end.');
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #takeIf(type: Token['type'], value: string): Token | undefined {
    const token = this.#peek();
    return token.type === type && token.value === value ? this.#take() : undefined;
  }

  #takeWord(word: string): boolean {
    return this.#takeIf('name', word) !== undefined;
  }

  #takeSign(sign: string): boolean {
    return this.#takeIf('sign', sign) !== undefined;
  }

  #takeComparator(): Comparator | undefined {
    const token = this.#peek();
    if (token.type !== 'sign' || !isComparator(token.value)) return undefined;
    this.#take();
    return token.value;
  }

  #expect(sign: string): Token {
    const token = this.#peek();
    const taken = this.#takeIf('sign', sign);
    if (taken === undefined) throw new Refused(token.at, `"${sign}" is missing before ${show(token)}`);
    return taken;
  }
}

function argumentsOf(name: FunctionName): number {
  return name === 'len' ? 1 : 2;
}

function isComparator(sign: string): sign is Comparator {
  return (comparators as readonly string[]).includes(sign);
}

function show(token: Token): string {
  return token.type === 'end' ? 'the end' : `"${String(token.value).slice(0, 40)}"`;
}
