// Speaks https in front of a simulator that does not: `node front.js KEY CERTIFICATE UPSTREAM`.
//
// The request goes on in the form for proxies, with its whole address, so that the simulator knows
// that it was asked over https and writes its nextLinks accordingly.

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");

const [key, certificate, upstream] = process.argv.slice(2);
const { hostname, port } = new URL(upstream);

function pass(request, response) {
  const path = `https://${request.headers.host}${request.url}`;
  const { method, headers } = request;
  const onward = http.request({ hostname, port, path, method, headers }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) }, pass);
server.listen(0, "127.0.0.1", () => console.log(`listening on https://127.0.0.1:${server.address().port}`));
