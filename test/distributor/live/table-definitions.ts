import type { SystemName } from '../business/types.ts';

/** A table of one system: what it believes of one entity. */
export interface TableDefinition {
  readonly system: SystemName;
  readonly entity: string;
  readonly table: string;
  readonly key: string;
  /** Column → PostgreSQL type. A field of a record has the name of its column. */
  readonly columns: Readonly<Record<string, 'text' | 'integer' | 'numeric(14,2)'>>;
}

const amount = 'numeric(14,2)';

export const tableDefinitions: readonly TableDefinition[] = [
  {
    system: 'erp',
    entity: 'order',
    table: 'sales_order',
    key: 'order_no',
    columns: { customer: 'text', status: 'text', total: amount, currency: 'text', ship_to: 'text' },
  },
  {
    system: 'erp',
    entity: 'invoice',
    table: 'invoice',
    key: 'invoice_no',
    columns: { order: 'text', total: amount, tax: amount, currency: 'text', status: 'text' },
  },
  {
    system: 'erp',
    entity: 'stock_level',
    table: 'stock_level',
    key: 'level',
    columns: { on_hand: 'integer', available: 'integer', unit_cost: amount, abc_class: 'text' },
  },
  {
    system: 'erp',
    entity: 'return',
    table: 'return_receipt',
    key: 'rma_no',
    columns: { quantity: 'integer', status: 'text' },
  },
  {
    system: 'erp',
    entity: 'credit_memo',
    table: 'credit_memo',
    key: 'memo_no',
    columns: { return: 'text', total: amount, currency: 'text' },
  },
  {
    system: 'erp',
    entity: 'price',
    table: 'price_agreement',
    key: 'agreement_no',
    columns: { customer: 'text', product: 'text', amount, currency: 'text' },
  },
  {
    system: 'erp',
    entity: 'customer',
    table: 'customer',
    key: 'customer_no',
    columns: { name: 'text', terms: 'text' },
  },
  {
    system: 'wms',
    entity: 'shipment',
    table: 'shipment',
    key: 'shipment_no',
    columns: { order: 'text', status: 'text', quantity: 'integer', warehouse: 'text' },
  },
  {
    system: 'wms',
    entity: 'stock_level',
    table: 'stock_level',
    key: 'level',
    columns: { on_hand: 'integer' },
  },
  {
    system: 'tms',
    entity: 'delivery',
    table: 'delivery',
    key: 'consignment',
    columns: { shipment: 'text', carrier: 'text', status: 'text' },
  },
  {
    system: 'crm',
    entity: 'price',
    table: 'price_agreement',
    key: 'agreement_no',
    columns: { customer: 'text', product: 'text', amount, currency: 'text' },
  },
  {
    system: 'crm',
    entity: 'customer',
    table: 'account',
    key: 'customer_no',
    columns: { name: 'text', terms: 'text' },
  },
  {
    system: 'shop',
    entity: 'stock_level',
    table: 'stock_level',
    key: 'level',
    columns: { available: 'integer' },
  },
  {
    system: 'marketplace',
    entity: 'stock_level',
    table: 'listing',
    key: 'level',
    columns: { available: 'integer' },
  },
  {
    system: 'tax',
    entity: 'tax_determination',
    table: 'determination',
    key: 'determination_no',
    columns: { order: 'text', rate: amount, tax: amount },
  },
  {
    system: 'payments',
    entity: 'payment',
    table: 'payment',
    key: 'payment_no',
    columns: { invoice: 'text', amount, currency: 'text', status: 'text', card_last4: 'text' },
  },
  {
    system: 'finance',
    entity: 'payment',
    table: 'settlement',
    key: 'payment_no',
    columns: { invoice: 'text', amount, currency: 'text', status: 'text' },
  },
  {
    system: 'finance',
    entity: 'journal_entry',
    table: 'journal_entry',
    key: 'entry_no',
    columns: { invoice: 'text', amount, currency: 'text', period: 'text' },
  },
];
