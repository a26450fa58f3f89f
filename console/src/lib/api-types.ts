import type { z } from 'zod';
import type * as access from '@plumbline/control-plane/access/schemas.ts';
import type * as alerts from '@plumbline/control-plane/alerts/schemas.ts';
import type * as catalog from '@plumbline/control-plane/catalog/schemas.ts';
import type * as deadLetters from '@plumbline/control-plane/dead-letters/schemas.ts';
import type * as bulks from '@plumbline/control-plane/dead-letters/bulk/schemas.ts';
import type * as flows from '@plumbline/control-plane/flows/schemas.ts';
import type * as incidents from '@plumbline/control-plane/incidents/schemas.ts';
import type * as objectives from '@plumbline/control-plane/objectives/schemas.ts';
import type * as kpis from '@plumbline/control-plane/kpis/schemas.ts';
import type * as overview from '@plumbline/control-plane/overview/schemas.ts';
import type * as probes from '@plumbline/control-plane/probes/schemas.ts';
import type * as certificates from '@plumbline/control-plane/replays/certificate/schemas.ts';
import type * as replays from '@plumbline/control-plane/replays/schemas.ts';
import type * as search from '@plumbline/control-plane/search/schemas.ts';
import type * as silences from '@plumbline/control-plane/alerts/silence-schemas.ts';
import type * as systems from '@plumbline/control-plane/systems/schemas.ts';
import type * as topology from '@plumbline/control-plane/topology/schemas.ts';
import type * as traces from '@plumbline/control-plane/traces/schemas.ts';
import type * as transactions from '@plumbline/control-plane/transactions/schemas.ts';

export type Health = z.infer<typeof flows.Health>;
export type FlowSummary = z.infer<typeof flows.FlowSummary>;
export type FlowList = z.infer<typeof flows.FlowList>;
export type FlowDetail = z.infer<typeof flows.FlowDetail>;
export type Cause = z.infer<typeof flows.Cause>;
export type Message = z.infer<typeof flows.Message>;
export type MessageList = z.infer<typeof flows.MessageList>;
export type Overview = z.infer<typeof overview.Overview>;
export type SearchHit = z.infer<typeof search.SearchHit>;
export type SearchResult = z.infer<typeof search.SearchResult>;
export type SystemView = z.infer<typeof systems.SystemView>;
export type SystemList = z.infer<typeof systems.SystemList>;
export type Topology = z.infer<typeof topology.Topology>;
export type Trace = z.infer<typeof traces.Trace>;
export type Span = z.infer<typeof traces.Span>;
export type LogLine = z.infer<typeof traces.LogLine>;
export type TransactionState = z.infer<typeof transactions.TransactionState>;
export type TransactionSummary = z.infer<typeof transactions.TransactionSummary>;
export type TransactionList = z.infer<typeof transactions.TransactionList>;
export type Transaction = z.infer<typeof transactions.Transaction>;
export type MilestoneView = z.infer<typeof transactions.MilestoneView>;
export type MilestoneState = z.infer<typeof transactions.MilestoneState>;
export type RecordComparison = z.infer<typeof transactions.RecordComparison>;

