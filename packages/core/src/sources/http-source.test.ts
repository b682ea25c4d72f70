import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readGguf } from "../formats/gguf-reader.ts";
import { failure, ggufBytes } from "../testing/gguf-bytes.ts";
import type { ByteSource } from "./byte-source.ts";
import { openHttpSource } from "./http-source.ts";
import { openSource } from "./open-source.ts";

const content = Uint8Array.from({ length: 700_000 }, (_, index) => (index * 7919) >> 3);
const slice = (start: number, length: number): Uint8Array => content.slice(start, start + length);

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

let server: Server;
let handler: Handler;
let requests: IncomingMessage[];
let url: URL;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/models/a.gguf?token=secret`);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function requestedRange(request: IncomingMessage, size = content.length): { first: number; last: number } {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (match === null) throw new Error(`no range in ${JSON.stringify(request.headers)}`);
  return { first: Number(match[1]), last: Math.min(Number(match[2]), size - 1) };
}

/** What a proper server does. */
function sendRange(request: IncomingMessage, response: ServerResponse, headers: Record<string, string> = {}): void {
  const { first, last } = requestedRange(request);
  response.writeHead(206, {
    "Content-Range": `bytes ${first}-${last}/${content.length}`,
    "Content-Length": String(last - first + 1),
    ...headers,
  });
  response.end(content.subarray(first, last + 1));
}

const open = (retryDelays: readonly number[] = [1, 1, 1]): Promise<ByteSource> => openHttpSource(url, { retryDelays });

describe("with ranges", () => {
  test("reads what is asked for and no more", async () => {
    handler = (request, response) => sendRange(request, response);
    const source = await open();
    expect(source.size).toBe(content.length);
    expect(source.name).toBe(`${url.origin}/models/a.gguf`);
    expect(await source.read(10, 100)).toEqual(slice(10, 100));
    expect(requests).toHaveLength(1); // Within what the opening request fetched.
    expect(await source.read(262_000, 1000)).toEqual(slice(262_000, 1000));
    expect(await source.read(content.length - 1, 1)).toEqual(slice(content.length - 1, 1));
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      "bytes=0-262143",
      "bytes=262000-262999",
      "bytes=699999-699999",
    ]);
    expect(await source.read(content.length, 0)).toHaveLength(0);
    await failure(source.read(content.length - 1, 2), "gguf-truncated");
    await failure(source.read(-1, 2), "argument-invalid");
    await source.dispose();
    await failure(source.read(0, 1), "disposed");
  });

  test("reads a GGUF file by string and by URL", async () => {
    const data = Uint8Array.from({ length: 400_000 }, (_, index) => index);
    const file = await ggufBytes(
      [["general.name", { type: "string", value: "far" }]],
      [{ name: "x", type: "I8", shape: [400_000], data }],
    );
    handler = (request, response) => {
      const { first, last } = requestedRange(request, file.length);
      response.writeHead(206, { "Content-Range": `bytes ${first}-${last}/${file.length}` });
      response.end(file.subarray(first, last + 1));
    };
    for (const input of [url.href, url]) {
      const opened = await readGguf(input);
      expect(opened.metadata.string("general.name")).toBe("far");
      expect(Buffer.compare(await opened.readTensor("x"), data)).toBe(0);
    }
  });

  test("knows its content by a strong entity tag, and by no weak one", async () => {
    const keys: unknown[] = [];
    for (const tag of ['"a"', '"a"', '"b"', 'W/"a"', undefined]) {
      handler = (request, response) => sendRange(request, response, tag === undefined ? {} : { ETag: tag });
      keys.push((await open()).contentKey);
    }
    expect(keys[0]).toContain('"a"');
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys.slice(3)).toEqual([undefined, undefined]);
    url.search = "?token=other";
    handler = (request, response) => sendRange(request, response, { ETag: '"a"' });
    expect((await open()).contentKey).not.toBe(keys[0]);
  });

  test("reads an empty file", async () => {
    handler = (_, response) => response.writeHead(416, { "Content-Range": "bytes */0" }).end();
    expect((await open()).size).toBe(0);
    await failure(readGguf(url), "gguf-not-gguf");
  });

  test("goes on where a cut connection ended", async () => {
    handler = (request, response, count) => {
      if (count === 1 || count === 3) return sendRange(request, response);
      const { first, last } = requestedRange(request);
      response.writeHead(206, {
        "Content-Range": `bytes ${first}-${last}/${content.length}`,
        "Content-Length": String(last - first + 1),
      });
      return response.write(content.subarray(first, first + 50_000), () => setTimeout(() => response.destroy(), 20));
    };
    const source = await open();
    expect(Buffer.compare(await source.read(300_000, 200_000), slice(300_000, 200_000))).toBe(0);
    expect(requests[2]?.headers.range).toBe("bytes=350000-499999");
  });

  test("gives up after some attempts, with what it got", async () => {
    handler = (request, response, count) => {
      if (count === 1) return sendRange(request, response);
      return response.destroy();
    };
    const source = await open();
    const error = await failure(source.read(300_000, 10), "source-unreadable");
    expect(error.source).toBe(source.name);
    expect(error.cause).toBeInstanceOf(Error);
    expect(requests).toHaveLength(5);
  });

  test("asks again after a passing refusal and waits as long as told", async () => {
    handler = (request, response, count) => {
      if (count === 2) return response.writeHead(503, { "Retry-After": "0" }).end();
      if (count === 3) return response.writeHead(429).end();
      return sendRange(request, response);
    };
    const source = await open();
    expect(await source.read(300_000, 10)).toEqual(slice(300_000, 10));
    expect(requests).toHaveLength(4);
  });

  test.each([
    ["entity tag", { ETag: '"one"' }, { ETag: '"two"' }, "ETag"],
    [
      "date",
      { "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT" },
      { "Last-Modified": "Tue, 02 Jan 2024 00:00:00 GMT" },
      "Last-Modified",
    ],
    ["length", {}, { "Content-Range": "bytes 300000-300009/700001" }, "length"],
  ])("sees that the file changed by its %s", async (_, before, after, field) => {
    handler = (request, response, count) => sendRange(request, response, count === 1 ? before : after);
    const source = await open();
    const error = await failure(source.read(300_000, 10), "source-changed");
    expect(error.field).toBe(field);
  });

  test("sees that the file changed when the new one comes whole", async () => {
    handler = (request, response, count) => {
      if (count === 1) return sendRange(request, response, { ETag: '"one"' });
      return response.writeHead(200, { ETag: '"two"' }).end(content);
    };
    await failure((await open()).read(300_000, 10), "source-changed");
  });

  test.each([
    ["another range", { "Content-Range": "bytes 300001-300010/700000" }],
    ["no Content-Range", { "Content-Range": "nonsense" }],
  ])("refuses %s", async (_, headers) => {
    handler = (request, response, count) => sendRange(request, response, count === 1 ? {} : headers);
    const error = await failure((await open()).read(300_000, 10), "source-unreadable");
    expect(error.field).toBe("Content-Range");
    expect(error.expected).toBe("bytes 300000-300009");
  });

  test("refuses more bytes than it asked for", async () => {
    handler = (request, response, count) => {
      if (count === 1) return sendRange(request, response);
      return response
        .writeHead(206, { "Content-Range": `bytes 300000-300009/${content.length}` })
        .end(slice(300_000, 11));
    };
    await failure((await open()).read(300_000, 10), "source-unreadable");
  });

  test("takes the length from HEAD when Content-Range is hidden", async () => {
    handler = (request, response) => {
      if (request.method === "HEAD") return response.writeHead(200, { "Content-Length": String(content.length) }).end();
      const { first, last } = requestedRange(request);
      return response.writeHead(206).end(content.subarray(first, last + 1));
    };
    const source = await open();
    expect(source.size).toBe(content.length);
    expect(await source.read(500_000, 10)).toEqual(slice(500_000, 10));
  });
});

describe("without ranges", () => {
  test("keeps the one download", async () => {
    handler = (_, response) => response.writeHead(200).end(content);
    const source = await open();
    expect(source.size).toBe(content.length);
    expect(await source.read(300_000, 100)).toEqual(slice(300_000, 100));
    expect(Buffer.compare(await source.read(0, content.length), content)).toBe(0);
    expect(requests).toHaveLength(1);
  });

  test("downloads again when the connection breaks", async () => {
    handler = (_, response, count) => {
      response.writeHead(200, { "Content-Length": String(content.length) });
      if (count === 2) return response.end(content);
      return response.write(content.subarray(0, 1000), () => response.destroy());
    };
    expect(Buffer.compare(await (await open()).read(0, content.length), content)).toBe(0);
  });
});

describe("what cannot be read", () => {
  test.each([
    [404, "source-not-found"],
    [410, "source-not-found"],
    [401, "source-unreadable"],
    [403, "source-unreadable"],
  ] as const)("status %i is final", async (status, code) => {
    handler = (_, response) => response.writeHead(status).end("secret page");
    const error = await failure(openSource(url.href), code);
    expect(error.received).toContain(String(status));
    expect(error.message).not.toContain("secret");
    expect(requests).toHaveLength(1);
  });

  test("a server that is not there", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const gone = openHttpSource(new URL(`http://127.0.0.1:${port}/a`), { retryDelays: [] });
    const error = await failure(gone, "source-unreadable");
    expect(error.cause).toBeInstanceOf(Error);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  test("a missing part of a split model is named", async () => {
    const metadata = [["split.count", { type: "uint16", value: 2 }]] as const;
    const file = await ggufBytes(metadata);
    url.pathname = "/m-00001-of-00002.gguf";
    handler = (request, response) => {
      if (!request.url?.startsWith("/m-00001")) return response.writeHead(404).end();
      return response.writeHead(200).end(file);
    };
    const error = await failure(readGguf(url), "gguf-split-incomplete");
    expect(error.received).toContain("/m-00002-of-00002.gguf");
    expect(requests.map((request) => request.url)).toEqual([
      "/m-00001-of-00002.gguf?token=secret",
      "/m-00002-of-00002.gguf?token=secret",
    ]);
  });
});

