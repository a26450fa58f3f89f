/** Properties of AMQP that travel as headers, so that they survive storing. */
export const propertiesKept = [
  'contentEncoding',
  'correlationId',
  'replyTo',
  'type',
  'appId',
  'priority',
  'timestamp',
] as const;

type Kept = (typeof propertiesKept)[number];

/** Header that remembers the values that were no text: names, each with tag and bytes. Never sent. */
export const typesHeader = 'amqp.types';

/** What the broker itself writes, which would count a replay with what was before; and who else got a copy. */
const ofBroker = /^(CC|BCC)$|^x-(death|delivery-count|(first|last)-death-(queue|exchange|reason))$/;

export function headerOf(property: Kept): string {
  return `amqp.${property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const notSent = new Set([typesHeader, ...propertiesKept.map(headerOf)]);

/** False: the header stands for something else, or is the broker's own. */
export function isSent(name: string): boolean {
  return !notSent.has(name) && !ofBroker.test(name);
}

export function isOfBroker(name: string): boolean {
  return ofBroker.test(name);
}
