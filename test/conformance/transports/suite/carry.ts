import { expect, it } from 'vitest';
import type { Header, Outgoing } from '@plumbline/control-plane/transports/port.ts';
import type { Carries, Harness, Kept, Stand } from '../harness.ts';
import { message, never, range } from '../tailing.ts';

const binary = Buffer.from([0, 255, 254, 13, 10, 0]);
const bytes = (...values: number[]) => Buffer.from(values);

/** One message for each thing that a transport may or may not carry. */
const parts: Readonly<Record<keyof Carries, Partial<Outgoing>>> = {
  binaryHeaders: { headers: [['X-Bytes', bytes(0xe9, 0xff, 0x80)]] },
  repeatedHeaders: {
    headers: [
      ['X-Twice', Buffer.from('b')],
      ['X-Twice', Buffer.from('a')],
    ],
  },
  emptyHeaders: { headers: [['X-Empty', Buffer.alloc(0)]] },
  key: { key: bytes(0xff, 0, 1) },
  partition: { partition: 1, key: Buffer.from('any') },
  tombstones: { body: null, key: Buffer.from('deleted') },
};

/** Bodies, headers, keys and partitions arrive as they were sent, or the transport says beforehand that they cannot. */
export function carriesBytes(harness: Harness, stand: () => Stand): void {
  it('carries bodies, text headers, message id and content type byte for byte', async () => {
    const place = await stand().createPlace();
    const headers: Header[] = [
      ['X-Text', Buffer.from('plain')],
      ['X-Utf8', Buffer.from('Größe 7½ ✓')],
      ['X-Json', Buffer.from('{"a":[1,"b"]}')],
      ['X-Number', Buffer.from('007')],
    ];
    const sent = [
      message('binary', { body: binary, headers, contentType: 'application/octet-stream' }),
      message('empty', { body: Buffer.alloc(0), headers }),
      message('large', { body: Buffer.alloc(600_000, binary), headers }),
    ];
    expect((await stand().open().send(place.to, sent, never)).map(({ kind }) => kind)).toEqual(
      sent.map(() => 'accepted'),
    );
    const arrived = await stand().received(place, sent.length);
    expect(arrived).toHaveLength(sent.length);
    for (const outgoing of sent) {
      const found = arrived.find(({ messageId }) => messageId === outgoing.messageId);
      expect(found?.body?.equals(outgoing.body ?? Buffer.alloc(0)), outgoing.messageId).toBe(true);
      expect(own(found?.headers)).toEqual(headers);
    }
    expect(arrived.find(({ messageId }) => messageId === 'binary')?.contentType).toBe(
      'application/octet-stream',
    );
  });

  it.each(Object.entries(harness.carries) as [keyof Carries, Kept][])('has %s %s', async (part, kept) => {
    const place = await stand().createPlace();
    const sent = message('one', parts[part]);
    const batch = [message('before'), sent, message('after')];
    const [before, result, after] = await stand().open().send(place.to, batch, never);
    expect([before?.kind, after?.kind]).toEqual(['accepted', 'accepted']);
    if (kept === 'refused') expect(result).toMatchObject({ kind: 'refused', retryable: false });
    else expect(result).toMatchObject({ kind: 'accepted' });
    const arrived = await stand().received(place, kept === 'refused' ? 2 : 3);
    const ids = arrived.map(({ messageId }) => messageId).sort();
    expect(ids).toEqual(kept === 'refused' ? ['after', 'before'] : ['after', 'before', 'one']);
    if (kept === 'refused') return;
    const found = arrived.find(({ messageId }) => messageId === 'one');
    expect(found?.body).toEqual(sent.body);
    expect(own(found?.headers)).toEqual(sent.headers);
    if (part === 'key') expect(found?.key).toEqual(kept === 'kept' ? sent.key : null);
    const { partitionOf } = stand();
    const partition = found && partitionOf ? partitionOf(found) : found?.partition;
    if (part === 'partition') expect(partition).toBe(kept === 'kept' ? sent.partition : null);
  });

  it('answers one result for each of a batch, in its order', async () => {
    const place = await stand().createPlace();
    const refuses = harness.carries.tombstones === 'refused';
    const batch = range(60).map((n) =>
      message(`m${n}`, { key: Buffer.from(`k${n % 7}`), ...(refuses && n % 3 === 0 ? { body: null } : {}) }),
    );
    const results = await stand().open().send(place.to, batch, never);
    expect(results.map(({ kind }) => kind)).toEqual(
      batch.map(({ body }) => (body === null ? 'refused' : 'accepted')),
    );
    const positions = results.flatMap((result) => (result.kind === 'accepted' ? [result.position] : []));
    if (positions.some((position) => position?.includes('/'))) expect(positions).not.toContain(null);
    expect(await stand().open().send(place.to, [], never)).toEqual([]);
  });

  it('refuses for good what has nowhere to go, and goes on', async () => {
    const transport = stand().open();
    const nowhere = await transport.send(stand().nowhere, [message('a'), message('b')], never);
    for (const result of nowhere) {
      expect(result).toMatchObject({ kind: 'refused', retryable: false });
      if (result.kind === 'refused') expect(result.reason).not.toBe('');
    }
    expect(nowhere).toHaveLength(2);
    const place = await stand().createPlace();
    expect(await transport.send(place.to, [message('c')], never)).toMatchObject([{ kind: 'accepted' }]);
  });
}

/** The headers that a test gave it; transports add others, which their README names. */
function own(headers: readonly Header[] | undefined): Header[] {
  return (headers ?? []).filter(([name]) => name.startsWith('X-'));
}
