import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sendReports } from '@plumbline/control-plane/kpis/reports.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStand, type Stand } from '../api/stand.ts';

const catalog = `
apiVersion: plumbline/v1
kind: Kpi
metadata: { name: exceptions, displayName: Exceptions }
spec: { timeZone: America/Chicago, measure: { kind: findings } }
---
apiVersion: plumbline/v1
kind: KpiReport
metadata: { name: weekly, displayName: Weekly }
spec: { period: week, at: '07:00', timeZone: America/Chicago, channel: management, to: [cfo@plumbline.example] }
`;

const mails: string[] = [];
let refuses = false;
let smtp: Server;
let stand: Stand;
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-reports-'));
  await writeFile(path.join(directory, 'kpis.yaml'), catalog);
  smtp = createServer(serve);
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.address() as AddressInfo;
  stand = await openStand(directory, undefined, {
    PLUMBLINE_CHANNEL_MANAGEMENT: `smtp://127.0.0.1:${port}?security=none&from=plumbline@plumbline.example&to=all@plumbline.example`,
    PLUMBLINE_NOTIFY_NETWORKS: '127.0.0.0/8',
  });
}, 120_000);
afterAll(async () => {
  smtp?.close();
  await stand?.close();
  await rm(directory, { recursive: true, force: true });
});

/** As much of SMTP as a mail needs. */
function serve(socket: Socket): void {
  let isData = false;
  let text = '';
  socket.write('220 test\r\n');
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => {
    text += String(part);
    for (;;) {
      const end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const line = text.slice(0, end);
      text = text.slice(end + (isData ? 5 : 2));
      if (isData) {
        isData = false;
        mails.push(line);
        socket.write('250 taken\r\n');
      } else if (/^DATA/i.test(line)) {
        isData = true;
        socket.write('354 go on\r\n');
      } else if (/^RCPT/i.test(line) && refuses) {
        socket.write('451 later\r\n');
      } else {
        socket.write(/^QUIT/i.test(line) ? '221 bye\r\n' : '250 ok\r\n');
      }
    }
  });
}

async function tickAt(instant: string, owner: string = randomUUID()): Promise<void> {
  stand.clock.now = new Date(instant);
  await stand.context.postgres.query("UPDATE job_leases SET lease_until = now() - interval '1 second'");
  await sendReports(stand.context, owner);
}

test('a report goes out once its week is over, to its own readers, and once only, whoever starts again', async () => {
  await tickAt('2026-11-23T12:59:00Z');
  expect(mails).toHaveLength(0);
  await tickAt('2026-11-23T13:00:00Z');
  expect(mails).toHaveLength(1);
  expect(mails[0]).toMatch(/^To: cfo@plumbline\.example$/m);
  expect(mails[0]).toMatch(/^Message-ID: <kpi-report\.weekly\.2026-11-16@plumbline\.example>$/im);
  expect(mails[0]).toContain('text/html');
  await tickAt('2026-11-23T13:01:00Z');
  await tickAt('2026-11-24T12:00:00Z');
  expect(mails).toHaveLength(1);
});

test('two processes at once send one mail', async () => {
  stand.clock.now = new Date('2026-11-30T13:00:30Z');
  await stand.context.postgres.query("UPDATE job_leases SET lease_until = now() - interval '1 second'");
  await Promise.all([randomUUID(), randomUUID()].map((owner) => sendReports(stand.context, owner)));
  expect(mails).toHaveLength(2);
});

test('a mail that was surely not taken is tried again later; one that may have been is not', async () => {
  refuses = true;
  await tickAt('2026-12-07T13:00:00Z');
  refuses = false;
  await tickAt('2026-12-07T13:05:00Z');
  expect(mails).toHaveLength(2);
  await tickAt('2026-12-07T13:15:00Z');
  expect(mails).toHaveLength(3);
  await stand.context.postgres.query(
    `INSERT INTO kpi_report_mails (report, date, outcome, attempts, at) VALUES ('weekly', '2026-12-07', 'sending', 1, '2026-12-14T13:00:00Z')`,
  );
  await tickAt('2026-12-14T13:30:00Z');
  expect(mails).toHaveLength(3);
  const { rows } = await stand.context.postgres.query<{ outcome: string }>(
    "SELECT outcome FROM kpi_report_mails WHERE date = '2026-12-07'",
  );
  expect(rows[0]?.outcome).toBe('unknown');
});

test('a report that is a day late is not sent any more, and the preview is the mail', async () => {
  await tickAt('2026-12-22T13:00:01Z');
  expect(mails).toHaveLength(3);
  const token = await stand.tokenOf('viewer');
  const preview = await stand.ask('GET', '/kpi-reports/weekly/preview', { token });
  const mail = preview.body as { to: string[]; subject: string };
  expect(mail.to).toEqual(['cfo@plumbline.example']);
  expect(mail.subject).toContain('2026-12-14');
});
