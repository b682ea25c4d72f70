import type { Model } from "@bayling/core";
import { type Listening, listen } from "../listen.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { loadTinyModel } from "./tiny-model.ts";

export interface TinyServer extends AsyncDisposable {
  readonly url: string;
  readonly model: Model;
  readonly server: Server;
}

/** A real server of a tiny random model, on a free port of this machine. */
export async function serveTinyModel(options: Partial<ServerOptions> = {}): Promise<TinyServer> {
  const model = await loadTinyModel();
  const server = await createServer({ models: [{ model, id: "tiny" }], ...options });
  const listening: Listening = await listen(server, { port: 0 });
  return {
    ...{ url: listening.url, model, server },
    async [Symbol.asyncDispose]() {
      await listening.close({ signal: AbortSignal.abort() });
      await model.dispose();
    },
  };
}
