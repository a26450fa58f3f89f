/**
 * Attribute names that flows use to say what the OpenTelemetry standard has no word for.
 * Any other attribute can be mapped to them in the catalog.
 */
export const attribute = {
  flow: 'integration.flow',
  attempt: 'integration.attempt',
  outcome: 'integration.outcome',
  sentAt: 'integration.sent_at',
  businessKey: 'business.key',
  businessSystem: 'business.system',
  businessSequence: 'business.sequence',
  businessEventTime: 'business.event_time',
  businessVersion: 'business.version',
  businessSchema: 'business.schema',
  businessDeleted: 'business.deleted',
} as const;

/** Event name of the log record by which a system says what it believes of an entity now. */
export const recordSnapshotEvent = 'record.snapshot';
