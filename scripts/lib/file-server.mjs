import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8" };

/**
 * Serves files on the loopback interface as a plain web server does: HTTP Range, and nothing else that a page would
 * have to ask for. Below `/stalled/` the first 256 KiB of a file arrive, and of what comes after only half, ever.
 * @param {readonly string[]} folders Where to look, one after the other.
 * @param {Record<string, string>} headers Sent with everything.
 * @returns {Promise<{ origin: string, answers: { url: string, status: number, broken: boolean }[],
 *   close: () => Promise<void> }>} `broken`: the browser did not wait for the end.
 */
export async function serveFiles(folders, headers = {}) {
  const answers = [];
  const server = http.createServer((request, response) => {
    const answer = { url: request.url, status: 200, broken: false };
    answers.push(answer);
    response.on("close", () => {
      answer.broken = !response.writableFinished;
    });
    const [, stalled, name] = /^(\/stalled)?\/([\w./-]*)/.exec(request.url);
    const file = folders
      .map((folder) => path.join(folder, name === "" ? "index.html" : path.normalize(`/${name}`)))
      .find((each) => fs.statSync(each, { throwIfNoEntry: false })?.isFile());
    const type = types[path.extname(file ?? "")] ?? "application/octet-stream";
    const send = (status, more, body) => {
      answer.status = status;
      response.writeHead(status, { ...headers, ...more });
      if (body === undefined) response.end();
      else body();
    };
    // Browsers ask for an icon on their own.
    if (file === undefined) return send(name === "favicon.ico" ? 204 : 404, {});
    const { size } = fs.statSync(file);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const start = range === null ? 0 : Number(range[1]);
    const end = range === null ? size - 1 : Math.min(Number(range[2]), size - 1);
    const stops = stalled !== undefined && end >= 256 * 1024;
    const described = { "Content-Type": type, "Content-Length": end - start + 1, "Accept-Ranges": "bytes" };
    if (range !== null) described["Content-Range"] = `bytes ${start}-${end}/${size}`;
    send(range === null ? 200 : 206, described, () => {
      const bytes = fs.createReadStream(file, { start, end: stops ? (start + end) >> 1 : end });
      bytes.pipe(response, { end: !stops });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
