// How the SDK reaches the tenant: address and secret, both from the environment.
//
// BASE_URL                                where the tenant is served, such as https://127.0.0.1:8443
// NODE_EXTRA_CA_CERTS                     who signed its certificate; Node itself reads it
// TENANT_ID, CLIENT_ID, CLIENT_SECRET     what to sign in with, at BASE_URL

const { BatchRequestContent, BatchResponseContent, Client } = require("@microsoft/microsoft-graph-client");

const BASE_URL = process.env.BASE_URL.replace(/\/+$/, "");
const ROOT = `${BASE_URL}/v1.0`;

async function json(address, options) {
  const reply = await fetch(address, { signal: AbortSignal.timeout(30_000), ...options });
  if (!reply.ok) throw new Error(`${address} answered ${reply.status}`);
  return reply.json();
}

async function signIn() {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: process.env.CLIENT_ID,
    client_secret: process.env.CLIENT_SECRET,
    scope: "https://graph.microsoft.com/.default",
  });
  const address = `${BASE_URL}/${process.env.TENANT_ID}/oauth2/v2.0/token`;
  return (await json(address, { method: "POST", body: form })).access_token;
}

// The SDK asks for the token at each request, and a run is shorter than any token lives.
let token;
const getAccessToken = () => (token ??= signIn());

// A client with the SDK's whole chain of handlers. It sends the token to Microsoft's hosts and to
// those named here, and over https only; a nextLink, too, it follows over https only.
function connect() {
  if (!BASE_URL.startsWith("https://")) throw new Error("this SDK needs https");
  return Client.initWithMiddleware({
    authProvider: { getAccessToken },
    baseUrl: BASE_URL,
    customHosts: new Set([new URL(BASE_URL).hostname]),
  });
}

// Posts requests, given as [method, path, body], as one batch; the replies come in the same order.
//
// A `Request` must have a host, of which the SDK strips host and port, but not the version: the
// addresses are given without one (msgraph-sdk-javascript issue 1451).
async function postBatch(client, requests) {
  const steps = requests.map(([method, path, body], place) => ({
    id: String(place),
    request: new Request(`${BASE_URL}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    }),
  }));
  const content = await new BatchRequestContent(steps).getContent();
  const replies = new BatchResponseContent(await client.api("/$batch").post(content));
  return Promise.all(
    steps.map(async ({ id }) => {
      const reply = replies.getResponseById(id);
      return { status: reply.status, body: reply.status === 204 ? null : await reply.json() };
    }),
  );
}

// What the tenant holds or the service counted, past Graph and the SDK.
const inspect = (what) => json(`${BASE_URL}/_simulator/${what}`);

module.exports = { ROOT, connect, inspect, postBatch };
