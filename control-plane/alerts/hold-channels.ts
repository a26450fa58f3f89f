import { openChannel, type ChannelSettings } from '@plumbline/slo/notify/open-channel.ts';
import type { Channel, Delivery } from '@plumbline/slo/notify/notification.ts';
import { createReach } from '@plumbline/slo/notify/reach.ts';

const limitMs = 10_000;

export interface HeldChannel {
  readonly name: string;
  readonly kind: ChannelSettings['kind'];
  readonly channel: Channel;
  /** Why nothing is sent there any more: the receiver said that it is gone. */
  readonly off: string | undefined;
}

/** The channels of this installation by name. */
export interface ChannelHolder {
  readonly all: () => readonly HeldChannel[];
  readonly find: (name: string) => HeldChannel | undefined;
  /** Those that may be sent to. */
  readonly open: () => ReadonlyMap<string, Channel>;
}

/**
 * Opens the channels once. One whose receiver answers that it is gone for good is switched off until the process starts
 * again, which is when its settings can have changed.
 */
export function holdChannels(
  settings: ReadonlyMap<string, ChannelSettings>,
  networks: readonly string[],
  now: () => Date,
): ChannelHolder {
  const context = { reach: createReach(networks), now, limitMs };
  const gone = new Map<string, string>();
  const noting = (name: string, channel: Channel): Channel => ({
    ...channel,
    deliver: async (...act): Promise<Delivery> => {
      const delivery = await channel.deliver(...act);
      if (delivery.kind === 'gone') gone.set(name, delivery.reason);
      return delivery;
    },
  });
  const opened = [...settings].map(([name, one]) => ({
    name,
    kind: one.kind,
    channel: noting(name, openChannel(one, context)),
  }));
  const all = () => opened.map((one): HeldChannel => ({ ...one, off: gone.get(one.name) }));
  return {
    all,
    find: (name) => all().find((one) => one.name === name),
    open: () =>
      new Map(opened.filter(({ name }) => !gone.has(name)).map(({ name, channel }) => [name, channel])),
  };
}
