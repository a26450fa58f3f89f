import { join } from 'node:path';
import { burstOn, messagesOn } from '../business/burst.ts';
import { createBurstNumbers } from '../business/burst-numbers.ts';
import type { FaultPlan } from '../business/faults.ts';
import { inject, type createBusiness } from '../business/simulate.ts';
import type { Step } from '../business/types.ts';
import type { Config } from '../config.ts';
import type { ManifestFile } from '../manifest-file.ts';
import type { Exporter } from '../telemetry/exporter.ts';
import { createControl } from './control.ts';
import { createDesk } from './desk.ts';
import type { Door } from './door.ts';
import { emitWhenOver } from './emit-when-over.ts';
import { createGateway } from './gateway.ts';
import type { Inbox } from './inbox.ts';
import type { Intake } from './intake.ts';
import { diedOverHttp, isDeath } from './letters.ts';
import { runLive } from './run.ts';
import type { Tables } from './tables.ts';

type Emit = (step: Step) => void;

/** A business whose past is told. */
export interface Told {
  readonly config: Config;
  readonly business: ReturnType<typeof createBusiness>;
  readonly faults: FaultPlan;
  readonly exporter: Exporter;
  readonly manifest: ManifestFile;
  readonly tables: Tables | undefined;
  readonly inbox: Inbox;
  readonly intake: Intake | undefined;
  readonly fresh: boolean;
  readonly told: (untilMs: number) => void;
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
  readonly door: Door;
  readonly now: () => number;
  /** Turns a step into telemetry. */
  readonly emit: Emit;
  /** Takes over the steps of what began in the simulated past. */
  readonly simulated: (emit: Emit) => void;
}

/** Goes on with it on the real clock, with a control endpoint beside it, until it is told to stop. */
export async function goLive(past: Told): Promise<void> {
  const { config, business, faults, inbox, manifest, door, now, say, stop } = past;
  // What began before lies in no real queue, so its dead letters are handed in however it travelled.
  past.simulated(emitter(past, () => true));
  const emit = emitter(past, diedOverHttp);
  const desk = createDesk(business, inbox, now, stop);
  const control = createControl({
    faults,
    inbox,
    note: manifest.write,
    latest: manifest.latest,
    now,
    gateway: createGateway(desk, emit, now),
    burst: burstOf(past),
  });
  const live = () => {
    door.lead(control);
    say(
      `live. Break something: curl -X POST -H 'content-type: application/json' -d '{"kind":"outage","flow":"shop-order-to-erp","minutes":1,"burst":400}' http://127.0.0.1:${door.port}/faults`,
    );
  };
  const { amqpUrl, kafkaUrl } = config;
  const filesDir = join(config.dataDir, 'distributor-files');
  await runLive({ ...past, amqpUrl, kafkaUrl, desk, emit, filesDir, live });
}

function emitter({ emit, intake, now, stop }: Told, isHandedIn: typeof diedOverHttp): Emit {
  return emitWhenOver(
    (step) => {
      emit(step);
      if (isDeath(step) && isHandedIn(step)) intake?.put(step);
    },
    now,
    stop,
  );
}

function burstOf({ business, config, now }: Told) {
  const numbers = createBurstNumbers();
  return (flow: string, count: number): string[] | undefined => {
    const taken = numbers.take(count, now());
    if (!taken) return undefined;
    const effects = burstOn(flow, config.seed, taken, now());
    inject(business, effects, now());
    return messagesOn(flow, effects).map(({ id }) => id);
  };
}
