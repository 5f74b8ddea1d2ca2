"""Holds the answers of the running server against docs/api/*.yaml."""

import json
import re

import jsonschema
import yaml

from harness import ROOT


class Api:
    """One OpenAPI document."""

    def __init__(self, file):
        self.document = yaml.safe_load(file.read_text())
        self.name = file.name
        self.resolver = jsonschema.RefResolver("", self.document)
        self.prefixes = [server["url"].rstrip("/") for server in self.document["servers"]]
        self.paths = [(self.pattern(prefix + path), item)
                      for prefix in self.prefixes for path, item in self.document["paths"].items()]

    @staticmethod
    def pattern(path):
        path = re.sub(r"^https?://[^/]+", "", path)
        return re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$")

    def operation(self, method, path):
        for pattern, item in self.paths:
            if pattern.match(path) and method.lower() in item:
                return item[method.lower()]
        return None

    def resolve(self, node):
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node

    def check(self, operation, response):
        """Fails unless the answer is one that the operation declares."""
        responses = operation["responses"]
        declared = responses.get(str(response.status)) or responses.get("default")
        assert declared, f"{self.name}: {operation['operationId']} does not declare {response.status}"
        declared = self.resolve(declared)
        content = declared.get("content")
        if not content:
            assert response.body == b"", f"{self.name}: {response} has a body that is not declared"
            return
        media_type = response.header("Content-Type").split(";")[0]
        assert media_type in content, f"{self.name}: {media_type} is not declared for {response.status}"
        if media_type.endswith("json"):
            schema = content[media_type]["schema"]
            jsonschema.Draft202012Validator(schema, resolver=self.resolver).validate(json.loads(response.body))
        for name, header in declared.get("headers", {}).items():
            if self.resolve(header).get("required"):
                assert response.header(name) is not None, f"{self.name}: {response} lacks {name}"


class Apis:
    """All documents; `observe` is for a Client."""

    def __init__(self):
        self.apis = [Api(file) for file in sorted((ROOT / "docs/api").glob("*.yaml"))]
        self.checked = 0

    def observe(self, method, path, response):
        path = path.split("?")[0]
        for api in self.apis:
            operation = api.operation(method, path)
            if operation:
                api.check(operation, response)
                self.checked += 1
