"""Holds the answers of the running server against docs/api/*.yaml."""

import datetime
import json
import re
import urllib.parse

import jsonschema
import yaml

from harness import ROOT

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Fields of an answer that only an operation that declares them may have.
DECLARED_HEADERS = re.compile(
    r"location|allow|www-authenticate|retry-after|(x-)?ratelimit.*|x-request-id|cache-control")

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def is_date_time(text):
    if not isinstance(text, str):
        return True
    datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text) is not None


@formats.checks("uri", raises=ValueError)
def is_uri(text):
    if not isinstance(text, str):
        return True
    url = urllib.parse.urlsplit(text)
    return bool(url.scheme and url.netloc) and text.isascii() and " " not in text


def distinct_members(pairs):
    members = dict(pairs)
    assert len(members) == len(pairs), f"a member comes twice: {[name for name, _ in pairs]}"
    return members


class Operation:
    """One method of one path."""

    def __init__(self, api, path, method, node):
        self.api, self.path, self.method, self.node = api, path, method, node
        self.id = node["operationId"]

    def __repr__(self):
        return f"{self.api.name} {self.id}"

    def check(self, response):
        """Fails unless the answer is one that the operation declares."""
        responses = self.node["responses"]
        assert str(response.status) in responses, f"{self} does not declare {response}"
        declared = self.api.resolve(responses[str(response.status)])
        self.check_headers(declared.get("headers", {}), response)
        if "content" in declared:
            self.check_content(declared["content"], response)
        else:
            assert response.body == b"", f"{self}: {response} has a body that is not declared"
            assert response.header("Content-Type") is None, f"{self}: {response} has no content, yet a type"

    def check_headers(self, declared, response):
        declared = {name.lower(): self.api.resolve(header) for name, header in declared.items()}
        for name in (name.lower() for name in response.headers.keys()):
            is_known = name in declared or not DECLARED_HEADERS.fullmatch(name)
            assert is_known, f"{self}: {response} has an undeclared {name}"
        for name, header in declared.items():
            values = response.headers.get_all(name, [])
            is_once = len(values) == 1 or not (values or header.get("required"))
            assert is_once, f"{self}: {response} has {name}: {values}"
            for value in values:
                schema = header["schema"]
                is_number = schema["type"] == "integer" and re.fullmatch(r"\d+", value)
                self.api.validate(schema, int(value) if is_number else value, f"{self}: {name} of {response}")

    def check_content(self, content, response):
        media_type = (response.header("Content-Type") or "").split(";")[0]
        assert media_type in content, f"{self}: {response} is of the undeclared type {media_type}"
        body = json.loads(response.body, object_pairs_hook=distinct_members)
        self.api.validate(content[media_type]["schema"], body, f"{self}: {response}")


class Api:
    """One OpenAPI document."""

    def __init__(self, file):
        self.document = yaml.safe_load(file.read_text())
        self.name = file.name
        self.resolver = jsonschema.RefResolver("", self.document)
        self.prefixes = [server["url"].rstrip("/") for server in self.document["servers"]]
        self.operations = [Operation(self, path, method, node)
                           for path, item in self.document["paths"].items()
                           for method, node in item.items() if method in METHODS]
        self.patterns = [(self.pattern(prefix + operation.path), operation)
                         for operation in self.operations for prefix in self.prefixes]

    def pattern(self, path):
        slash = "/?" if self.document.get("x-optional-slash") else ""
        return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + slash)

    def operation(self, method, path):
        """A path that is written out is no value of another's parameter, whatever its methods."""
        for operation in self.at(path):
            if operation.method == method.lower() and operation.path.count("{") == self.placeholders(path):
                return operation
        return None

    def at(self, path):
        return [operation for pattern, operation in self.patterns if pattern.fullmatch(path)]

    def placeholders(self, path):
        """How many there are in what describes a path best; nothing for a path of others."""
        return min((operation.path.count("{") for operation in self.at(path)), default=None)

    def resolve(self, node):
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node

    def validate(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        assert error is None, f"{what}: {error.json_path} {error.message}"


class Apis:
    """All documents; `observe` is for a Client."""

    def __init__(self):
        self.apis = [Api(file) for file in sorted((ROOT / "docs/api").glob("*.yaml"))]

    def observe(self, method, path, response):
        path = path.split("?")[0]
        # One that is written out in one document is no value of a parameter in another.
        known = [api for api in self.apis if api.at(path)]
        fewest = min((api.placeholders(path) for api in known), default=0)
        for api in known:
            operation = api.operation(method, path)
            if operation and api.placeholders(path) == fewest:
                operation.check(response)
