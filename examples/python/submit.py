#!/usr/bin/env python3
"""Publishes a pruning request from Python, with nothing of R-SPAR but an .avsc file.

The schema is the frozen one of the newest version: it is complete in one file,
schemas/src/main/resources/io/rspar/events/serde/history/<version>/PruningRequested.avsc.

Debian: apt-get install python3-avro python3-confluent-kafka

    submit.py PruningRequested.avsc request.json localhost:9092
    submit.py PruningRequested.avsc request.json --print > record.bin
"""

import datetime
import io
import json
import sys
import uuid

import avro.io
import avro.schema


def canonical(schema, namespace=""):
    """Avro's parsing canonical form, as nested lists and dictionaries in its order of keys."""
    if isinstance(schema, list):
        return [canonical(branch, namespace) for branch in schema]
    if isinstance(schema, str):
        primitive = schema in ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
        return schema if primitive or "." in schema or not namespace else f"{namespace}.{schema}"
    kind = schema["type"]
    if kind not in ("record", "enum", "fixed", "array", "map"):
        return canonical(kind, namespace)
    if kind in ("array", "map"):
        inner = "items" if kind == "array" else "values"
        return {"type": kind, inner: canonical(schema[inner], namespace)}
    name = schema["name"]
    if "." not in name:
        space = schema.get("namespace", namespace)
        name = f"{space}.{name}" if space else name
    form = {"name": name, "type": kind}
    space = name.rpartition(".")[0]
    if kind == "record":
        form["fields"] = [
            {"name": f["name"], "type": canonical(f["type"], space)} for f in schema["fields"]
        ]
    elif kind == "enum":
        form["symbols"] = schema["symbols"]
    else:
        form["size"] = schema["size"]
    return form


def fingerprint(schema):
    """CRC-64-AVRO of the canonical form, little-endian, as the single-object encoding has it."""
    empty = 0xC15D213AA4D7A795
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (empty if i & 1 else 0)
        table.append(i)
    crc = empty
    for byte in json.dumps(canonical(schema), separators=(",", ":"), ensure_ascii=False).encode():
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc.to_bytes(8, "little")


def completed(schema, value, known):
    """The value with the schema's defaults where it says nothing, and enumerations in capitals."""
    if isinstance(schema, str) and schema in known:
        schema = known[schema]
    if isinstance(schema, list):
        if value is None:
            return None
        return completed(next(s for s in schema if s != "null"), value, known)
    if not isinstance(schema, dict):
        return value
    kind = schema["type"]
    if kind in ("record", "enum"):
        known[schema["name"]] = schema
        known[f"{schema.get('namespace', 'io.rspar.events')}.{schema['name']}"] = schema
    if kind == "record":
        return {
            f["name"]: completed(f["type"], value.get(f["name"], f.get("default")), known)
            for f in schema["fields"]
        }
    if kind == "array":
        return [completed(schema["items"], item, known) for item in value]
    if kind == "enum":
        return value.upper().replace("-", "_")
    return completed(kind, value, known) if isinstance(kind, (dict, list)) else value


def encode(schema, event):
    """An event in Avro's single-object encoding: marker, fingerprint, data."""
    out = io.BytesIO()
    out.write(b"\xc3\x01" + fingerprint(schema))
    writer = avro.io.DatumWriter(avro.schema.parse(json.dumps(schema)))
    writer.write(event, avro.io.BinaryEncoder(out))
    return out.getvalue()


def publish(brokers, request_id, value):
    """Publishes to pruning-requests, under the request's id, with CloudEvents headers."""
    from confluent_kafka import Producer

    failures = []
    # The partitioner of Kafka's Java clients. Another works too: the services forward.
    producer = Producer(
        {"bootstrap.servers": brokers, "partitioner": "murmur2_random", "enable.idempotence": True}
    )
    producer.produce(
        "pruning-requests",
        key=request_id,
        value=value,
        headers={
            "ce_specversion": "1.0",
            "ce_id": str(uuid.uuid4()),
            "ce_type": "io.rspar.events.PruningRequested",
            "ce_source": "/examples/python",
            "ce_correlationid": request_id,
            "content-type": "application/avro",
        },
        on_delivery=lambda error, _: failures.append(error) if error else None,
    )
    if producer.flush(30) or failures:
        sys.exit(f"error: the request was not published: {failures or 'no answer in 30 s'}")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        request = json.load(file)
    now = datetime.datetime.now(datetime.timezone.utc)
    request.setdefault("submittedAt", now.isoformat())
    request["submittedAt"] = datetime.datetime.fromisoformat(request["submittedAt"])
    event = completed(schema, {"request": request}, {})
    value = encode(schema, event)
    if sys.argv[3] == "--print":
        sys.stdout.buffer.write(value)
    else:
        publish(sys.argv[3], request["requestId"], value)
        print(request["requestId"])


if __name__ == "__main__":
    main()
