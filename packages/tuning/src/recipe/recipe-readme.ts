import type { TrainingDataReport } from "./training-data.ts";

interface RecipeFacts {
  readonly train: TrainingDataReport;
  readonly valid: TrainingDataReport;
  readonly template: string;
  readonly base: string | undefined;
}

/** What a recipe says of itself. */
export function recipeReadme({ train, valid, template, base }: RecipeFacts): string {
  const count = (number: number) => number.toLocaleString("en-US");
  const row = (name: string, { dialogues, tokens, replyTokens, shortened, leftOut }: TrainingDataReport) =>
    `| ${name} | ${[dialogues, tokens, replyTokens, shortened, leftOut].map(count).join(" | ")} |`;
  return `# A recipe

Trains ${base === undefined ? "a model from scratch" : "a checkpoint"} on dialogues, in the template \`${template}\`; the loss is that of replies alone.

\`\`\`sh
python3 train.py                      # run it again to go on where it was stopped
torchrun --nproc-per-node 8 train.py  # several GPUs
bayling convert run/model model.gguf --type Q8_0
\`\`\`

It needs PyTorch 1.13 or newer and NumPy; with Hugging Face Transformers it trains their model, which the kinds beyond
Llama and Mistral need. \`run/log.jsonl\` has the losses, \`run/model\` the weights with the least loss on \`valid\`.

| | dialogues | tokens | of replies | lost turns | left out |
| --- | --- | --- | --- | --- | --- |
${row("train", train)}
${row("valid", valid)}

\`data/*.tokens\` are uint32, \`*.loss\` uint8, \`*.starts\` uint64, all little-endian. \`config.json\` holds every setting.
`;
}
