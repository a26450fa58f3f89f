import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { ratio, type Definition, type Window } from './definition.ts';
import { decimal } from './row-sql.ts';

type Measure = MeasureOf<'stock-accuracy'>;

/** Inventory accuracy: what the one system counts against what the other has in its books, at one instant. */
export function stockAccuracy(measure: Measure): Definition {
  const { currency, tolerances } = measure;
  const bands = Object.entries(tolerances).map(([name, share]) => `${name} ±${share * 100} %`);
  const money = currency === undefined ? {} : { currency };
  return {
    words: `At the end of the period, how many stock records of ${measure.book} agree with ${measure.actual} within the tolerance of their class (${bands.join(', ')}). Differences never cancel each other out. Movements that are still on their way are set apart.`,
    formula: `records within tolerance ÷ records compared; variance = Σ |${measure.actual} − ${measure.book}| ÷ Σ ${measure.book}`,
    unit: 'ratio',
    higherIsBetter: true,
    dims: [...(measure.parts?.titles ?? ['Record']), 'Class'],
    facts: [
      { title: 'Class', type: 'text' },
      { title: measure.actual, type: 'quantity' },
      { title: measure.book, type: 'quantity' },
      { title: 'On its way', type: 'quantity' },
      { title: 'Off by', type: 'quantity' },
      { title: 'Worth', type: 'money' },
    ],
    extras: ['absUnits', 'bookUnits', 'absValue', 'bookValue', 'inFlight'],
    systems: [measure.actual, measure.book],
    percentiles: 'exact',
    rowsSql: (window) => stockRows(measure, window),
    figures: ({ extras: [absUnits, bookUnits, absValue, bookValue, inFlight] }) => [
      { name: 'units', title: 'Variance in units', unit: 'ratio', value: ratio(absUnits, bookUnits) },
      { name: 'value', title: 'Variance in value', unit: 'ratio', value: ratio(absValue, bookValue) },
      { name: 'worth', title: 'Off by', unit: 'money', value: absValue ?? null, ...money },
      { name: 'in-flight', title: 'Units on their way', unit: 'quantity', value: inFlight ?? null },
    ],
  };
}

/** The instants at which stock is compared: where the periods end, and where the points of the trend do. */
function instantsOf({ fromMs, toMs, asOfMs, slotsMs }: Window): { label: string; atMs: number }[] {
  const ends = slotsMs.map((startMs, index) => ({
    label: String(startMs / 1000),
    startMs,
    atMs: Math.min(slotsMs[index + 1] ?? toMs, asOfMs),
  }));
  return [
    ...(fromMs <= asOfMs ? [{ label: 'previous', atMs: fromMs }] : []),
    ...(fromMs < asOfMs ? [{ label: 'current', atMs: Math.min(toMs, asOfMs) }] : []),
    ...ends.filter(({ startMs }) => startMs < asOfMs),
  ];
}

