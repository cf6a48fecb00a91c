"""Drives a fresh sample tenant with Microsoft's own SDK, and compares what both sides say."""

import asyncio
import logging
from collections import Counter

from connection import ROOT, batch_item, connect, inspect
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.groups.item.members.members_request_builder import MembersRequestBuilder
from msgraph.generated.models.authentication_phone_type import AuthenticationPhoneType
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.phone_authentication_method import PhoneAuthenticationMethod
from msgraph.generated.models.phone_authentication_method_collection_response import (
    PhoneAuthenticationMethodCollectionResponse,
)
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod,
)
from msgraph.generated.models.temporary_access_pass_authentication_method_collection_response import (
    TemporaryAccessPassAuthenticationMethodCollectionResponse,
)
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_content_collection import BatchRequestContentCollection
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

MOBILE_ID = "3179e48a-750b-4051-897c-87b9720928f7"
PHONES = "/users/{id}/authentication/phoneMethods"
PASSES = "/users/{id}/authentication/temporaryAccessPassMethods"


def same(what, seen, expected):
    if seen != expected:
        raise SystemExit(f"{what}: {seen!r} instead of {expected!r}")


def person(user_id):
    return next(user for user in inspect("tenant")["users"] if user["id"] == user_id)


def held_members(group_id):
    groups = inspect("tenant")["groups"]
    return next(group["members"] for group in groups if group["id"] == group_id)


async def post_batch(graph, requests):
    """The ids of the requests in their order, and the reply."""
    items = [batch_item(request) for request in requests]
    content = BatchRequestContent({item.id: item for item in items})
    return [item.id for item in items], await graph.batch.post(content)


async def group_named(graph, name):
    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
        filter=f"displayName eq '{name}'"
    )
    found = await graph.groups.get(RequestConfiguration(query_parameters=query))
    same(f"groups named {name}", len(found.value), 1)
    return found.value[0].id


def mobile(number):
    return PhoneAuthenticationMethod(
        phone_number=number, phone_type=AuthenticationPhoneType.Mobile
    )


async def phones(graph, people, owner):
    """Adds a mobile to people without and to one who has one, changes one, reads all back."""

    def methods(user_id):
        return graph.users.by_user_id(user_id).authentication.phone_methods

    numbers = {user_id: f"+49 1557{place:07}" for place, user_id in enumerate(people)}
    wanted = numbers | {owner["id"]: "+49 15579999999"}
    requests = [
        methods(user_id).to_post_request_information(mobile(number))
        for user_id, number in wanted.items()
    ]
    ids, reply = await post_batch(graph, requests)
    for request_id, user_id in zip(ids, people):
        phone = reply.get_response_by_id(request_id, PhoneAuthenticationMethod)
        same("phone added", (phone.phone_number, phone.id), (numbers[user_id], MOBILE_ID))
    same("second mobile", reply.get_response_by_id(ids[-1]).status, 400)
    error = reply.get_response_by_id(ids[-1], ODataError).error
    same("second mobile", (error.code, "already registered" in error.message), ("badRequest", True))

    # Without the space, which Graph puts in.
    await methods(people[0]).by_phone_authentication_method_id(MOBILE_ID).patch(
        mobile("+12065550142")
    )
    numbers[people[0]] = "+1 2065550142"

    requests = [methods(user_id).to_get_request_information() for user_id in people]
    ids, reply = await post_batch(graph, requests)
    for request_id, user_id in zip(ids, people):
        page = reply.get_response_by_id(request_id, PhoneAuthenticationMethodCollectionResponse)
        seen = {phone.phone_type.value: phone.phone_number for phone in page.value}
        same("phones read back", seen, {"mobile": numbers[user_id]})
        same("phones held", person(user_id)["phones"], seen)
    same("phones of the one refused", person(owner["id"])["phones"], owner["phones"])


async def passes(graph, people):
    """Issues more passes than one batch holds; the secret is seen then, and never again."""

    def methods(user_id):
        return graph.users.by_user_id(user_id).authentication.temporary_access_pass_methods

    wish = TemporaryAccessPassAuthenticationMethod(lifetime_in_minutes=90, is_usable_once=True)
    items = [batch_item(methods(user_id).to_post_request_information(wish)) for user_id in people]
    collection = BatchRequestContentCollection()
    for item in items:
        collection.add_batch_request_item(item)
    replies = (await graph.batch.post(collection)).get_responses()
    same("passes in each batch", [len(reply.responses) for reply in replies], [20, 2])
    issued = {}
    for item, user_id in zip(items, people):
        reply = next(reply for reply in replies if item.id in reply.responses)
        same("pass issued", reply.get_response_by_id(item.id).status, 201)
        issued[user_id] = reply.get_response_by_id(item.id, TemporaryAccessPassAuthenticationMethod)

    few = people[:5]
    requests = [methods(user_id).to_get_request_information() for user_id in few]
    ids, reply = await post_batch(graph, requests)
    for request_id, user_id in zip(ids, few):
        kind = TemporaryAccessPassAuthenticationMethodCollectionResponse
        [seen] = reply.get_response_by_id(request_id, kind).value
        facts = (seen.id, seen.lifetime_in_minutes, seen.is_usable_once, seen.temporary_access_pass)
        same("pass read back", facts, (issued[user_id].id, 90, True, None))
        same("created", seen.created_date_time, issued[user_id].created_date_time)
    for user_id, access_pass in issued.items():
        held = person(user_id)["pass"]
        expected = (access_pass.id, access_pass.temporary_access_pass)
        same("pass held", (held["id"], held["value"]), expected)


