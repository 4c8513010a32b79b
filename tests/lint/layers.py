# SPDX-License-Identifier: EUPL-1.2
"""Includes point downwards, and each foreign library stays in the module that owns it."""
import pathlib
import re
import sys

# Module -> what it may include besides itself and core.
MAY_INCLUDE = {
    "core": [],
    "model": [],
    "calendar": ["model"],
    "geo": ["model"],
    "codec": ["model"],
    "store": ["model", "codec"],
    "index": ["model", "calendar", "geo"],
    "rules": ["model"],
    "match": ["model", "calendar", "geo", "index", "rules"],
    "engine": ["model", "calendar", "geo", "codec", "store", "index", "rules", "match"],
    "plugin": ["model", "engine"],
    "wire": ["model", "engine", "codec"],
    "daemon": ["model", "engine", "wire", "plugin"],
}
# Foreign header (as a pattern) -> modules that own it.
OWNERS = {
    r"rocksdb/": ["store"],
    r"libical/": ["calendar"],
    r"geos_c\.h": ["geo"],
    r"proj\.h": ["geo"],
    r"(lua|lauxlib|lualib)\.h": ["rules", "daemon"],
    r"jansson\.h": ["codec"],
    r"nng/": ["wire"],
    r"event2/": ["daemon"],
    r"protobuf-c/|schakel/v1/|google/protobuf/": ["codec", "wire"],
    r"dlfcn\.h": ["plugin"],
    r"systemd/": ["daemon"],
}
# A second face of codec, for wire alone: the generated messages.
SECOND_FACES = {"codec/message.h": ["wire"]}
# What plugins see of the engine's folders: installed headers, the one mapping of JSON, and RD.
PLUGINS_SEE = {"core/core.h", "codec/codec.h", "geo/geo.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.M)


def faults_of(file, module):
    for quote, name in INCLUDE.findall(file.read_text(encoding="utf-8")):
        for pattern, owners in OWNERS.items():
            if re.match(pattern, name) and module not in owners:
                yield f"{file}: <{name}> belongs to {', '.join(owners)}"
        if quote == '"' and "/" not in name or ".." in name:
            yield f"{file}: include \"{name}\" by its place under engine/"
        folder, _, rest = name.partition("/")
        if folder not in MAY_INCLUDE or folder == module:
            continue
        if folder != "core" and folder not in MAY_INCLUDE[module]:
            yield f"{file}: {module} may not include {folder}"
        if rest != f"{folder}.h" and module not in SECOND_FACES.get(name, []):
            yield f"{file}: include \"{folder}/{folder}.h\", the face of {folder}, not \"{name}\""


def faults_of_plugin(file):
    for quote, name in INCLUDE.findall(file.read_text(encoding="utf-8")):
        if quote == '"' and name.partition("/")[0] in MAY_INCLUDE and name not in PLUGINS_SEE:
            yield f"{file}: a plugin may not include {name}"


def main(root):
    faults = []
    for file in sorted((root / "plugins").rglob("*.[ch]")):
        faults += faults_of_plugin(file)
    for file in sorted((root / "engine").rglob("*.[ch]")):
        module = file.relative_to(root / "engine").parts[0]
        if module in MAY_INCLUDE:
            faults += faults_of(file, module)
        elif module != "include":
            faults.append(f"{file}: the module {module} has no place in the table")
    print("\n".join(faults) or "layers: every include points downwards")
    return 1 if faults else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
