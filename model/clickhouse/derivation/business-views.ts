import type { Catalog } from '../../catalog/schema.ts';
import { attribute, recordSnapshotEvent } from '../../telemetry/attributes.ts';
import { arePaired, entityOf, idOf, joiningKeys, keysOf, systemOf } from './key-expressions.ts';
import { quote, quoteAll } from './sql-text.ts';
import { instantOf } from './time-expressions.ts';
import type { View } from './view.ts';

const eventPattern = '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$';

/** Attributes that have a column of their own in business_events and records. */
const ownColumns = [
  attribute.businessKey,
  attribute.businessSystem,
  attribute.businessSequence,
  attribute.businessEventTime,
  'event.name',
];

/** Business events, keys, links between keys, and records. */
export function businessViews(catalog: Catalog): View[] {
  return [
    eventsFromLogs,
    eventsFromSpans(catalog),
    recordsFromLogs,
    recordHistory(catalog),
    keysFromSpans,
    keysFromLogs,
    keySearch,
    links(catalog, 'span_facts'),
    links(catalog, 'log_facts'),
  ];
}

const eventsFromLogs: View = {
  name: 'business_events_from_log_facts',
  source: 'log_facts',
  target: 'business_events',
  query: `SELECT
    ${eventColumns('LogAttributes', 'Timestamp')},
    Event, System, ServiceName AS Service, TraceId, SpanId
FROM (SELECT *, ${ownKey('LogAttributes')} AS OwnKey FROM log_facts) AS facts
WHERE Event != ${quote(recordSnapshotEvent)} AND match(Event, ${quote(eventPattern)})`,
};

function eventsFromSpans(catalog: Catalog): View {
  const system = `EventAttribute[${quote(attribute.businessSystem)}]`;
  return {
    name: 'business_events_from_traces',
    source: 'otel_traces',
    target: 'business_events',
    query: `SELECT
    ${eventColumns('EventAttribute', 'EventTimestamp')},
    Event, if(${system} != '', ${system}, ${systemOf(catalog, 'Service')}) AS System, Service, TraceId, SpanId
FROM (SELECT *, ${ownKey('EventAttribute')} AS OwnKey FROM
(
    SELECT
        IngestTime, ServiceName AS Service, TraceId, SpanId,
        EventTimestamp, Event, EventAttribute,
        ${keysOf(catalog, ['EventAttribute'], [])} AS Keys
    FROM otel_traces
    ARRAY JOIN Events.Timestamp AS EventTimestamp, Events.Name AS Event, Events.Attributes AS EventAttribute
    WHERE match(Event, ${quote(eventPattern)})
)
WHERE notEmpty(Keys)) AS facts`,
  };
}

/** The object that an event is about: what its sender names first, else the key of the entity in its name. */
function ownKey(attributes: string): string {
  const named = `arrayFirst(k -> ${entityOf('k')} = splitByChar('.', Event)[1], Keys)`;
  return `if(${attributes}[${quote(attribute.businessKey)}] != '' OR ${named} = '', Keys[1], ${named})`;
}

/** Columns of an event that are read from its attributes; its own key comes first among its keys. */
function eventColumns(attributes: string, emitTime: string): string {
  const said = instantOf(`${attributes}[${quote(attribute.businessEventTime)}]`);
  return `ifNull(${said}, ${emitTime}::DateTime64(6)) AS EventTime,
    ${emitTime}::DateTime64(6) AS EmitTime,
    IngestTime,
    ${entityOf('OwnKey')} AS Entity,
    ${idOf('OwnKey')} AS EntityId,
    arrayConcat([OwnKey], arrayFilter(k -> k != OwnKey, facts.Keys)) AS Keys,
    toUInt64OrZero(${attributes}[${quote(attribute.businessSequence)}]) AS Sequence,
    mapFilter((a, v) -> a NOT IN (${ownColumns.map(quote).join(', ')}), ${attributes}) AS Attributes`;
}

