"""The API documents: valid by themselves, and all of what they say is served."""

import json
import pathlib
import re
import urllib.parse

import jsonschema
import pytest
import yaml

from authenticator import Passkey
from openapi import METHODS, Apis
from passkeys import passkey_user
from second_step import OPTIONS, SecondStep
from sign_in import step_now, totp
from world import ago

APIS = Apis().apis
OPERATIONS = [operation for api in APIS for operation in api.operations]
SCHEMA = yaml.safe_load((pathlib.Path(__file__).parent / "openapi_schema.yaml").read_text())

by_document = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
by_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: repr(operation).replace(" ", "-"))


def successes(operation):
    return sorted(status for status in operation.node["responses"] if status.startswith("2"))


def nodes(node, path=""):
    """Every object of a document, with where it is."""
    if isinstance(node, dict):
        yield path, node
        for name, child in node.items():
            yield from nodes(child, f"{path}/{name}")
    elif isinstance(node, list):
        for n, child in enumerate(node):
            yield from nodes(child, f"{path}/{n}")


# ---- the documents by themselves -----------------------------------------------------------------------------------


def test_there_is_one_document_a_dialect():
    assert [api.name for api in APIS] == ["native.yaml", "navixy.yaml", "quiva.yaml", "rebilly.yaml", "xsolla.yaml"]


@by_document
def test_a_document_is_openapi_3_1(api):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(api.document))
    assert not errors, [f"{error.json_path}: {error.message}" for error in errors]


@by_document
def test_every_schema_is_json_schema(api):
    for where, node in nodes(api.document):
        if isinstance(node.get("schema"), dict):
            jsonschema.Draft202012Validator.check_schema(node["schema"])
    for schema in api.document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@by_document
def test_every_reference_leads_somewhere_and_every_component_is_referred_to(api):
    used = {node["$ref"] for _, node in nodes(api.document) if "$ref" in node}
    for reference in used:
        assert api.resolver.resolve(reference)[1], reference
    defined = {f"#/components/{kind}/{name}" for kind, components in api.document["components"].items()
               if kind != "securitySchemes" for name in components}
    assert used == defined


@by_document
def test_every_example_is_as_its_schema_says(api):
    examples = [(where, node) for where, node in nodes(api.document) if "example" in node and "schema" in node]
    assert examples
    for where, node in examples:
        api.validate(node["schema"], node["example"], where)


@by_document
def test_operations_have_names_of_their_own_and_declare_their_parameters(api):
    assert len({operation.id for operation in api.operations}) == len(api.operations)
    schemes = set(api.document["components"]["securitySchemes"])
    for where, node in nodes(api.document):
        for requirement in node.get("security", []):
            assert set(requirement) <= schemes, where
    for operation in api.operations:
        item = api.document["paths"][operation.path]
        parameters = [api.resolve(node) for node in item.get("parameters", []) + operation.node.get("parameters", [])]
        places = [(parameter["in"], parameter["name"]) for parameter in parameters]
        assert len(set(places)) == len(places), operation
        assert {name for place, name in places if place == "path"} == set(re.findall(r"\{(\w+)\}", operation.path))
        assert ("header", "X-Request-Id") in places, operation


@by_document
def test_server_urls_declare_their_variables(api):
    for server in api.document["servers"]:
        assert set(server.get("variables", {})) == set(re.findall(r"\{(\w+)\}", server["url"]))


@by_operation
def test_every_operation_declares_what_may_happen_to_any(operation):
    responses = operation.node["responses"]
    assert {"500", "503"} <= set(responses)
    assert successes(operation) in (["200"], ["201"], ["202"], ["204"], ["200", "201"]), "it succeeds in one way, or says if it is new"
    for status, node in responses.items():
        if status in ("429", "503"):
            headers = operation.api.resolve(node)["headers"]
            assert operation.api.resolve(headers["Retry-After"])["required"] is True, operation


# ---- the documents against the server ------------------------------------------------------------------------------


@pytest.fixture
def prepared(make_world):
    """A tenant in which each operation succeeds."""
    world = make_world(users=("1", "2"), options=OPTIONS)
    world.set_user("1", enabled=["email"], change_restricted=False, last_auth_time=ago(1))
    world.set_user("2", enabled=[])
    world.mfad.load({"panel_account": {"tenant": world.tenant, "login": world.tenant, "password": "12f@14Y$",
                                       "permissions": {"users": ["read"]}}})
    return world


def credential(api, world):
    return {
        "xsolla.yaml": {"X-SERVER-AUTHORIZATION": world.server_key}, "rebilly.yaml": {"REB-APIKEY": world.secrets["1"]},
        "quiva.yaml": {"X-Api-Key": world.secrets["1"]}, "navixy.yaml": {"Authorization": f"NVX {world.session}"},
        "native.yaml": {"Authorization": f"Bearer {world.server_key}"},
    }[api.name]


