import type { Incident, IncidentEntry } from '#lib/api-types.ts';
import type { Status } from '#lib/status.ts';

export const incidentStates: Record<Incident['state'], Status> = {
  open: { label: 'Open', tone: 'bad', icon: 'alert' },
  acknowledged: { label: 'Acknowledged', tone: 'warn', icon: 'clock' },
  restored: { label: 'Restored', tone: 'good', icon: 'retry' },
  closed: { label: 'Closed', tone: 'idle', icon: 'check' },
};

export const severities: Record<Incident['severity'], Status> = {
  critical: { label: 'Critical', tone: 'bad', icon: 'alert' },
  major: { label: 'Major', tone: 'warn', icon: 'alert' },
  minor: { label: 'Minor', tone: 'idle', icon: 'dash' },
};

/** What a line of the timeline says after the name of who did it; `text` follows where it has one. */
export const entryVerbs: Record<IncidentEntry['kind'], string> = {
  opened: 'opened the incident',
  alert: 'added an alert',
  alert_over: 'saw an alert resolved',
  acknowledged: 'acknowledged it',
  assigned: 'assigned it',
  changed: 'changed it',
  note: 'wrote',
  restored: 'called it restored',
  returned: 'opened it again: it fires anew',
  closed: 'closed it',
  reopened: 'reopened it',
};

export type Step = 'acknowledge' | 'restore' | 'close' | 'reopen';

export const steps: Record<Step, { label: string; note: string; primary: boolean }> = {
  acknowledge: {
    label: 'Acknowledge',
    note: 'Everybody sees that you are at it.',
    primary: true,
  },
  restore: {
    label: 'It is over',
    note: 'The trouble is over: what failed since may still have to be replayed.',
    primary: false,
  },
  close: { label: 'Close', note: 'Nothing is left to do. It can be reopened.', primary: true },
  reopen: { label: 'Reopen', note: 'It is not over, or not understood yet.', primary: false },
};

/** What may be done now, the likely one first. What still fires cannot be called over. */
export function stepsOf({ state, firing }: Pick<Incident, 'state' | 'firing'>): Step[] {
  switch (state) {
    case 'open':
      return firing > 0 ? ['acknowledge'] : ['acknowledge', 'restore'];
    case 'acknowledged':
      return firing > 0 ? [] : ['restore'];
    case 'restored':
      return ['close', 'reopen'];
    case 'closed':
      return ['reopen'];
  }
}

/** How long each step took, in milliseconds; null: it has not come yet. */
export function timesOf(incident: Incident) {
  const between = (from: string, to: string | null) =>
    to === null ? null : Date.parse(to) - Date.parse(from);
  return {
    detect: between(incident.impactStartedAt, incident.detectedAt),
    acknowledge: between(incident.detectedAt, incident.acknowledgedAt),
    restore: between(incident.impactStartedAt, incident.restoredAt),
  };
}
