# SPDX-License-Identifier: MIT
"""What a user of the library has: the installed tree, pkg-config and the examples."""
import os
import re
import shlex
import subprocess
import tempfile
import unittest

from fake_daemon import Daemon

BUILD, SOURCE = os.environ["BUILD"], os.environ["SOURCE"]
SANITIZE = os.environ["SANITIZE"]
SANITIZE_FLAGS = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def output(*args, **kwargs):
    return subprocess.run(args, check=True, capture_output=True, text=True, timeout=60,
                          **kwargs).stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.prefix = f"{cls.tmp}/prefix"
        output("cmake", "--install", BUILD, "--component", "client", "--prefix", cls.prefix)
        pc = output("find", cls.prefix, "-name", "falco-capture.pc").strip()
        cls.env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc))
        cls.libdir = os.path.dirname(os.path.dirname(pc))

    def flags(self, *args):
        return shlex.split(output("pkg-config", *args, "falco-capture", env=self.env))

    def compile(self, compiler, source, *args):
        binary = f"{self.tmp}/{os.path.basename(source)}.out"
        output(os.environ[compiler], *STRICT, *args, *SANITIZE_FLAGS, "-o", binary, source,
               *self.flags("--cflags", "--libs"))
        return binary

    def test_pkg_config_knows_the_version(self):
        with open(f"{SOURCE}/abi/version.h", encoding="utf-8") as f:
            version = re.search(r'FCD_VERSION\s+"(.*)"', f.read())[1]
        self.assertEqual(output("pkg-config", "--modversion", "falco-capture",
                                env=self.env).strip(), version)

    def test_library_exports_what_the_header_declares_and_nothing_else(self):
        with open(f"{self.prefix}/include/falco-capture/falco-capture.h", encoding="utf-8") as f:
            declared = set(re.findall(r"^\w.*?\b(fcd_client_\w+)\(", f.read(), re.M))
        symbols = output("nm", "-D", "--defined-only", f"{self.libdir}/libfalco-capture.so")
        exported = set(re.findall(r" T (\w+)@@FALCO_CAPTURE_1\.0$", symbols, re.M))
        self.assertEqual(exported, declared)
        self.assertEqual(len(re.findall(r" [BDRTVW] ", symbols)), len(declared))

    def test_header_is_clean_c11_and_cxx17(self):
        for compiler, std, name in (("CC", "c11", "a.c"), ("CXX", "c++17", "a.cc")):
            with open(f"{self.tmp}/{name}", "w", encoding="utf-8") as f:
                f.write("#include <falco-capture/falco-capture.h>\n"
                        "int main(void) { fcd_client_close(NULL); return 0; }\n")
            self.compile(compiler, f"{self.tmp}/{name}", f"-std={std}")

    def test_each_function_has_its_page_and_the_page_all_of_them(self):
        man = f"{self.prefix}/share/man/man3"
        with open(f"{SOURCE}/client/falco-capture.map", encoding="utf-8") as f:
            functions = set(re.findall(r"fcd_\w+", f.read()))
        self.assertEqual(set(os.listdir(man)),
                         {f"{f}.3" for f in functions} | {"libfalco-capture.3"})
        with open(f"{man}/libfalco-capture.3", encoding="utf-8") as f:
            page = f.read()
        self.assertEqual(set(re.findall(r"(fcd_client_\w+)\(", page)), functions)
        with open(f"{self.prefix}/share/man/man3/fcd_client_next.3", encoding="utf-8") as f:
            self.assertEqual(f.read(), ".so man3/libfalco-capture.3\n")
        example = page.split(".EX\n")[1].split(".EE")[0].replace("\\-", "-").replace("\\e", "\\")
        with open(f"{self.tmp}/page.c", "w", encoding="utf-8") as f:
            f.write(example)
        self.compile("CC", f"{self.tmp}/page.c", "-std=gnu11")

    def test_example_prints_until_the_daemon_ends(self):
        example = self.compile("CC", f"{SOURCE}/examples/print-execs.c", "-std=c11")
        with Daemon() as d:
            env = dict(os.environ, LD_LIBRARY_PATH=self.libdir, FALCO_CAPTURE_SOCKET=d.path)
            run = subprocess.Popen([example], env=env, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
            self.assertIn('"syscalls":["execve","execveat"]', d.serve())
            d.ring.close_call(3)
            d.ring.gap(0, 1234)
            d.publish()
            self.assertRegex(run.stdout.readline(), "lost=1234 .*ring_full")
            d.hang_up()
            out, err = run.communicate(timeout=30)
            self.assertEqual((run.returncode, out), (1, ""))
            self.assertIn("the daemon has ended", err)

    def test_installed_ctl_finds_its_library(self):
        env = {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"}
        self.assertTrue(output(f"{self.prefix}/bin/falco-capturectl", "--version", env=env))


if __name__ == "__main__":
    unittest.main()
