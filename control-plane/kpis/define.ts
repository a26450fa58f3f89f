import type { Kpi } from '@plumbline/model/catalog/kpi.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { apiPerformance } from './api-performance.ts';
import type { Definition } from './definition.ts';
import { failedMessages } from './failed-messages.ts';
import { exceptionVolume } from './findings.ts';
import { invoiceTimeliness } from './invoice-timeliness.ts';
import { orderLatency } from './order-latency.ts';
import { repairTime } from './repair-time.ts';
import { stockAccuracy } from './stock-accuracy.ts';
import { workflowAdherence } from './workflow-adherence.ts';

/** What a KPI of the catalog counts, and how. */
export function define({ measure }: Kpi, catalog: Catalog): Definition {
  switch (measure.kind) {
    case 'order-latency':
      return orderLatency(measure, catalog);
    case 'stock-accuracy':
      return stockAccuracy(measure);
    case 'invoice-timeliness':
      return invoiceTimeliness(measure, catalog);
    case 'failed-messages':
      return failedMessages(measure, catalog);
    case 'findings':
      return exceptionVolume;
    case 'api-performance':
      return apiPerformance(measure, catalog);
    case 'workflow-adherence':
      return workflowAdherence(measure, catalog);
    case 'repair-time':
      return repairTime(measure);
  }
}
