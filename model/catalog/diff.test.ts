import { describe, expect, it } from 'vitest';
import { compileCatalog, emptyCatalog } from './compile-catalog.ts';
import { diffCatalogs } from './diff.ts';
import { type Catalog } from './schema.ts';

function catalog(text: string): Catalog {
  const result = compileCatalog(new Map([['a.yaml', text]]));
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.catalog;
}

const two = catalog(
  'systems:\n  - { name: erp, title: ERP, owner: it }\n  - { name: wms, title: WMS, owner: it }\n',
);

describe('diffCatalogs', () => {
  it('says what was added, removed and changed', () => {
    const after = catalog(
      'systems:\n  - { name: erp, title: Old ERP, owner: finance }\n  - { name: crm, title: CRM, owner: it }\nentities:\n  - { name: order, title: Order }\n',
    );
    expect(diffCatalogs(two, after)).toEqual({
      added: [
        { kind: 'system', name: 'crm' },
        { kind: 'entity', name: 'order' },
      ],
      removed: [{ kind: 'system', name: 'wms' }],
      changed: [{ kind: 'system', name: 'erp', fields: ['owner', 'title'] }],
    });
  });

  it('finds nothing between equal catalogs and is the mirror of its reverse', () => {
    expect(diffCatalogs(two, two)).toEqual({ added: [], removed: [], changed: [] });
    expect(diffCatalogs(emptyCatalog(), two).added).toEqual(diffCatalogs(two, emptyCatalog()).removed);
  });
});
