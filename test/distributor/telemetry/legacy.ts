import type { SystemName } from '../business/types.ts';
import type { AttributeSet } from './plan.ts';

/** What the vendors' products call the entities; the catalog maps these names back. */
const names: Partial<Record<SystemName, Readonly<Record<string, string>>>> = {
  wms: {
    order: 'wms.sales_order_no',
    shipment: 'wms.shipment_no',
    stock_movement: 'wms.movement_no',
    return: 'wms.rma_no',
  },
  tms: { delivery: 'tms.consignment' },
  edi: { order: 'edi.sales_order', channel_order: 'edi.po_number', invoice: 'edi.invoice_no' },
  erp: { order: 'app.order_no' },
};

/** The attributes by which a legacy system names business keys. */
export function legacyAttributes(system: SystemName, keys: readonly string[]): AttributeSet {
  const attributes: AttributeSet = {};
  for (const key of keys) {
    const split = key.indexOf(':');
    const name = names[system]?.[key.slice(0, split)];
    if (name && !(name in attributes)) attributes[name] = key.slice(split + 1);
  }
  return attributes;
}
