# SPDX-License-Identifier: EUPL-1.2
"""Installs the build (SCHAKEL_BUILD) under a temporary prefix; looks whether everything is there,
runs what was installed, and builds a small C program against it, with pkg-config and with CMake."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import wire

FILES = (
    "sbin/schakeld", "bin/schakel", "lib/libschakel.so", "lib/libschakel.so.0",
    "include/schakel/client.h", "include/schakel/status.h",
    "lib/pkgconfig/schakel.pc", "lib/cmake/Schakel/SchakelConfig.cmake",
    "share/man/man1/schakel.1", "share/man/man5/schakel-rules.5", "share/man/man8/schakeld.8",
    "share/bash-completion/completions/schakel",
    "lib/systemd/system/schakeld.service", "lib/systemd/system/schakeld@.service",
    "lib/sysusers.d/schakel.conf", "lib/tmpfiles.d/schakel.conf",
    "share/schakel/examples/schakeld.lua", "share/schakel/taxonomy.json",
    "share/schakel/rules/standaard.lua", "share/schakel/rules/wilgenmeer.lua",
    "share/schakel/rules/hitte.lua", "share/schakel/rules/zorg-thuis.lua",
    "share/schakel/lib/gebied.lua", "share/schakel/types/schakel.lua",
)
PROGRAM = """
#include <schakel/client.h>
#include <stdio.h>
int main(void)
{
    schakel_client *client = NULL;
    char *answer = NULL;
    sk_error err = {0};
    sk_status st = schakel_open(NULL, &client, &err);
    if (st == SK_OK)
        st = schakel_call_json(client, "{\\"getStatus\\": {}}", &answer, &err);
    puts(answer ? answer : err.message);
    schakel_free(answer);
    schakel_close(client);
    return (int)st;
}
"""
CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES C)
find_package(Schakel REQUIRED)
add_executable(small small.c)
target_link_libraries(small PRIVATE Schakel::schakel)
"""


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=False, timeout=120, **more)


def small_by_pkg_config(work, prefix, report):
    where = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "schakel", env=where)
    report.check(flags.returncode == 0 and str(prefix) in flags.stdout,
                 f"pkg-config: {flags.stdout}{flags.stderr}")
    program = work / "small-pc"
    done = run(os.environ.get("CC", "cc"), work / "small.c", *flags.stdout.split(), "-o", program)
    report.check(done.returncode == 0, f"compiled with pkg-config: {done.stderr}")
    return program


def small_by_cmake(work, prefix, report):
    (work / "CMakeLists.txt").write_text(CMAKE, encoding="utf-8")
    done = run("cmake", "-G", "Ninja", "-S", work, "-B", work / "b",
               f"-DCMAKE_PREFIX_PATH={prefix}")
    report.check(done.returncode == 0, f"find_package: {done.stderr}")
    done = run("cmake", "--build", work / "b")
    report.check(done.returncode == 0, f"compiled with CMake: {done.stdout}")
    return work / "b/small"


def check_programs(work, prefix, report):
    """The installed daemon, the installed command and both small programs talk to each other."""
    (work / "small.c").write_text(PROGRAM, encoding="utf-8")
    programs = [small_by_pkg_config(work, prefix, report), small_by_cmake(work, prefix, report)]
    programs = [program for program in programs if program.exists()]
    os.environ["SCHAKELD"] = str(prefix / "sbin/schakeld")
    with wire.Engine() as engine:
        where = {**os.environ, "SCHAKEL_DATA_DIR": str(engine.folder),
                 "LD_LIBRARY_PATH": str(prefix / "lib")}
        for program in programs:
            done = run(program, env=where)
            report.check(done.returncode == 0 and "engineStatus" in json.loads(done.stdout),
                         f"{program.name} asks the engine: {done.stdout}{done.stderr}")
        where.pop("LD_LIBRARY_PATH")
        done = run(prefix / "bin/schakel", "status", env=where)
        report.check(done.returncode == 0, f"the command finds its library: {done.stderr}")


def check_units(prefix, report):
    for name in ("schakeld.service", "schakeld@.service"):
        text = (prefix / "lib/systemd/system" / name).read_text(encoding="utf-8")
        report.check("@CMAKE" not in text, f"{name}: nothing is left to fill in")
        for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict"):
            report.check(line in text, f"{name}: {line}")
    done = run(prefix / "sbin/schakeld", "--check", "--config",
               prefix / "share/schakel/examples/schakeld.lua")
    report.check(done.returncode == 0, f"the example configuration is right: {done.stderr}")


def main():
    build = os.environ.get("SCHAKEL_BUILD", str(wire.ROOT / "build/dev"))
    report = wire.Report()
    work = pathlib.Path(tempfile.mkdtemp(prefix="schakel-install-"))
    prefix = work / "prefix"
    try:
        done = run("cmake", "--install", build, "--prefix", prefix)
        if done.returncode != 0:
            raise SystemExit(f"cmake --install: {done.stderr[-500:]}")
        for name in FILES:
            path = prefix / name
            report.check(path.exists() and path.stat().st_size > 40, f"{name} is installed")
        check_units(prefix, report)
        check_programs(work, prefix, report)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report.finish()


if __name__ == "__main__":
    main()
