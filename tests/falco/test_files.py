# SPDX-License-Identifier: MIT
"""The files for Falco and their page name what the plugin has, and nothing else."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    print("no python3-yaml")
    sys.exit(77)

HOST, PLUGIN, BUILD = (os.environ[k] for k in ("HOST", "PLUGIN", "BUILD"))
ROOT = pathlib.Path(__file__).resolve().parents[2]
ID = re.compile(r"falco_capture\.[a-z]+")
FIELD = re.compile(r"evt\.arg\.(\w+)")


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def host(*arguments):
    return subprocess.run([HOST, *arguments], capture_output=True, text=True, check=False)


def schema():
    """Of init_config, as the plugin hands it to Falco."""
    loaded = host("--load", PLUGIN).stdout
    return json.loads(loaded.split("schema ")[1].split("unloaded")[0])


def notification():
    """The parameters of the event, as Falco knows them."""
    table = read(ROOT / "core/table/events.txt").split("\n280 NOTIFICATION_E ")[1]
    return {line.split()[0] for line in table.split("\n281 ")[0].splitlines()[1:]}


class Files(unittest.TestCase):
    def setUp(self):
        self.drop_in = yaml.safe_load(read(pathlib.Path(BUILD, "packaging/zz-falco-capture.yaml")))
        self.rules = yaml.safe_load(read(ROOT / "etc/falco/falco_capture_rules.yaml"))
        self.page = read(ROOT / "docs/falco.md")

    def init(self, config):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(config)
            file.flush()
            return host("--init", "--config", file.name, PLUGIN)

    def test_the_drop_in_loads_the_plugin_by_its_name(self):
        [plugin] = self.drop_in["plugins"]
        self.assertEqual(self.drop_in["engine"], {"kind": "nodriver"})
        self.assertEqual(self.drop_in["load_plugins"], [plugin["name"]])
        self.assertIn(f"loaded {plugin['name']} ", host("--load", PLUGIN).stdout)
        self.assertTrue(os.path.isabs(plugin["library_path"]))
        self.assertEqual(os.path.basename(plugin["library_path"]), os.path.basename(PLUGIN))

    def test_the_plugin_takes_the_settings_of_the_drop_in(self):
        done = self.init(self.drop_in["plugins"][0]["init_config"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_each_notification_has_one_rule_and_a_row_on_the_page(self):
        told = set(ID.findall(pathlib.Path(PLUGIN).read_bytes().decode("latin-1")))
        ruled = ID.findall(str([rule["condition"] for rule in self.rules]))
        self.assertEqual(sorted(ruled), sorted(told))
        for name in told:
            self.assertIn(f"\n| `{name}` |", self.page)

    def test_rules_are_what_falco_asks_of_a_rule(self):
        for rule in self.rules:
            self.assertEqual(set(rule), {"rule", "desc", "condition", "output", "priority",
                                         "source", "tags"})
            self.assertTrue(rule["condition"].startswith("evt.type = notification and "))
            self.assertEqual(rule["source"], "syscall")
            self.assertLessEqual(set(FIELD.findall(rule["condition"] + rule["output"])),
                                 notification())
        self.assertEqual(len({r["rule"] for r in self.rules}), len(self.rules))

    def test_the_page_has_each_setting(self):
        rows = self.page.split("### Settings")[1].split("\n##")[0]
        self.assertEqual(set(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)),
                         set(schema()["properties"]))

    def test_every_configuration_of_the_page_is_right(self):
        blocks = [yaml.safe_load(b) for b in re.findall(r"```yaml\n(.*?)```", self.page, re.DOTALL)]
        self.assertTrue(blocks)
        for plugin in (p for b in blocks if "plugins" in b for p in b["plugins"]):
            if plugin["name"] == "falco_capture":
                done = self.init(plugin["init_config"])
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
