import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editOf, untouchable } from './json-edit.ts';
import { parseTree, printTree, type JsonNode } from './json-tree.ts';

function treeOf(text: string): JsonNode {
  const tree = parseTree(text);
  if (!tree.ok) throw new Error(`${tree.line}: ${tree.message}`);
  return tree.root;
}
const patchOf = (before: string, after: string) => {
  const edit = editOf(treeOf(before), treeOf(after));
  if (!edit.ok) throw new Error(edit.message);
  return edit.patch;
};

/** Applies what `editOf` writes, as RFC 6902 says, to plain values. */
function apply(document: unknown, patch: ReturnType<typeof patchOf>): unknown {
  const holder = { root: structuredClone(document) } as Record<string, unknown>;
  for (const operation of patch) {
    const steps = ['root', ...operation.path.split('/').slice(1)].map((step) =>
      step.replaceAll('~1', '/').replaceAll('~0', '~'),
    );
    const last = steps.pop() ?? '';
    const parent = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], holder);
    if (operation.op === 'remove' && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (operation.op === 'remove') delete (parent as Record<string, unknown>)[last];
    else if (!('value' in operation)) throw new Error(operation.op);
    else if (last === '-' && Array.isArray(parent)) parent.push(operation.value);
    else
      Object.defineProperty(parent, last, {
        value: operation.value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return holder['root'];
}

describe('a JSON text as a tree', () => {
  test('numbers keep their digits and values know their lines', () => {
    const root = treeOf(
      '{\n  "a": 12345678901234567890,\n  "b": [1.10, "x\\n\\u00e9"],\n  "c": {}, "d": []\n}',
    );
    expect(printTree(root)).toBe(
      '{\n  "a": 12345678901234567890,\n  "b": [\n    1.10,\n    "x\\né"\n  ],\n  "c": {},\n  "d": []\n}',
    );
    if (root.kind !== 'object') throw new Error('an object');
    expect(root.entries.map(([, value]) => value.line)).toEqual([2, 3, 4, 4]);
  });
  test('any JSON is printed as the same document', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printTree(treeOf(text)))).toEqual(JSON.parse(text));
      }),
    );
  });
  test.each([
    ['{\n"a": 1,\n"b": \n}', 4],
    ['{"a": 1', 1],
    ['', 1],
    ['{"a": 01}', 1],
  ])('%j is refused near its fault', (text, line) => {
    expect(parseTree(text)).toMatchObject({ ok: false, line });
  });
});

describe('an edit as a patch', () => {
  test('only what changed is in it', () => {
    expect(
      patchOf(
        '{"id": 12345678901234567890, "qty": "3 EA", "old": 1, "lines": [1, 2, 3]}',
        '{"id": 12345678901234567890, "qty": 3, "a/b": true, "lines": [1, 9]}',
      ),
    ).toEqual([
      { op: 'remove', path: '/old' },
      { op: 'replace', path: '/qty', value: 3 },
      { op: 'add', path: '/a~1b', value: true },
      { op: 'replace', path: '/lines/1', value: 9 },
      { op: 'remove', path: '/lines/2' },
    ]);
  });
  test('applied to the old document it gives the new one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
        expect(apply(JSON.parse(old), patchOf(old, now))).toEqual(JSON.parse(now));
      }),
    );
  });
  test('a number that cannot be carried is refused, 1.10 is not', () => {
    expect(editOf(treeOf('{"n": 1}'), treeOf('{"n": 12345678901234567891}'))).toMatchObject({
      ok: false,
      path: '/n',
    });
    expect(patchOf('{"n": 1}', '{"n": 1.10}')).toEqual([{ op: 'replace', path: '/n', value: 1.1 }]);
  });
  test('what is protected is found from inside and from outside', () => {
    const patch = patchOf('{"a": {"b": 1}, "c": 1}', '{"a": {"b": 2}}');
    expect(untouchable(patch, ['/a', '/a/b', '/c/d', '/ab'])).toEqual(['/a', '/a/b', '/c/d']);
  });
});
