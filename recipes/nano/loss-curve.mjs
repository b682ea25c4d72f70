const [width, height, margin] = [720, 360, { left: 48, right: 16, top: 16, bottom: 40 }];

/** The losses of a run, as its log.jsonl has them, as an SVG picture: a line for training, points for validation. */
export function lossCurve(log) {
  const entries = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const training = entries.filter(({ loss }) => loss !== undefined).map(({ step, loss }) => [step, loss]);
  const validation = entries.flatMap(({ step, validation_loss }) =>
    validation_loss === undefined ? [] : [[step, validation_loss]],
  );
  const lastStep = Math.max(...training.map(([step]) => step));
  const most = Math.ceil(Math.max(...training.map(([, loss]) => loss)));
  const x = (step) => margin.left + (step / lastStep) * (width - margin.left - margin.right);
  const y = (loss) => height - margin.bottom - (loss / most) * (height - margin.top - margin.bottom);
  const at = ([step, loss]) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`;
  const grid = Array.from({ length: most + 1 }, (_, loss) => loss).flatMap((loss) => [
    `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(loss)}" y2="${y(loss)}" stroke="#8884"/>`,
    `<text x="${margin.left - 8}" y="${y(loss) + 4}" text-anchor="end">${loss}</text>`,
  ]);
  const every = Math.ceil(lastStep / 6 / 500) * 500;
  const ticks = Array.from({ length: Math.floor(lastStep / every) + 1 }, (_, index) => index * every).map(
    (step) => `<text x="${x(step)}" y="${height - margin.bottom + 18}" text-anchor="middle">${step}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#777">
<title>Loss of replies by step: training as a line, validation as points</title>
${[...grid, ...ticks].join("\n")}
<polyline points="${training.map(at).join(" ")}" fill="none" stroke="#3b82f6" stroke-width="1"/>
${validation.map((point) => `<circle cx="${at(point).replace(",", '" cy="')}" r="3.5" fill="#f97316"/>`).join("\n")}
<text x="${width - margin.right}" y="${height - 6}" text-anchor="end">step; nats a token: training (line), validation (points)</text>
</svg>
`;
}
