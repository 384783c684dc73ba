/** The reference: every statistic from its definition, on plain arrays, each on its own. */

const PERIODS = 252;
const Z_95 = -1.6448536269514722;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const deviation = (values: readonly number[]): number => {
  const center = mean(values);
  return Math.sqrt(sum(values.map((value) => (value - center) ** 2)) / (values.length - 1));
};
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [meanA, meanB] = [mean(a), mean(b)];
  return sum(a.map((value, i) => (value - meanA) * ((b[i] ?? 0) - meanB))) / (a.length - 1);
};
const moment = (values: readonly number[], power: number): number => {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** power));
};
const growth = (values: readonly number[]): number =>
  values.reduce((product, value) => product * (1 + value), 1);
const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);
const quantile = (values: readonly number[], probability: number): number => {
  const ascending = sorted(values);
  const position = (ascending.length - 1) * probability;
  const below = Math.floor(position);
  const lower = ascending[below] ?? 0;
  return lower + (position - below) * ((ascending[below + 1] ?? lower) - lower);
};
const drawdowns = (values: readonly number[]): readonly number[] => {
  let level = 1;
  let peak = 1;
  return values.map((value) => {
    level *= 1 + value;
    peak = Math.max(peak, level);
    return level / peak - 1;
  });
};
const cagr = (r: readonly number[]): number => growth(r) ** (PERIODS / r.length) - 1;
const volatility = (r: readonly number[]): number => deviation(r) * Math.sqrt(PERIODS);
const sharpe = (r: readonly number[]): number => (mean(r) / deviation(r)) * Math.sqrt(PERIODS);
const downside = (r: readonly number[]): number =>
  Math.sqrt(mean(r.map((value) => Math.min(value, 0) ** 2)));
const minus = (r: readonly number[], b: readonly number[]): readonly number[] =>
  r.map((value, i) => value - (b[i] ?? 0));
const worst = (r: readonly number[]): readonly number[] =>
  sorted(r).slice(0, Math.ceil(0.05 * r.length));
const ulcer = (r: readonly number[]): number =>
  Math.sqrt(mean(drawdowns(r).map((depth) => depth ** 2)));
const skew = (r: readonly number[]): number => moment(r, 3) / moment(r, 2) ** 1.5;
const kurtosis = (r: readonly number[]): number => moment(r, 4) / moment(r, 2) ** 2 - 3;
const beta = (r: readonly number[], b: readonly number[]): number =>
  covariance(r, b) / deviation(b) ** 2;
const geometricMean = (r: readonly number[]): number => growth(r) ** (1 / r.length) - 1;
const density = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

function cornishFisher(r: readonly number[]): number {
  const [s, k, z] = [skew(r), kurtosis(r), Z_95];
  const corrected =
    z + ((z ** 2 - 1) * s) / 6 + ((z ** 3 - 3 * z) * k) / 24 - ((2 * z ** 3 - 5 * z) * s ** 2) / 36;
  return -(mean(r) + corrected * deviation(r));
}

function stability(r: readonly number[]): number {
  let level = 0;
  const logs = r.map((value) => (level += Math.log1p(value)));
  const time = logs.map((_, index) => index);
  return (covariance(logs, time) / (deviation(logs) * deviation(time))) ** 2;
}

export type PlainAbsolute = Record<string, (r: readonly number[]) => number>;

const ABSOLUTE: PlainAbsolute = {
  TOTAL_RETURN: (r) => growth(r) - 1,
  CAGR: cagr,
  VOLATILITY: volatility,
  SHARPE: sharpe,
  SORTINO: (r) => (mean(r) / downside(r)) * Math.sqrt(PERIODS),
  DOWNSIDE_RISK: (r) => downside(r) * Math.sqrt(PERIODS),
  OMEGA: (r) => sum(r.filter((value) => value > 0)) / -sum(r.filter((value) => value < 0)),
  MAX_DRAWDOWN: (r) => Math.min(0, ...drawdowns(r)),
  CALMAR: (r) => cagr(r) / Math.abs(Math.min(0, ...drawdowns(r))),
  ULCER_INDEX: ulcer,
  MARTIN: (r) => cagr(r) / ulcer(r),
  VAR_95: (r) => -(worst(r).at(-1) ?? 0),
  CVAR_95: (r) => -mean(worst(r)),
  VAR_95_NORMAL: (r) => -(mean(r) + Z_95 * deviation(r)),
  CVAR_95_NORMAL: (r) => -mean(r) + (deviation(r) * density(Z_95)) / 0.05,
  VAR_95_CORNISH_FISHER: cornishFisher,
  TAIL_RATIO: (r) => Math.abs(quantile(r, 0.95)) / Math.abs(quantile(r, 0.05)),
  SKEWNESS: skew,
  EXCESS_KURTOSIS: kurtosis,
  HIT_RATE: (r) => r.filter((value) => value > 0).length / r.length,
  PAYOFF: (r) => mean(r.filter((value) => value > 0)) / -mean(r.filter((value) => value < 0)),
  STABILITY: stability,
};

type Relative = Record<string, (r: readonly number[], b: readonly number[]) => number>;

const RELATIVE: Relative = {
  BETA: beta,
  ALPHA: (r, b) => (mean(r) - beta(r, b) * mean(b)) * PERIODS,
  CORRELATION: (r, b) => covariance(r, b) / (deviation(r) * deviation(b)),
  TRACKING_ERROR: (r, b) => volatility(minus(r, b)),
  INFORMATION_RATIO: (r, b) => (mean(minus(r, b)) * PERIODS) / volatility(minus(r, b)),
  UP_CAPTURE: (r, b) => captureWhere(r, b, (value) => value > 0),
  DOWN_CAPTURE: (r, b) => captureWhere(r, b, (value) => value <= 0),
  TREYNOR: (r, b) => (mean(r) * PERIODS) / beta(r, b),
  M_SQUARED: (r, b) => sharpe(r) * volatility(b),
};

function captureWhere(
  r: readonly number[],
  b: readonly number[],
  isTaken: (value: number) => boolean,
): number {
  const own = r.filter((_, index) => isTaken(b[index] ?? 0));
  return geometricMean(own) / geometricMean(b.filter(isTaken));
}

const returnsOf = (levels: readonly number[]): readonly number[] =>
  levels.slice(1).map((level, index) => level / (levels[index] ?? 0) - 1);

export interface PlainReport {
  readonly metrics: ReadonlyMap<string, number>;
  readonly benchmarkMetrics: ReadonlyMap<string, number>;
  readonly months: ReadonlyMap<string, number>;
}

/** For a risk-free rate and a minimum return of zero. */
export function plainReport(
  { levels, turnovers }: { levels: readonly number[]; turnovers: readonly number[] },
  benchmark: readonly number[],
  dates: readonly string[],
): PlainReport {
  const r = returnsOf(levels);
  const b = returnsOf(benchmark);
  const absolute = (series: readonly number[]): [string, number][] =>
    Object.entries(ABSOLUTE).map(([name, of]) => [name, of(series)]);
  const relative = Object.entries(RELATIVE).map(([name, of]): [string, number] => [name, of(r, b)]);
  const months = new Map<string, number>();
  r.forEach((value, index) => {
    const month = dates[index + 1]?.slice(0, 7) ?? '';
    months.set(month, (1 + (months.get(month) ?? 0)) * (1 + value) - 1);
  });
  const turnover = (sum(turnovers) * PERIODS) / r.length;
  return {
    metrics: new Map([...absolute(r), ...relative, ['TURNOVER', turnover]]),
    benchmarkMetrics: new Map(absolute(b)),
    months,
  };
}
