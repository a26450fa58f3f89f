/**
 * What each KPI is, said a second time, over the tables of the distributor in PostgreSQL and by its own numbers instead of
 * business keys. Parameters: $1 and $2 the period, $3 up to when anything is known.
 */
export const orderLatency = `
  WITH orders AS (
    SELECT order_no, p.at AS placed_at, p.at + interval '15 minutes' AS due_at, a.accepted_at
    FROM books.statement p
    LEFT JOIN (SELECT order_no, min(at) AS accepted_at FROM books.statement WHERE name = 'order.accepted' GROUP BY order_no) a
      USING (order_no)
    WHERE p.name = 'order.placed'
  )
  SELECT count(*)::int AS n, count(*) FILTER (WHERE accepted_at <= due_at)::float AS numerator, count(*)::float AS denominator,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM accepted_at - placed_at) * 1000)::float AS p95,
    count(*) FILTER (WHERE accepted_at IS NULL)::int AS open
  FROM orders WHERE due_at >= $1 AND due_at < $2 AND due_at <= $3`;

/** A shipment SH-n is billed by the invoice INV-n. */
export const invoiceTimeliness = `
  SELECT count(*)::int AS n, count(i.invoice_no) FILTER (WHERE i.changed_at <= s.changed_at + interval '2 hours')::float AS numerator,
    count(*)::float AS denominator,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM i.changed_at - s.changed_at) * 1000)::float AS p95,
    count(*) FILTER (WHERE i.invoice_no IS NULL)::int AS open
  FROM wms.shipment s LEFT JOIN erp.invoice i ON substr(i.invoice_no, 5) = substr(s.shipment_no, 4)
  WHERE s.changed_at + interval '2 hours' >= $1 AND s.changed_at + interval '2 hours' < $2
    AND s.changed_at + interval '2 hours' <= $3`;

/** Both systems' last figures before the end of the period, and what had left one and not come to the other. */
export const stockAccuracy = `
  WITH moment AS (SELECT least($2::timestamptz, $3::timestamptz) AS at, $1::timestamptz AS begun),
  last AS (
    SELECT DISTINCT ON (system, level) system, level, on_hand, unit_cost, class
    FROM books.stock, moment WHERE books.stock.at <= moment.at ORDER BY system, level, books.stock.at DESC
  ),
  away AS (
    SELECT level, sum(quantity) AS quantity FROM books.movement, moment
    WHERE moved_at <= moment.at AND moved_at > moment.at - interval '1 hour' AND coalesce(booked_at > moment.at, true)
    GROUP BY level
  ),
  pairs AS (
    SELECT e.class, e.on_hand AS book, e.unit_cost, coalesce(a.quantity, 0) AS away,
      abs(w.on_hand - e.on_hand - coalesce(a.quantity, 0)) AS off
    FROM last w JOIN last e ON w.level = e.level AND w.system = 'wms' AND e.system = 'erp' LEFT JOIN away a ON a.level = w.level
  )
  SELECT count(*)::int AS n,
    count(*) FILTER (WHERE off <= book * CASE class WHEN 'A' THEN 0.01 WHEN 'B' THEN 0.03 ELSE 0.05 END)::float AS numerator,
    count(*)::float AS denominator, (sum(off) / sum(book))::float AS units, (sum(off * unit_cost) / sum(book * unit_cost))::float AS value,
    sum(abs(away))::float AS away
  FROM pairs`;

/** Whoever does not say that it gave up has, when nothing follows within an hour. */
export const failedMessages = `
  WITH ends AS (
    SELECT flow, message, bool_or(NOT failed) AS came_home,
      min(at) FILTER (WHERE NOT failed) AS home_at,
      min(at) FILTER (WHERE outcome = 'dead_lettered' AND says_outcome) AS dead_at,
      min(at) FILTER (WHERE failed AND NOT says_outcome) AS failed_at, max(at) AS last_at
    FROM books.attempt GROUP BY flow, message
  ),
  judged AS (
    SELECT NOT came_home AS lost, coalesce(home_at, dead_at, CASE WHEN last_at + interval '1 hour' <= $3 THEN failed_at END) AS at FROM ends
  )
  SELECT count(*)::int AS n, count(*) FILTER (WHERE lost)::float AS numerator, count(*)::float AS denominator
  FROM judged WHERE at >= $1 AND at < $2 AND at <= $3`;

