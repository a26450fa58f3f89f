/** SQL for an instant of unix milliseconds or RFC 3339 text as Nullable(DateTime64(6)); NULL when it is neither. */
export function instantOf(text: string): string {
  return (
    `multiIf(${text} = '', NULL, match(${text}, '^[0-9]{11,14}(\\\\.[0-9]+)?$'), ` +
    `fromUnixTimestamp64Micro(toInt64(toFloat64OrZero(${text}) * 1000)), ` +
    `parseDateTime64BestEffortOrNull(${text}, 6, 'UTC'))`
  );
}
