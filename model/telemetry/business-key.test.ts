import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBusinessKey, parseBusinessKey } from './business-key.ts';

describe('parseBusinessKey', () => {
  it.each([
    ['order:SO-1001', { entity: 'order', id: 'SO-1001' }],
    ['stock_level:W1:BIN:7', { entity: 'stock_level', id: 'W1:BIN:7' }],
    ['order: SO-1 ', { entity: 'order', id: 'SO-1' }],
  ])('reads %j', (text, key) => {
    expect(parseBusinessKey(text)).toEqual(key);
  });

  it.each(['', 'order', 'order:', 'order:   ', ':1', 'Order:1', '1order:1', `order:${'x'.repeat(201)}`])(
    'refuses %j',
    (text) => {
      expect(parseBusinessKey(text)).toBeUndefined();
    },
  );

  it('reads back what is written', () => {
    const entity = fc.stringMatching(/^[a-z][a-z0-9_]{0,62}$/);
    const id = fc
      .string({ minLength: 1, maxLength: 100, unit: 'grapheme' })
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(entity, id, (entityName, idText) => {
        const key = { entity: entityName, id: idText };
        fc.pre([...idText].length <= 200);
        expect(parseBusinessKey(formatBusinessKey(key))).toEqual(key);
      }),
    );
  });
});
