import type { SystemName } from '../business/types.ts';

interface Service {
  readonly name: string;
  readonly version: string;
  readonly host: string;
  readonly language: string;
}

/** The service that speaks for a system when no flow says otherwise. */
export const mainService: Readonly<Record<SystemName, string>> = {
  erp: 'erp-core',
  wms: 'WMSPRD01',
  tms: 'tms-dispatch',
  crm: 'crm',
  shop: 'webshop-api',
  marketplace: 'marketplace-connector',
  tax: 'tax-engine',
  edi: 'EDIGW',
  payments: 'payments-gateway',
  finance: 'finance-ledger',
};

/** Every emitter, as its resource describes it. */
export const services: readonly Service[] = [
  { name: 'erp-core', version: '2026.10.2', host: 'erp-app-01', language: 'java' },
  { name: 'erp-batch', version: '2026.10.2', host: 'erp-bat-01', language: 'java' },
  { name: 'WMSPRD01', version: '9.4.1-SP7', host: 'WMSPRD01', language: 'cpp' },
  { name: 'tms-dispatch', version: '5.12.0', host: 'tms-7c9f6', language: 'java' },
  { name: 'crm', version: '41.3.0', host: 'crm-sync-0', language: 'nodejs' },
  { name: 'webshop-api', version: '3.88.1', host: 'shop-5d7b9-x2k', language: 'nodejs' },
  { name: 'marketplace-connector', version: '1.9.4', host: 'mpc-0', language: 'go' },
  { name: 'tax-engine', version: '26.11', host: 'tax-edge-3', language: 'java' },
  { name: 'EDIGW', version: '7.2', host: 'EDIGW', language: 'dotnet' },
  { name: 'payments-gateway', version: '2.41.0', host: 'pay-6b8c4-9qz', language: 'go' },
  { name: 'finance-ledger', version: '4.7.3', host: 'fin-led-1', language: 'java' },
];
