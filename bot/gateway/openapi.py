"""OpenAPI 3.1 from the declared operations and the very models that validate them."""

import re
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.gateway.api import Route
from bot.gateway.frames import FRAMES

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "A stable code."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence a person can act on."},
    },
}


def openapi(routes: list[Route], version: str) -> dict[str, Any]:
    """The whole document."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    for route in routes:
        models += [(model, "validation") for model in (route.body, route.query) if model]
        models += [(route.returns, "serialization")] if route.returns else []
    models += [(model, "validation") for model in FRAMES.values()]
    unique = list(dict.fromkeys(models))
    refs, schemas = models_json_schema(unique, ref_template="#/components/schemas/{model}")
    components = schemas.get("$defs", {})
    components["Problem"] = PROBLEM
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"{(\w+):[^}]*}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, refs, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rapport", "version": version, "description": "Support-and-advocacy chatbot."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "visitor": {"type": "http", "scheme": "bearer", "description": "The token of a `welcome`."},
                "staff": {"type": "http", "scheme": "bearer", "description": "The token of `POST /api/v1/session`."},
            },
        },
    }


def _operation(route: Route, path: str, refs: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-zA-Z0-9]+', '_', path)}",
        "tags": [route.tag],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ],
        "responses": {},
    }
    if route.query is not None:
        schema = _resolved(refs[route.query, "validation"], components)
        required = schema.get("required", [])
        operation["parameters"] += [
            {"name": name, "in": "query", "required": name in required, "schema": field}
            for name, field in schema.get("properties", {}).items()
        ]
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[route.body, "validation"]}},
        }
    if route.takes_file:
        file = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": file}}
    if route.returns is not None:
        operation["responses"]["200"] = {
            "description": "Done.",
            "content": {"application/json": {"schema": refs[route.returns, "serialization"]}},
        }
    else:
        operation["responses"]["2XX"] = {"description": "Done."}
    codes: set[int] = set(route.errors) | ({401, 403} if route.auth else set()) | ({422} if route.body else set())
    for code in sorted(codes):
        operation["responses"][str(code)] = {
            "description": "Refused.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if route.auth:
        scheme: Literal["visitor", "staff"] = "visitor" if route.auth == "visitor" else "staff"
        operation["security"] = [{scheme: []}]
    return operation


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = components[reference.rsplit("/", 1)[-1]]
    return found
