"""lyceum-core: TensorBoard's file of events as Google's protobuf writes its messages; the frame of a record by a CRC-32C of its own."""
import os
import struct
import zlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from golden import ROOT

F = descriptor_pb2.FieldDescriptorProto
FIELDS = {
    "Event": [("wall_time", 1, "double"), ("step", 2, "int64"), ("file_version", 3, "string"), ("summary", 5, "Summary")],
    "Summary": [("value", 1, "*Value")],
    "Value": [("tag", 1, "string"), ("simple_value", 2, "float"), ("image", 4, "Image"), ("histo", 5, "Histogram"), ("tensor", 8, "TensorProto"),
              ("metadata", 9, "Metadata")],
    "Image": [("height", 1, "int32"), ("width", 2, "int32"), ("colorspace", 3, "int32"), ("encoded_image_string", 4, "bytes")],
    "Histogram": [("min", 1, "double"), ("max", 2, "double"), ("num", 3, "double"), ("sum", 4, "double"), ("sum_squares", 5, "double"),
                  ("bucket_limit", 6, "*double"), ("bucket", 7, "*double")],
    "TensorProto": [("dtype", 1, "int32"), ("tensor_shape", 2, "TensorShape"), ("string_val", 8, "*bytes")],
    "TensorShape": [("dim", 2, "*Dim")], "Dim": [("size", 1, "int64")],
    "Metadata": [("plugin_data", 1, "PluginData")], "PluginData": [("plugin_name", 1, "string")],
}
file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="t", syntax="proto3")
for message, fields in FIELDS.items():
    m = file.message_type.add(name=message)
    for name, number, kind in fields:
        f = m.field.add(name=name, number=number, label=F.LABEL_REPEATED if kind[0] == "*" else F.LABEL_OPTIONAL)
        kind = kind.lstrip("*")
        if kind in FIELDS:
            f.type, f.type_name = F.TYPE_MESSAGE, ".t." + kind
        else:
            f.type = getattr(F, "TYPE_" + kind.upper())
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Event = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("t.Event"))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)


def record(event):
    data = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(3 * width) for _ in range(height)))) + chunk(b"IEND", b""))


TIME = 1_700_000_000.25
picture = png(3, 2)
histogram = dict(min=-1, max=2, num=4, sum=2, sum_squares=5.5)
limits = [-1 + (i + 1) * (3 / 30) for i in range(29)] + [2.0]
counts = [0.0] * 30
for x in (-1.0, 0.5, 0.5, 2.0):
    counts[min(29, int((x + 1) / (3 / 30)))] += 1
events = [
    dict(file_version="brain.Event:2"),
    dict(summary=dict(value=[dict(tag="loss/train", simple_value=0.5)])),
    dict(step=12, summary=dict(value=[dict(tag="loss/train", simple_value=0.25)])),
    dict(step=12, summary=dict(value=[dict(tag="weights", histo=dict(histogram, bucket_limit=limits, bucket=counts))])),
    dict(step=13, summary=dict(value=[dict(tag="settings", tensor=dict(dtype=7, tensor_shape=dict(dim=[dict(size=1)]),
                                                                       string_val=["**rate** 0.1 ü".encode()]),
                                           metadata=dict(plugin_data=dict(plugin_name="text")))])),
    dict(step=14, summary=dict(value=[dict(tag="picture", image=dict(height=2, width=3, colorspace=3, encoded_image_string=picture))])),
]
out = os.path.join(ROOT, "lyceum-core/src/test/resources/format/events.tfevents")
with open(out, "wb") as f:
    for event in events:
        f.write(record(Event(wall_time=TIME, **event)))
with open(os.path.join(os.path.dirname(out), "events.png"), "wb") as f:
    f.write(picture)
