/** Decimal text of any length as money: grouped, two places at least, never through a float. */
export function money(amount: string, currency: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount.trim());
  if (!match) return `${amount} ${currency}`.trim();
  const [, sign = '', integer = '0', fraction = ''] = match;
  const grouped = integer.replace(/\B(?=(\d{3})+$)/g, ',');
  const kept = fraction.replace(/0+$/, '').padEnd(2, '0');
  return `${sign ? '−' : ''}${grouped}.${kept} ${currency}`.trim();
}

/** Several currencies are never added up: `1,200.00 USD + 90.00 CAD`. */
export function moneys(values: readonly { amount: string; currency: string }[]): string {
  return values.map((value) => money(value.amount, value.currency)).join(' + ');
}
