"""Lower apps know nothing of higher ones, not even by the names of relations: import-linter cannot see those."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
RULE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
[LAYERS] = [contract["layers"] for contract in RULE["contracts"]]


def higher_apps(app: str) -> list[str]:
    return LAYERS[: LAYERS.index(app)]


def names_given_by_higher_apps(app: str) -> set[str]:
    """What relations from higher apps add to the models of this one: for look-ups and as attributes."""
    return {
        name
        for model in apps.get_models()
        if model._meta.app_label in higher_apps(app)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
        if field.related_model._meta.app_label == app
        for name in (field.related_query_name(), field.remote_field.get_accessor_name())
        if name
    }


def names_used(source: str) -> Iterator[tuple[int, str]]:
    """Every name by which a relation could be followed: look-ups, attributes, "app.Model"."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg=str(name)):
                yield from ((node.lineno, part) for part in name.split("__"))
            case ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.Constant(value=str(text)) if text.replace("__", "").replace("_", "").isalnum() and "__" in text:
                yield from ((node.lineno, part) for part in text.split("__"))
            case ast.Constant(value=str(text)) if text.count(".") == 1 and text.replace(".", "").isidentifier():
                yield node.lineno, text.split(".")[0]


@pytest.mark.parametrize("app", LAYERS[1:])
def test_lower_app_names_nothing_of_higher_apps(app: str) -> None:
    forbidden = names_given_by_higher_apps(app) | set(higher_apps(app))
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
        for line, name in names_used(path.read_text())
        if name in forbidden
    ]
    assert not found, "\n".join(found)


def test_a_reverse_lookup_would_be_found() -> None:
    assert (1, "offices") in names_used("Municipality.objects.filter(offices__code='LIP')")
    assert (1, "offices") in names_used("queryset.values('offices__code')")
    assert (1, "contacts") in names_used("get_model('contacts.Office')")
    assert (1, "assignments") in names_used("municipality.assignments.all()")
