# SPDX-License-Identifier: Apache-2.0
"""What is published about events and layouts: JSON Schemas of the wire form, and AsyncAPI 3 over all of them."""

import inspect
from typing import Any, Final

from contracts.catalogue import CATALOGUE
from contracts.envelope import LARGEST_PACK, PACK, SINGLE, Event
from contracts.glossary import load_glossary
from contracts.layouts import Layout, LayoutField

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_IN_ENVELOPE: Final = ("effective_on", "sequence")
_UUID: Final[Schema] = {"type": "string", "format": "uuid"}
_PATTERNS: Final = {"YYYY-MM-DD": r"^\d{4}-\d{2}-\d{2}$", "YYYYMMDD": r"^\d{8}$", "MMDD": r"^\d{4}$", "ERA": r"^[1-5]\d{6}$"}


def event_file(event_type: str) -> str:
    return f"events/{event_type}.schema.json"


def event_schema(model: type[Event]) -> Schema:
    """The CloudEvents object of one event type, as `contracts.envelope.as_json` writes it."""
    data = model.model_json_schema(mode="validation")
    definitions = data.pop("$defs", {})
    for name in _IN_ENVELOPE:
        data["properties"].pop(name)
    data["required"] = [name for name in data.get("required", []) if name not in _IN_ENVELOPE]
    data.pop("description", None)
    for part in (data, *definitions.values()):
        _say_terms(part)
    schema: Schema = {
        "$schema": DIALECT,
        "$id": f"urn:koki:event:{model.type}",
        "title": model.type,
        "description": inspect.cleandoc(model.__doc__ or ""),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "effectiveon", "correlationid", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**_UUID, "description": "Sent twice, it is the same message."},
            "source": {"type": "string", "description": "Who says it."},
            "type": {"const": model.type},
            "subject": {"type": "string", "description": "Whom it is about; messages of one subject keep their order."},
            "time": {"type": "string", "format": "date-time", "description": "When we learned it (UTC)."},
            "datacontenttype": {"const": "application/json"},
            "effectiveon": {"type": "string", "format": "date", "description": "The day that the law counts."},
            "sequence": {"type": ["integer", "null"], "minimum": 1, "description": _order(model)},
            "correlationid": _UUID,
            "causationid": {"type": ["string", "null"], "format": "uuid"},
            "traceparent": {"type": ["string", "null"]},
            "data": data,
        },
    }
    return {**schema, "$defs": definitions} if definitions else schema


def _say_terms(schema: Schema) -> None:
    """Titles are the terms of the glossary, where it has the name as a whole."""
    schema.pop("title", None)
    for name, field in schema.get("properties", {}).items():
        field.pop("title", None)
        if term := load_glossary().terms.get(name):
            field["title"] = term.term


def _order(model: type[Event]) -> str:
    return f"Counts the stream {model.stream}." if model.stream else "No order is promised."


def asyncapi() -> Schema:
    """AsyncAPI 3.0 of every event: one channel for each owner's exchange, who sends and who receives."""
    channels: dict[str, Schema] = {}
    operations: dict[str, Schema] = {}
    messages: dict[str, Schema] = {}
    for event_type, entry in CATALOGUE.items():
        owner = entry.model.owner
        messages[event_type] = {
            "name": event_type,
            "summary": inspect.cleandoc(entry.model.__doc__ or "").split("\n")[0],
            "contentType": SINGLE,
            "payload": {"$ref": event_file(event_type)},
        }
        channel = channels.setdefault(_channel(owner), _exchange(owner))
        channel["messages"][event_type] = {"$ref": f"#/components/messages/{event_type}"}
        for service, action in ((owner, "send"), *((hearer, "receive") for hearer in entry.heard_by)):
            name = f"{service}.says" if action == "send" else f"{service}.hears.{owner}"
            channel_ref = {"$ref": f"#/channels/{_channel(owner)}"}
            operation = operations.setdefault(name, {"action": action, "channel": channel_ref, "messages": []})
            operation["messages"].append({"$ref": f"#/channels/{_channel(owner)}/messages/{event_type}"})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Koki: events",
            "version": "1",
            "description": f"Events in CloudEvents 1.0, one in a message, or up to {LARGEST_PACK:,} in a pack ({PACK}).",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": SINGLE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _channel(owner: str) -> str:
    return f"{owner}.events"