async def members(graph):
    """Reads a group page by page and adds its members to others, in bulk and one by one."""
    source = await group_named(graph, "Bakery apprentices")
    cover = await group_named(graph, "Holiday cover")
    training = await group_named(graph, "Evening training")

    query = MembersRequestBuilder.MembersRequestBuilderGetQueryParameters(top=7, select=["id"])
    configuration = RequestConfiguration(query_parameters=query)
    first_page = await graph.groups.by_group_id(source).members.get(configuration)
    same("first page", len(first_page.value), 7)
    seen = []
    # The iterator stops when its callback returns false.
    await PageIterator(first_page, graph.request_adapter).iterate(
        lambda member: seen.append(member.id) is None
    )
    same("members read", seen, held_members(source))

    def bind(group_id, ids):
        links = [f"{ROOT}/directoryObjects/{id}" for id in ids]
        change = Group(additional_data={"members@odata.bind": links})
        return graph.groups.by_group_id(group_id).to_patch_request_information(change)

    first, second = seen[:20], seen[20:40]
    ids, reply = await post_batch(graph, [bind(cover, first), bind(training, second)])
    same("bound", [reply.get_response_by_id(id).status for id in ids], [204, 204])

    # As in Graph's own examples: the global host, wherever the tenant is.
    one = ReferenceCreate(
        odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{second[0]}"
    )
    add_one = graph.groups.by_group_id(cover).members.ref.post
    await add_one(one)
    try:
        await add_one(one)
        raise SystemExit("a member was added twice")
    except ODataError as error:
        seen = (error.response_status_code, error.error.code)
        same("added again", seen, (400, "Request_BadRequest"))
        same("added again", "references already exist" in error.error.message, True)

    # One of twenty is there already, so none is added.
    ids, reply = await post_batch(graph, [bind(cover, second[:20])])
    same("bound with one that is there", reply.get_response_by_id(ids[0]).status, 400)
    same("members of one", set(held_members(cover)), {*first, second[0]})
    same("members of the other", set(held_members(training)), set(second))


async def absolute_address(graph):
    """A batch as the SDK makes it unaided, with absolute addresses, is refused whole."""
    item = BatchRequestItem(graph.groups.to_get_request_information())
    content = BatchRequestContent({item.id: item})
    # The SDK logs what it raises.
    logging.disable()
    try:
        await graph.batch.post(content, error_map={"4XX": ODataError})
        raise SystemExit("an absolute address was taken")
    except ODataError as error:
        seen = (error.response_status_code, error.error.message)
        same("absolute address", seen, (400, "Invalid batch payload format."))


def statistics():
    """What the service counted is what was done above, and nothing else."""
    counted = inspect("statistics")
    answers = Counter(
        {(row["method"], row["path"], row["status"]): row["count"] for row in counted["inner"]}
    )
    expected = {
        ("POST", PHONES, 201): 5,
        ("POST", PHONES, 400): 1,
        ("PATCH", f"{PHONES}/{{id}}", 204): 1,
        ("GET", PHONES, 200): 5,
        ("POST", PASSES, 201): 22,
        ("GET", PASSES, 200): 5,
        ("GET", "/groups", 200): 3,
        ("GET", "/groups/{id}/members", 200): 6,
        ("PATCH", "/groups/{id}", 204): 2,
        ("PATCH", "/groups/{id}", 400): 1,
        ("POST", "/groups/{id}/members/$ref", 204): 1,
        ("POST", "/groups/{id}/members/$ref", 400): 1,
    }
    same("requests counted", answers, expected)
    same("batches counted", (counted["batches"], counted["throttled"]), (8, 0))


async def main():
    tenant = inspect("tenant")
    bakers = next(g["members"] for g in tenant["groups"] if g["displayName"] == "Department Bakery")
    users = [user for user in tenant["users"] if user["id"] in set(bakers)]
    free = [user["id"] for user in users if not user["phones"] and not user["pass"]]
    owner = next(user for user in users if "mobile" in user["phones"])
    graph = connect()
    await phones(graph, free[:5], owner)
    await passes(graph, free[5:27])
    await members(graph)
    await absolute_address(graph)
    statistics()
    print("the Python SDK and the tenant agree")


asyncio.run(main())
