import { findErrorBy, GenericError, MultipleErrors } from '@platformatic/kafka';

/** The broker's own word for what went wrong, such as UNKNOWN_TOPIC_OR_PARTITION; undefined: it did not answer. */
export function brokerCode(error: unknown): string | undefined {
  for (const inner of flatten(error)) {
    if (inner instanceof GenericError && typeof inner['apiId'] === 'string') return inner['apiId'];
  }
  return undefined;
}

/** Why it can never work until somebody acts, in a sentence; undefined: trying again may help. */
export function hopeless(error: unknown, topic: string): string | undefined {
  if (error instanceof Error && findErrorBy(error, 'code', 'PLT_KFK_AUTHENTICATION'))
    return 'Kafka refuses the user or the password: mend the URL of the connection.';
  switch (brokerCode(error) ?? unknownTopic(error)) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'UNKNOWN_TOPIC_ID':
      return `Kafka has no topic ${topic}: create it, or mend its name in the catalog.`;
    case 'INVALID_TOPIC_EXCEPTION':
      return `${topic} cannot be the name of a topic: mend it in the catalog.`;
    case 'TOPIC_AUTHORIZATION_FAILED':
      return `Kafka does not let this user at the topic ${topic}: grant it READ, WRITE and DESCRIBE there.`;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `Kafka does not let this user into its consumer group: grant it READ on the group, or name another one with ?group=.`;
    default:
      return undefined;
  }
}

/** The client itself says of a topic that the metadata do not name: Unknown topic. */
function unknownTopic(error: unknown): string | undefined {
  const unknown = flatten(error).some((e) => e instanceof Error && e.message.startsWith('Unknown topic '));
  return unknown ? 'UNKNOWN_TOPIC_OR_PARTITION' : undefined;
}

/** The innermost sentence, without the client's own words around it. */
export function sentenceOf(error: unknown): string {
  const inner = flatten(error).at(-1);
  const code = brokerCode(error);
  const message = inner instanceof Error ? inner.message : String(inner);
  return code ? `${code}: ${message}` : message;
}

function flatten(error: unknown): unknown[] {
  const inner: unknown[] = [error];
  if (error instanceof AggregateError || error instanceof MultipleErrors)
    inner.push(...error.errors.flatMap(flatten));
  if (error instanceof Error && error.cause !== undefined) inner.push(...flatten(error.cause));
  return inner;
}