/** Columns by which a record is known, and when it was believed. */
const recordColumns = `${entityOf('Keys[1]')} AS Entity,
    System,
    ${idOf('Keys[1]')} AS EntityId,
    ifNull(toUInt64OrNull(LogAttributes[${quote(attribute.businessVersion)}]), toUInt64(greatest(0, toUnixTimestamp64Micro(Time)))) AS Version,
    ifNull(${instantOf(`LogAttributes[${quote(attribute.businessEventTime)}]`)}, Timestamp::DateTime64(6)) AS Time,
    IngestTime,
    LogAttributes[${quote(attribute.businessDeleted)}] IN ('true', '1') AS Deleted`;

const recordsFromLogs: View = {
  name: 'records_from_log_facts',
  source: 'log_facts',
  target: 'records',
  query: `SELECT
    ${recordColumns},
    mapFilter((a, v) -> NOT startsWith(a, 'business.') AND a != 'event.name', LogAttributes) AS Fields
FROM log_facts
WHERE Event = ${quote(recordSnapshotEvent)}`,
};

/** Every belief of what KPIs on stock compare, with the fields that they read and no others. */
function recordHistory(catalog: Catalog): View {
  const measures = catalog.kpis.flatMap(({ measure }) => (measure.kind === 'stock-accuracy' ? measure : []));
  const entities = [...new Set(measures.map(({ entity }) => entity))].sort();
  const read = measures.flatMap((one) => [one.quantity, one.unitCost, one.class]);
  const fields = [...new Set(read.filter((field) => field !== undefined))].sort();
  return {
    name: 'record_history_from_log_facts',
    source: 'log_facts',
    target: 'record_history',
    query: `SELECT
    ${recordColumns},
    mapFilter((a, v) -> has(${quoteAll(fields)}, a), LogAttributes) AS Fields
FROM log_facts
WHERE Event = ${quote(recordSnapshotEvent)} AND has(${quoteAll(entities)}, ${entityOf('Keys[1]')})`,
  };
}

const keysFromSpans: View = {
  name: 'business_keys_from_span_facts',
  source: 'span_facts',
  target: 'business_keys',
  query: `SELECT
    arrayJoin(Keys) AS Key, Timestamp::DateTime64(6) AS Time, TraceId, SpanId, ServiceName AS Service, System, Flow,
    'span' AS Signal, SpanName AS Name, StatusCode = 'Error' AS IsError, IngestTime
FROM span_facts`,
};

const keysFromLogs: View = {
  name: 'business_keys_from_log_facts',
  source: 'log_facts',
  target: 'business_keys',
  query: `SELECT
    arrayJoin(Keys) AS Key, Timestamp::DateTime64(6) AS Time, TraceId, SpanId, ServiceName AS Service, System, Flow,
    'log' AS Signal, Event AS Name, SeverityNumber >= 17 AS IsError, IngestTime
FROM log_facts`,
};

const keySearch: View = {
  name: 'key_search_from_business_keys',
  source: 'business_keys',
  target: 'key_search',
  query: `SELECT lowerUTF8(${idOf('Key')}) AS Id, Key, max(Time) AS LastSeen, toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM business_keys
GROUP BY Id, Key`,
};

function links(catalog: Catalog, source: string): View {
  return {
    name: `business_key_links_from_${source}`,
    source,
    target: 'business_key_links',
    query: `SELECT
    Key, Linked, min(Time) AS FirstSeen, max(Time) AS LastSeen, toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM
(
    SELECT Time, IngestTime, Joined, Key, arrayJoin(Joined) AS Linked
    FROM
    (
        SELECT Timestamp::DateTime64(6) AS Time, IngestTime, ${joiningKeys(catalog, 'Keys')} AS Joined, arrayJoin(Joined) AS Key
        FROM ${source}
        WHERE length(Keys) > 1
    )
)
WHERE ${arePaired('Key', 'Linked', 'Joined')}
GROUP BY Key, Linked`,
  };
}
