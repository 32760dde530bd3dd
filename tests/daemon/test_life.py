# SPDX-License-Identifier: MIT
"""Start, choice of the engine, end; and what a daemon that was killed leaves behind."""
import json
import os
import re
import signal
import socket
import stat
import struct
import subprocess

import harness

AUTO = os.path.join(harness.STUBS, "auto")


class CommandLine(harness.Test):
    def test_version_names_all_versions(self):
        done = harness.run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, f"falco-capture 0.1.0 (engine ABI {harness.ABI}, event schema "
                                      "4.5.1, wire protocol 2)\n")

    def test_help_names_every_option_and_fits_a_terminal(self):
        done = harness.run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in ("--engine", "--userspace", "--config", "--socket", "--engine-dir",
                     "--check-config", "--print-config", "--version", "--help", "FALCO_BPF_PROBE", "Examples",
                     "Exit status"):
            self.assertIn(word, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_wrong_usage_is_exit_2_with_a_hint(self):
        for arguments, words in ((["--engin=fake"], "did you mean --engine"),
                                 (["--zzz"], "unknown option --zzz"),
                                 (["--engine"], "--engine needs a value"),
                                 (["--engine=a/b"], "not the name of an engine"),
                                 (["--userspace", "--engine=bpf"], "two engines"),
                                 (["start"], 'unexpected argument "start" (a command'),
                                 (["--userspace", "--"], "no command follows --")):
            done = harness.run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)


