"""How the SDK reaches the tenant: address, trust and secret, all from the environment.

BASE_URL                                where the tenant is served, such as https://127.0.0.1:8443
CA_FILE                                 who signed its certificate, where the system does not know
TENANT_ID, CLIENT_ID, CLIENT_SECRET     what to sign in with, at BASE_URL
"""

import os
import ssl
from urllib.parse import urlsplit

import httpx
from azure.identity import ClientSecretCredential
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory
from msgraph_core.authentication import AzureIdentityAuthenticationProvider
from msgraph_core.requests.batch_request_item import BatchRequestItem

BASE_URL = os.environ["BASE_URL"].rstrip("/")
ROOT = f"{BASE_URL}/v1.0"
CA_FILE = os.environ.get("CA_FILE") or None
TRUST = ssl.create_default_context(cafile=CA_FILE)
# As strict as Python is from 3.13 on.
TRUST.verify_flags |= ssl.VERIFY_X509_STRICT
SECONDS = 30


def credential():
    # Without instance discovery, as no other cloud vouches for ours.
    return ClientSecretCredential(
        os.environ["TENANT_ID"],
        os.environ["CLIENT_ID"],
        os.environ["CLIENT_SECRET"],
        authority=BASE_URL,
        disable_instance_discovery=True,
        connection_verify=CA_FILE or True,
    )


def connect():
    """A client with the SDK's whole chain of handlers.

    The allowed hosts are those that may see the token; ours is not among those of Microsoft.
    """
    authentication = AzureIdentityAuthenticationProvider(
        credential(),
        scopes=["https://graph.microsoft.com/.default"],
        allowed_hosts=[urlsplit(BASE_URL).netloc],
    )
    http = httpx.AsyncClient(verify=TRUST, timeout=SECONDS, http2=True)
    http = GraphClientFactory.create_with_default_middleware(client=http, options=options)
    adapter = GraphRequestAdapter(authentication, http)
    adapter.base_url = ROOT
    return GraphServiceClient(request_adapter=adapter)


def batch_item(request):
    """A request as a part of a batch.

    The SDK leaves the root in its address. Graph takes relative addresses only, so every caller has
    to cut it off (msgraph-sdk-python issue 1015).
    """
    item = BatchRequestItem(request)
    item.url = item.url.removeprefix(ROOT)
    return item


def inspect(what):
    """What the tenant holds or the service counted, past Graph and the SDK."""
    reply = httpx.get(f"{BASE_URL}/_simulator/{what}", verify=TRUST, timeout=SECONDS)
    return reply.raise_for_status().json()