export type Catalog = z.infer<typeof catalog.CatalogView>;
export type DeadLetterState = z.infer<typeof deadLetters.DeadLetterState>;
export type DeadLetter = z.infer<typeof deadLetters.DeadLetterSummary>;
export type DeadLetterList = z.infer<typeof deadLetters.DeadLetterList>;
export type DeadLetterGroup = z.infer<typeof deadLetters.DeadLetterGroup>;
export type DeadLetterGroups = z.infer<typeof deadLetters.DeadLetterGroups>;
export type DeadLetterDetail = z.infer<typeof deadLetters.DeadLetterDetail>;
export type DeadLetterSource = z.infer<typeof deadLetters.DeadLetterSource>;
export type DeadLetterSources = z.infer<typeof deadLetters.DeadLetterSources>;
export type Assignees = z.infer<typeof deadLetters.Assignees>;
export type Assignee = z.infer<typeof deadLetters.Person>;
export type DeadLetterActionResult = z.infer<typeof deadLetters.DeadLetterActionResult>;
export type DeadLetterBulk = z.infer<typeof bulks.DeadLetterBulk>;
export type DeadLetterBulks = z.infer<typeof bulks.DeadLetterBulks>;
export type BodyView = z.infer<typeof deadLetters.BodyView>;
export type ReplayState = z.infer<typeof replays.ReplayState>;
export type Replay = z.infer<typeof replays.ReplaySummary>;
export type ReplayList = z.infer<typeof replays.ReplayList>;
export type ReplayDetail = z.infer<typeof replays.ReplayDetail>;
export type ReplayCounts = z.infer<typeof replays.ReplayCounts>;
export type ReplayItem = z.infer<typeof replays.ReplayItem>;
export type ReplayCertificate = z.infer<typeof certificates.SealedCertificate>;
export type ReplayResent = z.infer<typeof replays.ReplayResent>;
export type ReplayItems = z.infer<typeof replays.ReplayItems>;
export type PatchOperation = z.infer<typeof replays.PatchOperation>;

export type Session = z.infer<typeof access.SessionView>;
export type Person = z.infer<typeof access.PersonView>;
export type PersonList = z.infer<typeof access.PersonList>;
export type Invited = z.infer<typeof access.Invited>;
export type Token = z.infer<typeof access.TokenView>;
export type TokenList = z.infer<typeof access.TokenList>;
export type TokenCreated = z.infer<typeof access.TokenCreated>;

/** One change and who made it. */
export interface AuditRow {
  readonly id: string;
  readonly at: string;
  readonly actorKind: string;
  readonly actorName: string;
  readonly action: string;
  readonly target: string;
  readonly targetName: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditList {
  readonly items: readonly AuditRow[];
  readonly nextCursor: string | null;
}

export type Alert = z.infer<typeof alerts.Alert>;
export type AlertList = z.infer<typeof alerts.AlertList>;
export type AlertExplanation = z.infer<typeof alerts.Explanation>;
export type AlertAttempt = z.infer<typeof alerts.Attempt>;
export type Channel = z.infer<typeof alerts.ChannelView>;
export type ChannelList = z.infer<typeof alerts.ChannelList>;
export type ChannelTest = z.infer<typeof alerts.TestResult>;

export type Incident = z.infer<typeof incidents.Incident>;
export type IncidentList = z.infer<typeof incidents.IncidentList>;
export type IncidentDetail = z.infer<typeof incidents.IncidentDetail>;
export type IncidentEntry = z.infer<typeof incidents.Entry>;
export type IncidentImpact = z.infer<typeof incidents.IncidentImpact>;

export type Objective = z.infer<typeof objectives.ObjectiveView>;
export type ObjectiveList = z.infer<typeof objectives.ObjectiveList>;
export type ObjectiveHistory = z.infer<typeof objectives.ObjectiveHistory>;

export type KpiTile = z.infer<typeof kpis.KpiTile>;
export type KpiFigure = z.infer<typeof kpis.KpiFigure>;
export type KpiList = z.infer<typeof kpis.KpiList>;
export type Kpi = z.infer<typeof kpis.KpiDetail>;
export type KpiReportList = z.infer<typeof kpis.KpiReportList>;
export type KpiReportMail = z.infer<typeof kpis.KpiReportMail>;
export type KpiRow = z.infer<typeof kpis.KpiRow>;
export type KpiRows = z.infer<typeof kpis.KpiRows>;

export type Probe = z.infer<typeof probes.ProbeView>;
export type ProbeList = z.infer<typeof probes.ProbeList>;
export type ProbeDetail = z.infer<typeof probes.ProbeDetail>;
export type ProbeRun = z.infer<typeof probes.ProbeRun>;

export type Silence = z.infer<typeof silences.Silence>;
export type SilenceList = z.infer<typeof silences.SilenceList>;
