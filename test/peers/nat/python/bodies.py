"""
Checks bodies against the typed requests of NVIDIA's SDKs, with no other key allowed at any depth. A line in:
{"type": "nemo_microservices.types.customization:JobCreateParams", "body"}; a line out: a list of what is wrong.
"""

import importlib
import json
import sys

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import is_typeddict


def forbid_extras(package):
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{package}.types"):
            for value in vars(module).values():
                if is_typeddict(value):
                    value.__pydantic_config__ = ConfigDict(extra="forbid")


for line in sys.stdin:
    case = json.loads(line)
    name, _, member = case["type"].partition(":")
    params = getattr(importlib.import_module(name), member)
    forbid_extras(name.split(".")[0])
    wrong = []
    try:
        TypeAdapter(params).validate_python(case["body"])
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    print(json.dumps(wrong), flush=True)