describe("cancelling", () => {
  test("while the body comes", async () => {
    const controller = new AbortController();
    handler = (request, response, count) => {
      if (count === 1) return sendRange(request, response);
      response.writeHead(206, { "Content-Range": `bytes 300000-300009/${content.length}` });
      return response.write(slice(300_000, 5), () => controller.abort(new Error("enough")));
    };
    const source = await open();
    await expect(source.read(300_000, 10, { signal: controller.signal })).rejects.toThrow("enough");
    expect(requests).toHaveLength(2);
  });

  test("during the pause before another attempt", async () => {
    const controller = new AbortController();
    handler = (_, response) => {
      response.writeHead(503).end();
      setTimeout(() => controller.abort(new Error("enough")), 50);
    };
    const opening = openHttpSource(url, { retryDelays: [3_600_000], signal: controller.signal });
    await expect(opening).rejects.toThrow("enough");
    await expect(openSource(url, { signal: AbortSignal.abort("why") })).rejects.toBe("why");
    expect(requests).toHaveLength(1);
  });
});

describe("a body that does not say how long it is", () => {
  const bounded = (): Promise<ByteSource> => openHttpSource(url, { retryDelays: [], mostUndeclaredBytes: 1_000_000 });

  test("is given up when it does not end", async () => {
    let open = true;
    handler = (_request, response) => {
      const write = (): void => {
        while (open && response.write(new Uint8Array(65_536)));
      };
      response.on("drain", write).on("close", () => {
        open = false;
      });
      response.writeHead(200);
      write();
    };
    expect((await failure(bounded(), "source-unreadable")).message).toContain("without end");
    expect(requests).toHaveLength(1);
  });

  test("is given up when a little compressed data holds a lot", async () => {
    handler = (_request, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip" });
      response.end(gzipSync(new Uint8Array(8_000_000)));
    };
    await failure(bounded(), "source-unreadable");
  });

  test("is taken when it is short enough", async () => {
    handler = (_request, response) => {
      response.writeHead(200, { "Content-Encoding": "gzip" });
      response.end(gzipSync(content));
    };
    expect(await (await bounded()).read(5, 10)).toEqual(slice(5, 10));
  });
});
