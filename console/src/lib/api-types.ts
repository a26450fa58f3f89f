import type { z } from 'zod';
import type * as access from '@plumbline/control-plane/access/schemas.ts';
import type * as flows from '@plumbline/control-plane/flows/schemas.ts';
import type * as overview from '@plumbline/control-plane/overview/schemas.ts';
import type * as search from '@plumbline/control-plane/search/schemas.ts';
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
}

export interface AuditList {
  readonly items: readonly AuditRow[];
  readonly nextCursor: string | null;
}
