"""What an application in Python writes: asks the API through the client that is made from its document."""

import importlib
import pkgutil
import sys

sys.path.insert(0, sys.argv[1])

import client_of_twin
from client_of_twin import AuthenticatedClient
from client_of_twin.api.health import get_me
from client_of_twin.api.impact import ask_impact
from client_of_twin.models import ImpactRequest, Problem

for module in pkgutil.walk_packages(client_of_twin.__path__, "client_of_twin."):
    importlib.import_module(module.name)

_, _, url, key, asset = sys.argv
with AuthenticatedClient(url, token=key) as client:
    me = get_me.sync(client=client)
    answer = ask_impact.sync(client=client, body=ImpactRequest(failed=[asset]))
    unknown = ask_impact.sync(client=client, body=ImpactRequest(failed=["demo:nothing"]))
assert isinstance(unknown, Problem)
print(me.name, me.role, unknown.code, *sorted(f"{row.id}={row.verdict}" for row in answer.affected))