export const apiPerformance = `
  SELECT count(*)::int AS n,
    (count(*) FILTER (WHERE NOT failed AND duration_ns <= 500e6)
      + count(*) FILTER (WHERE NOT failed AND duration_ns > 500e6 AND duration_ns <= 2000e6) * 0.5)::float AS numerator,
    count(*)::float AS denominator,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ns / 1e6)::float AS p95
  FROM books.attempt WHERE is_http AND at >= $1 AND at < $2 AND at <= $3`;

/** Three processes, each by what it must reach; returns within twelve hours in which the warehouse is open. */
export const workflowAdherence = `
  WITH needs (process, name) AS (VALUES
    ('order', 'order.placed'), ('order', 'order.accepted'), ('order', 'tax_determination.made'), ('order', 'order.released'),
    ('order', 'shipment.posted'), ('order', 'delivery.dispatched'), ('order', 'invoice.issued'), ('order', 'payment.captured'),
    ('order', 'journal_entry.posted'), ('order', 'delivery.delivered'),
    ('stock', 'stock_movement.posted'), ('stock', 'stock_movement.booked'), ('stock', 'stock_movement.published'), ('stock', 'stock_movement.listed'),
    ('return', 'return.received'), ('return', 'return.booked'), ('return', 'credit_memo.issued')),
  firsts AS (
    SELECT n.process, n.name, CASE n.process WHEN 'order' THEN s.order_no ELSE replace(s.subject, 'CM-', 'RMA-') END AS run, min(s.at) AS at
    FROM needs n JOIN books.statement s USING (name) GROUP BY 1, 2, 3
  ),
  runs AS (
    SELECT process, run, count(*) = (SELECT count(*) FROM needs WHERE needs.process = firsts.process) AS complete,
      min(at) FILTER (WHERE name IN ('order.placed', 'stock_movement.posted', 'return.received')) AS began_at, max(at) AS ended_at
    FROM firsts GROUP BY process, run
  ),
  open_minutes AS (
    SELECT minute, row_number() OVER (ORDER BY minute) AS number
    FROM generate_series('2026-11-10 06:00Z'::timestamptz, '2026-11-30 06:00Z'::timestamptz, interval '1 minute') AS minute
    WHERE CASE WHEN extract(isodow FROM minute AT TIME ZONE 'America/Chicago') < 6
        THEN (minute AT TIME ZONE 'America/Chicago')::time >= '05:00' AND (minute AT TIME ZONE 'America/Chicago')::time < '23:00'
        ELSE (minute AT TIME ZONE 'America/Chicago')::time >= '07:00' AND (minute AT TIME ZONE 'America/Chicago')::time < '19:00' END
      AND (minute AT TIME ZONE 'America/Chicago')::date NOT IN ('2026-11-11', '2026-11-26')
  ),
  due AS (
    SELECT r.*, CASE process WHEN 'order' THEN began_at + interval '3 days' WHEN 'stock' THEN began_at + interval '45 minutes'
      ELSE (SELECT after.minute + CASE WHEN began_at >= here.minute AND began_at < here.minute + interval '1 minute'
                                       THEN began_at - here.minute ELSE interval '0' END
            FROM (SELECT minute, number FROM open_minutes WHERE minute > began_at - interval '1 minute' ORDER BY minute LIMIT 1) here
            JOIN open_minutes after ON after.number = here.number + 720) END AS due_at
    FROM runs r WHERE began_at IS NOT NULL
  )
  SELECT count(*)::int AS n, count(*) FILTER (WHERE complete AND ended_at <= due_at)::float AS numerator, count(*)::float AS denominator,
    count(*) FILTER (WHERE NOT complete)::int AS open
  FROM due WHERE due_at >= $1 AND due_at < $2 AND due_at <= $3`;
