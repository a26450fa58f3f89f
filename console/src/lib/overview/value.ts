interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** Sums by currency without floats; what is no decimal is left out rather than guessed. Largest first. */
export function totalValue(values: readonly Money[]): Money[] {
  const sums = new Map<string, { units: bigint; places: number }>();
  for (const { amount, currency } of values) {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
    if (!match) continue;
    const fraction = match[3] ?? '';
    const units = BigInt(`${match[1]}${match[2]}${fraction}`);
    sums.set(
      currency,
      add(sums.get(currency) ?? { units: 0n, places: 0 }, { units, places: fraction.length }),
    );
  }
  return [...sums]
    .map(([currency, sum]) => ({
      currency,
      amount: decimalText(sum),
      size: sum.units / 10n ** BigInt(sum.places),
    }))
    .toSorted((a, b) => (a.size < b.size ? 1 : -1))
    .map(({ amount, currency }) => ({ amount, currency }));
}

interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  const scale = (one: Decimal) => one.units * 10n ** BigInt(places - one.places);
  return { units: scale(a) + scale(b), places };
}

function decimalText({ units, places }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const sign = units < 0n ? '-' : '';
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
