// Drives a fresh sample tenant with Microsoft's own SDK, and compares what both sides say.

const assert = require("node:assert/strict");
const { PageIterator } = require("@microsoft/microsoft-graph-client");
const { ROOT, connect, inspect, postBatch } = require("./connection.js");

const MOBILE_ID = "3179e48a-750b-4051-897c-87b9720928f7";
const PHONES = "/users/{id}/authentication/phoneMethods";
const PASSES = "/users/{id}/authentication/temporaryAccessPassMethods";

const phonesOf = (id) => PHONES.replace("{id}", id);
const passesOf = (id) => PASSES.replace("{id}", id);
const statuses = (replies) => replies.map((reply) => reply.status);
const person = async (id) => (await inspect("tenant")).users.find((user) => user.id === id);
const heldMembers = async (id) => (await inspect("tenant")).groups.find((group) => group.id === id).members;

async function groupNamed(client, name) {
  const found = await client.api("/groups").filter(`displayName eq '${name}'`).get();
  assert.equal(found.value.length, 1);
  return found.value[0].id;
}

// Adds a mobile to people without and to one who has one, changes one, reads all back.
async function phones(client, people, owner) {
  const numbers = people.map((_, place) => `+49 1557${String(place).padStart(7, "0")}`);
  const add = (id, phoneNumber) => ["POST", phonesOf(id), { phoneNumber, phoneType: "mobile" }];
  const requests = people.map((id, place) => add(id, numbers[place]));
  const added = await postBatch(client, [...requests, add(owner.id, "+49 15579999999")]);
  const refusal = added.pop();
  assert.deepEqual([refusal.status, refusal.body.error.code], [400, "badRequest"]);
  assert.match(refusal.body.error.message, /already registered/);
  for (const [place, { status, body }] of added.entries()) {
    assert.deepEqual([status, body.phoneNumber, body.id], [201, numbers[place], MOBILE_ID]);
  }

  // Without the space, which Graph puts in.
  const change = { phoneNumber: "+12065550142", phoneType: "mobile" };
  await client.api(`${phonesOf(people[0])}/${MOBILE_ID}`).patch(change);
  numbers[0] = "+1 2065550142";

  const read = await postBatch(client, people.map((id) => ["GET", phonesOf(id)]));
  for (const [place, { status, body }] of read.entries()) {
    const seen = Object.fromEntries(body.value.map((phone) => [phone.phoneType, phone.phoneNumber]));
    assert.deepEqual([status, seen], [200, { mobile: numbers[place] }]);
    assert.deepEqual((await person(people[place])).phones, seen);
  }
  assert.deepEqual((await person(owner.id)).phones, owner.phones);
}

// Issues passes; the secret is seen then, and never again.
async function passes(client, people) {
  const wish = { lifetimeInMinutes: 90, isUsableOnce: true };
  const issued = await postBatch(client, people.map((id) => ["POST", passesOf(id), wish]));
  const read = await postBatch(client, people.map((id) => ["GET", passesOf(id)]));
  for (const [place, id] of people.entries()) {
    assert.deepEqual([issued[place].status, read[place].status], [201, 200]);
    const { temporaryAccessPass: secret, ...known } = issued[place].body;
    const [{ temporaryAccessPass: hidden, ...seen }] = read[place].body.value;
    delete known["@odata.context"];
    assert.deepEqual([seen, hidden], [known, null]);
    const held = (await person(id)).pass;
    assert.deepEqual([held.id, held.value], [known.id, secret]);
  }
}

// Reads a group page by page and adds its members to others, in bulk and one by one.
async function members(client) {
  const source = await groupNamed(client, "Bakery apprentices");
  const cover = await groupNamed(client, "Holiday cover");
  const training = await groupNamed(client, "Evening training");

  const firstPage = await client.api(`/groups/${source}/members`).top(7).select("id").get();
  assert.equal(firstPage.value.length, 7);
  const seen = [];
  // The iterator stops when its callback returns false.
  await new PageIterator(client, firstPage, (member) => seen.push(member.id) > 0).iterate();
  assert.deepEqual(seen, await heldMembers(source));

  const link = (id) => `${ROOT}/directoryObjects/${id}`;
  const bind = (group, ids) => ["PATCH", `/groups/${group}`, { "members@odata.bind": ids.map(link) }];
  const [first, second] = [seen.slice(0, 20), seen.slice(20, 40)];
  const bound = await postBatch(client, [bind(cover, first), bind(training, second)]);
  assert.deepEqual(statuses(bound), [204, 204]);

  const addOne = () => client.api(`/groups/${cover}/members/$ref`).post({ "@odata.id": link(second[0]) });
  await addOne();
  await assert.rejects(addOne, { statusCode: 400, code: "Request_BadRequest", message: /references already exist/ });

  // One of twenty is there already, so none is added.
  assert.deepEqual(statuses(await postBatch(client, [bind(cover, second)])), [400]);
  assert.deepEqual(new Set(await heldMembers(cover)), new Set([...first, second[0]]));
  assert.deepEqual(new Set(await heldMembers(training)), new Set(second));
}

// What the service counted is what was done above, and nothing else.
async function statistics() {
  const counted = await inspect("statistics");
  const answers = counted.inner.map(({ method, path, status, count }) => [`${method} ${path} ${status}`, count]);
  assert.deepEqual(Object.fromEntries(answers), {
    [`POST ${PHONES} 201`]: 5,
    [`POST ${PHONES} 400`]: 1,
    [`PATCH ${PHONES}/{id} 204`]: 1,
    [`GET ${PHONES} 200`]: 5,
    [`POST ${PASSES} 201`]: 8,
    [`GET ${PASSES} 200`]: 8,
    "GET /groups 200": 3,
    "GET /groups/{id}/members 200": 6,
    "PATCH /groups/{id} 204": 2,
    "PATCH /groups/{id} 400": 1,
    "POST /groups/{id}/members/$ref 204": 1,
    "POST /groups/{id}/members/$ref 400": 1,
  });
  assert.deepEqual([counted.batches, counted.throttled], [6, 0]);
}

async function main() {
  const tenant = await inspect("tenant");
  const bakers = new Set(tenant.groups.find((group) => group.displayName === "Department Bakery").members);
  const users = tenant.users.filter((user) => bakers.has(user.id));
  const free = users.filter((user) => !user.phones.mobile && !user.pass).map((user) => user.id);
  const client = connect();
  await phones(client, free.slice(0, 5), users.find((user) => user.phones.mobile));
  await passes(client, free.slice(5, 13));
  await members(client);
  await statistics();
  console.log("the JavaScript SDK and the tenant agree");
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
