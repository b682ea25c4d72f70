import type { Terminal } from "../output/terminal.ts";

/** What `bayling chat` says when nobody names a model. */
export function gettingAModel({ paint }: Terminal): string[] {
  const command = (text: string) => `  ${paint("cyan", text)}`;
  const title = (text: string) => paint("bold", text);
  return [
    title("To chat, name a model of the LLaMA family: a .gguf file, a folder of Hugging Face, or a URL."),
    "",
    "Llama 1 to 3, Mistral, Qwen2 and Qwen3 run, also with quantized weights (Q4_K_M, Q8_0 and others).",
    "",
    title("Where to get one"),
    "  huggingface.co/models?library=gguf lists thousands. Take one whose name says Instruct or Chat,",
    "  and of its files one that ends in Q4_K_M.gguf or Q8_0.gguf.",
    "",
    title("Which size fits"),
    "  The file has to fit into memory, with some room for the context.",
    "    0.5 B parameters   0.4 to 0.6 GB   answers at once, knows little",
    "    1 to 3 B           0.8 to 3 GB     good on a laptop",
    "    7 to 8 B           4 to 8 GB       needs 8 to 16 GB of memory, and patience on a processor",
    `  ${paint("dim", "bayling inspect tells exactly, before anything is downloaded: it takes a URL, too.")}`,
    "",
    title("Then"),
    command("bayling chat path/to/model.gguf"),
    command("bayling chat https://…/model.gguf"),
    `  ${paint("dim", "# from a checkout:")}`,
    command("npm start -- path/to/model.gguf"),
    command("node apps/cli/dist/bayling.js inspect https://…/model.gguf"),
  ];
}