def confirm_totp(world):
    secret = world.native("POST", "users/1/factors/totp").json()["secret"]
    return {"code": totp(secret, step_now())}


def enroll_totp(world):
    assert world.native("POST", "users/1/factors/totp/confirm", confirm_totp(world)).status == 200


def challenge(world):
    world.set_user("1", enabled=["email"])
    return world.native("POST", "users/1/challenges").json()


def verify_challenge(world):
    codes = world.native("POST", "users/1/recovery-codes").json()["codes"]
    return {"token": challenge(world)["token"], "factor": "recovery_code", "code": codes[0]}


def confirm_passkey(world):
    return {"credential": Passkey().create(passkey_user(world).offer()), "label": "phone"}


def remembered_device(world):
    attempt = verify_challenge(world) | {"remember_device": {}}
    assert world.native("POST", "challenges/verify", attempt).status == 200
    return world.native("GET", "users/1/devices").json()["devices"][0]["id"]


# Bodies that no example can have.
PREPARED = {
    "ConfirmPasskey": confirm_passkey,
    "DeletePasskeys": lambda world: passkey_user(world).enroll_passkey() and None,
    "ConfirmTotp": confirm_totp,
    "DeleteTotp": enroll_totp,
    "SendCode": lambda world: {"token": challenge(world)["token"]},
    "VerifyChallenge": verify_challenge,
}


def request_of(operation, world):
    """The operation's own example: a JSON body, or the same as a query."""
    prepared = PREPARED.get(operation.id)
    if prepared:
        return "", prepared(world)
    if operation.path == "/panel/account/auth":
        example = {"login": world.tenant, "password": "12f@14Y$"}
    elif operation.id.endswith("ByQuery"):
        post = operation.api.document["paths"][operation.path]["post"]
        example = post["requestBody"]["content"]["application/json"].get("example", {})
    else:
        content = operation.node.get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
    if not operation.id.endswith("ByQuery") or not example:
        return "", example if operation.method != "get" else None
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in example.items()}
    return "?" + urllib.parse.urlencode(texts), None


def places(operation, world):
    """All the paths that the operation has."""
    values = {"organizationId": world.tenant, "project_id": world.tenant, "user_id": "2", "id": "1"}
    if "{enrollment_id}" in operation.path:
        values["enrollment_id"] = world.native("POST", "users/2/enrollments").json()["id"]
    if "{challenge_id}" in operation.path:
        values["challenge_id"] = challenge(world)["id"]
    if "{factor_id}" in operation.path:
        rename = operation.id == "PatchFactor"
        values["factor_id"] = passkey_user(world).enroll_passkey().factor_id if rename else "email"
    if "{device_id}" in operation.path:
        values["device_id"] = remembered_device(world)
    slashes = ("", "/") if operation.api.document.get("x-optional-slash") else ("",)
    return [(prefix + operation.path).format(**values) + slash
            for prefix in operation.api.prefixes for slash in slashes]


@by_operation
def test_every_operation_succeeds_at_every_path_of_its_document(prepared, operation, redis_server):
    world, second_step = prepared, SecondStep(prepared, redis_server.connection())
    query, body = request_of(operation, world)
    for path in places(operation, world):
        # Operations that end or use something up find it anew.
        world.set_user("1", enabled=["email"], last_auth_time=ago(1))
        world.set_user("2", enabled=[])
        world.mfad.load(world.credential("session", world.session, permissions={"users": ["read", "update"]}))
        assert operation.api.operation(operation.method, path) is operation
        headers = credential(operation.api, world)
        if made := second_step.request(operation):
            query, headers, body = made
        response = world.client.request(operation.method.upper(), path + query, headers=headers, json_body=body)
        assert str(response.status) in successes(operation), (path, response)


@by_operation
def test_every_operation_is_closed_to_strangers(prepared, operation):
    query, body = request_of(operation, prepared)
    # `[{}]`: whoever asks is told the same, so that strangers learn nothing; nothing is granted by it.
    is_open = operation.node.get("security") == [] or operation.id == "beginAuthWithPasskey"
    for path in places(operation, prepared):
        response = prepared.client.request(operation.method.upper(), path + query, json_body=body)
        assert (response.status < 300) == is_open, (path, response)


@by_document
def test_a_path_has_the_methods_of_its_document_and_no_others(prepared, api):
    for path, item in api.document["paths"].items():
        declared = {method.upper() for method in item if method in METHODS}
        for operation in (operation for operation in api.operations if operation.path == path):
            for place in places(operation, prepared):
                for method in {"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"} - declared:
                    response = prepared.client.request(method, place, headers=credential(api, prepared))
                    assert response.status in (400, 405), (method, place, response)
                    assert set(response.header("Allow").split(", ")) == declared, (method, place)