/** One row for each record that both systems know at an instant. The last belief before the instant counts. */
function stockRows(measure: Measure, window: Window): string {
  const instants = instantsOf(window);
  const times = instants.map(({ atMs }) => `fromUnixTimestamp64Milli(toInt64(${atMs}))`);
  const points = `ARRAY JOIN CAST([${instants.map(({ label }) => quote(label)).join(', ')}], 'Array(String)') AS label,
        CAST([${times.join(', ')}], 'Array(DateTime64(6))') AS instant`;
  const quantity = (alias: string) => `toDecimal128OrNull(${alias}.fields[${quote(measure.quantity)}], 6)`;
  const field = (name: string | undefined) => (name === undefined ? "''" : `b.fields[${quote(name)}]`);
  const classes = Object.entries(measure.tolerances);
  const narrowest = Math.min(...classes.map(([, share]) => share));
  const bands = classes.map(([name, share]) => `class = ${quote(name)}, toDecimal128('${share}', 6)`);
  const tolerance = `multiIf(${bands.join(', ')}, toDecimal128('${narrowest}', 6))`;
  const dims = measure.parts
    ? measure.parts.titles.map(
        (_, index) => `splitByString(${quote(measure.parts?.separator ?? '')}, level)[${index + 1}]`,
      )
    : ['level'];
  return `
    SELECT level AS id, concat(${quote(`${measure.entity}:`)}, level) AS subject, instant AS at,
      ${decimal("verdict = 'within'")} AS numerator, ${decimal('1')} AS denominator, CAST(NULL, 'Nullable(Float64)') AS measure,
      if(off <= ${tolerance} * abs(book), 'within', 'off') AS verdict,
      [label] AS bucket, [${[...dims, 'class'].join(', ')}] AS dims,
      [class, toString(actual), toString(book), toString(onWay), toString(off), toString(worth)] AS facts,
      [off, abs(book), worth, toDecimal128(abs(book) * cost, 6), abs(onWay)] AS extras
    FROM (
      SELECT g.level AS level, g.label AS label, g.instant AS instant,
        assumeNotNull(${quantity('a')}) AS actual, assumeNotNull(${quantity('b')}) AS book,
        ${field(measure.class)} AS class, ifNull(toDecimal128OrNull(${field(measure.unitCost)}, 6), ${decimal('0')}) AS cost,
        m.quantity AS onWay, abs(actual - book - onWay) AS off, toDecimal128(off * cost, 6) AS worth
      FROM (
        SELECT level, label, instant
        FROM (SELECT DISTINCT EntityId AS level FROM record_history WHERE Entity = ${quote(measure.entity)} AND Time <= {asOf:DateTime64(3)})
        ${points}
      ) AS g
      ASOF INNER JOIN ${believed(measure.entity, measure.actual)} AS a ON g.level = a.level AND g.instant >= a.since
      ASOF INNER JOIN ${believed(measure.entity, measure.book)} AS b ON g.level = b.level AND g.instant >= b.since
      LEFT JOIN ${inFlight(measure, points)} AS m ON m.level = g.level AND m.label = g.label
      WHERE a.deleted = 0 AND b.deleted = 0 AND isNotNull(${quantity('a')}) AND isNotNull(${quantity('b')})
    )`;
}

/** What a system believed of each record, and since when. */
function believed(entity: string, system: string): string {
  return `(
        SELECT EntityId AS level, Time AS since, argMax(Fields, (Version, IngestTime)) AS fields, argMax(Deleted, (Version, IngestTime)) AS deleted
        FROM record_history
        WHERE Entity = ${quote(entity)} AND System = ${quote(system)} AND Time <= {asOf:DateTime64(3)}
        GROUP BY level, since
      )`;
}

/** What was moved shortly before each instant and not booked by then, summed by record. */
function inFlight(measure: Measure, points: string): string {
  const { inFlight: moved, entity } = measure;
  if (!moved) return `(SELECT '' AS level, '' AS label, ${decimal('0')} AS quantity WHERE false)`;
  const within = `toIntervalMillisecond(${durationMs(moved.within)})`;
  return `(
        SELECT level, label, sum(quantity) AS quantity
        FROM (
          SELECT arrayFirst(k -> startsWith(k, ${quote(`${moved.entity}:`)}), Keys) AS movement,
            substring(max(arrayFirst(k -> startsWith(k, ${quote(`${entity}:`)}), Keys)), ${entity.length + 2}) AS level,
            minIfOrNull(EventTime, Event = ${quote(moved.from)}) AS movedAt,
            minIfOrNull(EventTime, Event = ${quote(moved.to)}) AS bookedAt,
            argMinIf(toDecimal128OrZero(Attributes[${quote(moved.quantity)}], 6), EventTime, Event = ${quote(moved.from)}) AS quantity
          FROM business_events
          WHERE Event IN (${quote(moved.from)}, ${quote(moved.to)})
            AND EventTime >= {previousFrom:DateTime64(3)} - ${within} AND EventTime <= {asOf:DateTime64(3)}
          GROUP BY movement
          HAVING movement != '' AND isNotNull(movedAt)
        )
        ${points}
        WHERE movedAt <= instant AND movedAt > instant - ${within} AND (isNull(bookedAt) OR bookedAt > instant)
        GROUP BY level, label
      )`;
}