class Config(harness.Test):
    def write(self, text):
        path = os.path.join(self.folder, "c.json")
        with open(path, "w") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def check(self, config, *arguments, **env):
        config = dict({"engine_dir": harness.ENGINES}, **config)
        return harness.run("--config", self.write(config), "--check-config", *arguments, **env)

    def test_good_config_is_exit_0(self):
        for config in ({"engines": {"fake": {"rate": 5}}},
                       {"engine_dir": harness.STUBS, "engines": {"kmod": {"not": "installed"}}}):
            done = self.check(config)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("engine auto", done.stdout)

    def test_bad_config_is_exit_2_with_the_json_path(self):
        for config, words in (({"hold": 2}, "$.hold: unknown key"),
                              ({"engines": {"fake": {"rates": 5}}},
                               '$.engines.fake.rates: unknown key (did you mean "rate"?)'),
                              ({"engines": {"fake": {"rate": "5"}}}, "$.engines.fake.rate: "),
                              ({"engines": {"fakr": {}}}, "$.engines.fakr: there is no such")):
            done = self.check(config)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)
            self.assertIn("c.json", done.stderr)
        done = harness.run("--config", self.write("{\n'a'"), "--check-config")
        self.assertEqual(done.returncode, 2)
        self.assertIn("c.json:2:", done.stderr)
        done = harness.run("--config", "/nonexistent")
        self.assertEqual(done.returncode, 2)

    def test_flag_wins_over_environment_wins_over_file(self):
        for config, arguments, env, engine in (
                ({}, [], {}, "auto"),
                ({"engine": "kmod"}, [], {}, "kmod"),
                ({"engine": "kmod"}, [], {"FALCO_BPF_PROBE": ""}, "bpf"),
                ({"engine": "kmod"}, [], {"FALCO_BPF_PROBE": "/x.o"}, "bpf"),
                ({"engine": "kmod"}, ["--userspace"], {"FALCO_BPF_PROBE": ""}, "userspace"),
                ({"engine": "kmod"}, ["--engine=fake"], {"FALCO_BPF_PROBE": ""}, "fake")):
            done = self.check(config, *arguments, **env)
            self.assertIn(f"engine {engine},", done.stdout)

    def test_printed_config_has_every_value_with_its_origin(self):
        config = {"hold_ms": 3, "limits": {"clients": 5}, "engine": "kmod",
                  "access": {"stats": {"users": ["root"]}},
                  "engines": {"fake": {"rate": 7}, "bpf": {"probe": "/file"}}}
        done = harness.run("--config", path := self.write(config), "--print-config",
                           "--engine=fake", f"--engine-dir={harness.ENGINES}",
                           FALCO_BPF_PROBE="/environment")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        shown = json.loads(done.stdout)
        file = f"file {path}"
        for value, origin, *keys in (
                ("fake", "flag --engine", "engine"),
                (harness.ENGINES, "flag --engine-dir", "engine_dir"),
                (None, "default", "socket"),
                (3, file, "hold_ms"), (5000, "default", "linger_ms"),
                (5, file, "limits", "clients"), (65536, "default", "limits", "request_bytes"),
                ({"stats": {"users": ["root"]}}, file, "access"),
                (7, file, "engines", "fake", "rate"), (2, "default", "engines", "fake", "rings"),
                (False, "default", "engines", "fake", "end"),
                ("/environment", "environment FALCO_BPF_PROBE", "engines", "bpf", "probe")):
            at = shown
            for key in keys:
                at = at[key]
            self.assertEqual(at, {"value": value, "from": origin}, keys)
        # Each of the example's keys is there, and a value is one line.
        with open(os.environ["FCD_EXAMPLE"], encoding="utf-8") as f:
            self.assertEqual(list(shown), list(json.load(f)))
        self.assertIn('\n\t"hold_ms": {"value": 3, "from": "file ', done.stdout)

    def test_printed_values_are_a_config(self):
        config = {"hold_ms": 3, "engine_dir": harness.ENGINES, "engines": {"fake": {"rate": 7}}}

        def values(shown):
            if isinstance(shown.get("from"), str):
                return shown["value"]
            return {key: values(inner) for key, inner in shown.items()}

        first = json.loads(harness.run("--config", self.write(config), "--print-config").stdout)
        done = harness.run("--config", self.write(values(first)), "--print-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(values(json.loads(done.stdout)), values(first))

    def test_wrong_config_is_not_printed(self):
        done = harness.run("--config", self.write({"hold": 2}), "--print-config")
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_probe_of_the_environment_reaches_the_engine(self):
        # The stub named bpf has no option "probe", and says so.
        done = self.check({"engine_dir": AUTO}, FALCO_BPF_PROBE="/x.o")
        self.assertEqual(done.returncode, 2)
        self.assertIn("$.engines.bpf.probe: unknown key", done.stderr)


class Choice(harness.Test):
    def start(self, config=None, engine="auto"):
        return self.daemon(config, engine=engine, engine_dir=AUTO)

    def refused(self, engine, engine_dir, config=None):
        path = os.path.join(self.folder, "c.json")
        with open(path, "w") as f:
            json.dump(config or {}, f)
        done = harness.run("--config", path, f"--engine={engine}", f"--engine-dir={engine_dir}",
                           f"--socket={self.folder}/s")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(os.listdir(self.folder), ["c.json"])
        return done.stderr

    def test_auto_takes_the_first_that_works_and_says_so_in_one_line(self):
        daemon = self.start()
        self.assertEqual([line for line in daemon.log if "runs" in line],
                         [f"falco-capture: info: engine kmod 7.7 runs (ABI {harness.ABI}, schema "
                          "4.5.1); bpf: not tried; userspace: not tried\n"])

    def test_auto_says_why_what_comes_first_does_not_run(self):
        for where in ("probe", "open"):
            daemon = self.start({"engines": {"kmod": {"fail": where}}})
            [line] = [line for line in daemon.log if " runs " in line]
            self.assertIn(f"engine bpf 7.7 runs (ABI {harness.ABI}, schema 4.5.1); kmod: the stub "
                          f"cannot {where}; userspace: not tried", line)
            [line] = [line for line in daemon.log if "does not run" in line]
            self.assertIn("kmod does not run", line)
            self.assertIn('set engines.kmod.fail to ""', line)
            self.assertEqual(daemon.status()["refused"],
                             [{"engine": "kmod", "error": f"the stub cannot {where}",
                               "hint": 'set engines.kmod.fail to ""'}])
            daemon.close()

    def test_auto_comes_to_the_third_with_both_reasons(self):
        fails = {"kmod": {"fail": "probe"}, "bpf": {"fail": "open"}}
        daemon = self.start({"engines": fails})
        [line] = [line for line in daemon.log if " runs " in line]
        self.assertIn("engine userspace 7.7 runs", line)
        self.assertIn("; kmod: the stub cannot probe; bpf: the stub cannot open\n", line)
        self.assertEqual([(r["engine"], r["hint"]) for r in daemon.status()["refused"]],
                         [(name, f'set engines.{name}.fail to ""') for name in fails])

    def test_auto_without_any_engine_is_exit_3(self):
        log = self.refused("auto", "/usr/share")
        for name in ("kmod", "bpf", "userspace"):
            self.assertIn(f"engine {name} does not run: it is not installed (there is no "
                          f"/usr/share/falco-capture-engine-{name}.so)", log)
        fails = {name: {"fail": "probe"} for name in ("kmod", "bpf", "userspace")}
        log = self.refused("auto", AUTO, {"engines": fails, "log_level": "error"})
        for name in fails:
            self.assertIn(f"error: engine {name} does not run: the stub cannot probe (set", log)
        self.assertIn("none of kmod, bpf and userspace can run here", log)

    def test_named_engine_never_falls_back(self):
        log = self.refused("kmod", AUTO, {"engines": {"kmod": {"fail": "probe"}}})
        self.assertIn('kmod: the stub cannot probe (set engines.kmod.fail to "")', log)
        log = self.refused("kmod", harness.STUBS)
        self.assertIn("kmod: it is not installed (installed: ", log)
        self.assertIn(", stub,", log)

    def test_file_that_is_no_engine_of_this_release_is_exit_3_before_it_runs(self):
        engines = os.path.join(self.folder, "engines")
        os.mkdir(engines)
        mark = os.path.join(engines, "mark")

        def put(content, mode=0o644):
            path = os.path.join(engines, "falco-capture-engine-x.so")
            with open(path, "wb") as f:
                f.write(content)
            os.chmod(path, mode)

        def stub(variant):
            with open(f"{harness.STUBS}/falco-capture-engine-{variant}.so", "rb") as f:
                return f.read()

        good = stub("stub")
        e_machine = struct.calcsize("16sH")
        other_machine = good[:e_machine] + b"\x16\0" + good[e_machine + 2:]
        for content, mode, words in (
                (b"#!/bin/sh\n", 0o644, "is not an ELF file (an engine is a shared object"),
                (other_machine, 0o644, "is for another machine: ELF machine 22, 64 bits; "),
                (stub("stranger"), 0o644, "it has no falco-capture note (it may be a library"),
                (stub("other-major"), 0o644, f"has engine ABI {harness.OTHER_ABI}, the daemon has "),
                (stub("other-schema"), 0o644, "has event schema 3.2.1, the daemon has 4.5.1 (inst"),
                (stub("no-symbol"), 0o644, "exports other_entry too (link it so that fcd_engine()"),
                (stub("two-symbols"), 0o644, "exports other_object too (link it so that"),
                (good, 0o666, "has mode 0666: others may write to it (chmod go-w it")):
            put(content, mode)
            done = harness.run("--engine=x", f"--engine-dir={engines}",
                               f"--socket={self.folder}/s", STUB_ENGINE_MARK=mark)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertIn(f"{engines}/falco-capture-engine-x.so", done.stderr)
            self.assertFalse(os.path.exists(mark), words)
        # The mark would have told: this one is refused for what it does once it runs.
        put(stub("liar"))
        done = harness.run("--engine=x", f"--engine-dir={engines}", f"--socket={self.folder}/s",
                           STUB_ENGINE_MARK=mark)
        self.assertEqual(done.returncode, 3)
        self.assertIn("does not do what its note says", done.stderr)
        self.assertTrue(os.path.exists(mark))

    def test_engine_that_cannot_start_is_exit_3(self):
        log = self.refused("stub", harness.STUBS, {"engines": {"stub": {"fail": "start"}}})
        self.assertIn("the stub cannot start", log)

    def test_engine_cannot_forge_lines_of_the_log(self):
        daemon = self.start({"engines": {"kmod": {"loud": True}}})
        self.assertIn(f"falco-capture: warning: engine kmod: {daemon.path}\n", daemon.log)
        [line] = [line for line in daemon.log if "probing" in line]
        self.assertEqual(line, "falco-capture: warning: engine kmod: probing?falco-capture: "
                               "error: forged\n")

    def test_build_tree_daemon_finds_its_engines(self):
        done = harness.run("--check-config", "--config=/dev/stdin")
        self.assertEqual(done.returncode, 2)    # no input is no JSON
        path = os.path.join(self.folder, "c.json")
        with open(path, "w") as f:
            f.write("{}")
        done = harness.run("--check-config", "--config", path)
        self.assertIn(os.path.realpath(harness.ENGINES), done.stdout)


class Socket(harness.Test):
    def test_second_daemon_is_refused_with_the_pid_of_the_first(self):
        daemon = self.daemon()
        done = harness.run("--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"served by another falco-capture, pid {daemon.process.pid}", done.stderr)
        self.assertTrue(daemon.status()["ok"])

    def test_daemon_that_was_killed_is_followed_by_the_next(self):
        daemon = self.daemon()
        client = daemon.subscribe("openat")
        for _ in range(3):
            daemon.kill()
            client.drain()              # the client sees that it died
            client.close()
            self.assertTrue(os.path.exists(daemon.path))
            daemon.start()
            client = daemon.subscribe("openat")
            self.assertEqual(client.line()["type"], "openat")
        client.close()

    def test_nothing_is_left_after_the_end(self):
        daemon = self.daemon()
        self.assertEqual(sorted(os.listdir(self.folder)), ["config.json", "s", "s.lock"])
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(os.listdir(self.folder), ["config.json"])

    def test_socket_is_for_its_user_alone_without_the_group(self):
        daemon = self.daemon({"socket_group": "no-such-group"})
        self.assertEqual(stat.S_IMODE(os.stat(daemon.path).st_mode), 0o600)
        self.assertIn("there is no group no-such-group", "".join(daemon.log))

    def test_what_is_not_ours_is_not_replaced(self):
        path = os.path.join(self.folder, "s")
        with open(path, "w") as f:
            f.write("precious")
        done = harness.run("--engine=fake", f"--engine-dir={harness.ENGINES}", f"--socket={path}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("exists and is not a socket", done.stderr)
        os.unlink(path)
        other = socket.socket(socket.AF_UNIX)
        other.bind(path)
        other.listen()
        done = harness.run("--engine=fake", f"--engine-dir={harness.ENGINES}", f"--socket={path}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another program listens", done.stderr)
        other.close()
        os.unlink(path)
        target = os.path.join(self.folder, "target")
        os.symlink(target, path + ".lock")
        done = harness.run("--engine=fake", f"--engine-dir={harness.ENGINES}", f"--socket={path}")
        self.assertEqual(done.returncode, 1)
        self.assertFalse(os.path.exists(target))

    def test_path_that_is_too_long_is_refused(self):
        done = harness.run("--engine=fake", "--socket=/tmp/" + "x" * 110)
        self.assertEqual(done.returncode, 1)
        self.assertIn("at most 107 bytes", done.stderr)


class End(harness.Test):
    def test_sigterm_delivers_what_was_published_and_exits_0(self):
        for signum in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon(fake={"rate": 50000, "rings": 2})
            s, _, fds = harness.subscribe_shm(daemon.path)
            with open(fds[0], "rb") as ring:
                client = daemon.subscribe()
                first = client.line()["seq"]
                daemon.process.send_signal(signum)
                last = None
                for line in client.lines():
                    self.assertEqual(line["seq"], (first if last is None else last) + 1)
                    last = line["seq"]
                self.assertEqual(daemon.wait(), 0)
                header = os.pread(ring.fileno(), 128, 0)
            # The number of the next event, and "nothing more comes".
            self.assertEqual(struct.unpack_from("<Q8xQ", header, 64), (last + 1, 1))
            # What the engine had produced was all published: nothing stayed in its rings.
            self.assertIn(f"info: {last + 1} events: {last + 1} published, 0 excluded, 0 lost",
                          "".join(daemon.log))
            self.assertNotIn("cut off", "".join(daemon.log))
            self.assertEqual(s.recv(1), b"")
            s.close()
            os.close(fds[1])
            client.close()
            daemon.close()

    def test_client_that_never_reads_does_not_hold_up_the_end(self):
        daemon = self.daemon(fake={"rate": 100000, "rings": 1})
        client = daemon.subscribe()
        self.wait_until(lambda s: s["broadcast"]["seq"] > 20000, daemon.stats)
        self.assertEqual(daemon.stop(), 0)
        self.assertIn("cut off", "".join(daemon.log))
        client.close()

    def test_request_just_before_the_end_is_answered(self):
        daemon = self.daemon()
        client = daemon.connect()
        self.assertTrue(client.ask({"op": "status"})["ok"])
        # Both are there when it goes on: the request is read, then it hears that it is to end.
        daemon.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED)
        client.send(b'{"op":"status"}\n')
        daemon.process.terminate()
        daemon.process.send_signal(signal.SIGCONT)
        self.assertEqual(client.line()["socket"], daemon.path)
        self.assertIsNone(client.line())
        self.assertEqual(daemon.wait(), 0)
        client.close()

    def test_engine_that_does_not_stop_is_said(self):
        daemon = self.daemon({"engines": {"stub": {"fail": "stop"}}}, engine="stub",
                             engine_dir=harness.STUBS)
        self.assertEqual(daemon.stop(), 0)
        self.assertIn("the engine did not stop: the stub cannot stop", "".join(daemon.log))

    def test_journal_gets_priorities_and_only_the_journal(self):
        read, write = os.pipe()
        st = os.fstat(write)
        for stream, prefix in ((f"{st.st_dev}:{st.st_ino}", "<3>"), ("1:1", "")):
            subprocess.run([harness.DAEMON, "--config=/nonexistent"], stderr=write,
                           env=harness.environment(JOURNAL_STREAM=stream))
            self.assertEqual(re.match(r"(.*)falco-capture: error: ",
                                      os.read(read, 4096).decode()).group(1), prefix)
        os.close(read)
        os.close(write)


harness.main()
