import type { Alert, AlertAttempt, Silence } from '#lib/api-types.ts';
import type { Status } from '#lib/status.ts';

export const alertStates: Record<Alert['state'], Status> = {
  firing: { label: 'Firing', tone: 'bad', icon: 'alert' },
  resolved: { label: 'Resolved', tone: 'good', icon: 'check' },
};

export const silenceStates: Record<Silence['state'], Status> = {
  active: { label: 'Silenced', tone: 'silent', icon: 'muted' },
  planned: { label: 'Planned', tone: 'idle', icon: 'clock' },
  over: { label: 'Over', tone: 'idle', icon: 'check' },
};

export const severities: Record<Alert['severity'], string> = {
  page: 'Pages somebody',
  ticket: 'For working hours',
};

export const attemptOutcomes: Record<AlertAttempt['outcome'], Status> = {
  delivered: { label: 'Delivered', tone: 'good', icon: 'check' },
  failed: { label: 'Failed', tone: 'warn', icon: 'retry' },
  refused: { label: 'Refused', tone: 'bad', icon: 'cross' },
  gone: { label: 'Gone', tone: 'bad', icon: 'bin' },
  unknown: { label: 'Unknown', tone: 'warn', icon: 'alert' },
};

export const actions: Record<AlertAttempt['action'], string> = {
  trigger: 'that it fires',
  update: 'that it still fires',
  resolve: 'that it is over',
};

export const beliefs = {
  yes: 'knows that it fires',
  maybe: 'may know that it fires',
  no: 'believes that all is well',
} as const;

export const channelKinds = {
  webhook: 'webhook',
  'pager-duty': 'PagerDuty',
  slack: 'Slack',
  teams: 'Microsoft Teams',
  email: 'e-mail',
} as const;
