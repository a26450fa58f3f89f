import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LocalConfig } from './config.ts';

/**
 * The variables that say where the demo's business is reached for replays. Without a broker its queues and topics are
 * reached over HTTP as well.
 */
export const demoConnections = (config: LocalConfig): Record<string, string> => {
  const business = `http://127.0.0.1:${config.distributor.port}`;
  const { AMQP_URL: rabbit, KAFKA_URL: kafka } = config.environment;
  return {
    PLUMBLINE_CONNECTION_RABBIT: rabbit || `${business}/destinations`,
    PLUMBLINE_CONNECTION_KAFKA: kafka || `${business}/destinations`,
    PLUMBLINE_CONNECTION_ERP_API: `${business}/systems/erp`,
    PLUMBLINE_CONNECTION_TAX_ENGINE: `${business}/systems/tax`,
    PLUMBLINE_CONNECTION_MARKETPLACE_API: `${business}/systems/marketplace`,
    PLUMBLINE_CONNECTION_PAYMENTS_API: `${business}/systems/payments`,
    PLUMBLINE_CONNECTION_CRM_API: `${business}/systems/crm`,
    PLUMBLINE_CONNECTION_EDI_FILES: pathToFileURL(path.join(config.dataDir, 'distributor-files')).href,
  };
};