def _exchange(owner: str) -> Schema:
    exchange = {"name": _channel(owner), "type": "topic", "durable": True, "vhost": "koki"}
    binding = {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}}
    return {"address": _channel(owner), "description": "The routing key is the event type.", "bindings": binding, "messages": {}}


def layout_schema(layout: Layout) -> Schema:
    """One row of a file, as text: what stands in each column, before it becomes a number or a day."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:koki:layout:{layout.version}:{layout.name}",
        "title": f"{layout.term} ({layout.version}/{layout.name})",
        "description": layout.meaning,
        "type": "object",
        "required": [field.name for field in layout.fields if not field.optional_column],
        "additionalProperties": False,
        "properties": {field.name: _cell_schema(layout, field) for field in layout.fields},
    }


def _cell_schema(layout: Layout, field: LayoutField) -> Schema:
    said: Schema = {"type": "string", "title": field.term, "description": field.description, "maxLength": field.length}
    form: Schema = {}
    match field.type:
        case "9":
            form["pattern"] = r"^\d+$"
        case "S9":
            form["pattern"] = r"^-?\d+$"
        case "YEAR":
            form["pattern"] = r"^\d{4}$"
        case "DATE":
            form["pattern"] = _PATTERNS[field.format or ""]
        case _ if codes := layout.codes_of(field):
            form["enum"] = list(codes)
        case _ if field.constant is not None:
            form["const"] = field.constant
        case _ if field.characters == "digits":
            form["pattern"] = r"^\d+$"
    if field.required:
        return {**said, **form, "minLength": 1}
    return {**said, "anyOf": [{"const": ""}, form]} if form else said


def layout_table(layout: Layout) -> str:
    """The fields of a layout as a table for the people who write the file (Japanese)."""
    is_fixed = layout.format == "fixed"
    place = "位置 | バイト" if is_fixed else "文字数"
    lines = [f"## {layout.term} `{layout.name}`", "", layout.meaning, "", f"根拠 (source): {layout.source}", ""]
    lines += [f"| 列 | 項目 | 型 | {place} | 必須 | 標準の項目 | 印 | 内容 |", "| --- " * (9 if is_fixed else 8) + "|"]
    for field in layout.fields:
        size = f"{field.offset} | {field.length}" if is_fixed else str(field.length)
        kind = f"{field.type} {field.format}" if field.format else field.type
        cells = [f"`{field.name}`", field.term, kind, size, _needed(layout, field), field.standard or "", field.evidence, field.description]
        lines.append(f"| {' | '.join(cells)} |")
    if layout.control_totals:
        lines += ["", "管理ファイルの合計 (control totals):", "", "| 名前 | 合計 | 対象 |", "| --- | --- | --- |"]
        lines += [
            f"| `{t.name}` | {t.term} | {f'`{t.sum}` の合計' if t.sum else f'`{t.count.text}` の行' if t.count else ''} |"
            for t in layout.control_totals
        ]
    for name, table in sorted(layout.code_tables.items()):
        codes = "、".join(f"{code} {meaning}" for code, meaning in table.values.items())
        lines += ["", f"コード表 `{name}` {table.term} ({table.evidence}): {codes}。{table.note}"]
    return "\n".join(lines) + "\n"


def _needed(layout: Layout, field: LayoutField) -> str:
    if field.required:
        return "○"
    if field.required_when:
        return f"{layout.field(field.required_when.field).term}が{'・'.join(field.required_when.values)}のとき"
    return "列ごと省略可" if field.optional_column else ""
