import { describe, expect, it } from 'vitest';
import { Flow, type Match } from '../../catalog/schema.ts';
import { internalFlows, matchedFlow } from './flow-match.ts';

function flow(name: string, ...match: Match[]): Flow {
  const transport = { kind: 'kafka', destination: name };
  return Flow.parse({
    name,
    title: name,
    source: 'a',
    target: 'b',
    entity: 'order',
    transport,
    owner: 'it',
    match,
  });
}

describe('matchedFlow', () => {
  it('is one look-up for all flows that ask the same attributes', () => {
    const sql = matchedFlow([flow('a', { 'x.topic': 'one' }), flow('b', { 'x.topic': ['two', 'one'] })]);
    expect(sql).toBe(
      `['a', 'b'][transform(if(SpanAttributes['x.topic'] != '', SpanAttributes['x.topic'], ResourceAttributes['x.topic']), ['one', 'two'], [1, 2], 65535)]`,
    );
  });

  it('joins several attributes of one match in one order, however they are written', () => {
    const sql = matchedFlow([
      flow('a', { 'service.name': 'x', 'span.kind': 'Server' }),
      flow('b', { 'span.kind': 'client', 'service.name': ['y', 'z'] }),
    ]);
    expect(sql).toBe(
      `['a', 'b'][transform(concat(ServiceName, '\\x1f', lower(SpanKind)), ['x\\x1fserver', 'y\\x1fclient', 'z\\x1fclient'], [1, 2, 2], 65535)]`,
    );
  });

  it('keeps the order of the catalog between look-ups and globs', () => {
    const sql = matchedFlow([flow('a', { 'url.path': '/a/*' }), flow('b', { 'service.name': 'b' })]);
    expect(sql).toBe(
      `['a', 'b'][least(transform(ServiceName, ['b'], [2], 65535), multiIf(SpanAttributes['url.path'] LIKE '/a/%', 1, 65535))]`,
    );
  });

  it('asks a lone star for presence', () => {
    expect(matchedFlow([flow('a', { 'span.name': '*' })])).toBe(`['a'][multiIf(SpanName != '', 1, 65535)]`);
  });

  it('falls back to conditions when the combinations would be too many', () => {
    const many = Array.from({ length: 30 }, (_, index) => `v${index}`);
    expect(matchedFlow([flow('a', { 'service.name': many, 'span.name': many })])).toContain(
      "ServiceName = 'v29'",
    );
  });

  it('matches nothing without flows', () => {
    expect(matchedFlow([])).toBe("''");
  });
});

describe('internalFlows', () => {
  it('names the flows whose match asks for internal spans', () => {
    const flows = [
      flow('a', { 'span.kind': 'Internal' }),
      flow('b', { 'span.kind': ['server', 'client'] }),
      flow('c'),
    ];
    expect(internalFlows(flows)).toEqual(['a']);
  });
});
