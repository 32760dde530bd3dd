# SPDX-License-Identifier: MIT
"""What clients ask, and what they hear."""
import json
import socket

import harness


class Requests(harness.Test):
    def test_status_says_what_runs_and_who_reads(self):
        daemon = self.daemon()
        client = daemon.subscribe("openat", "kill")
        status = daemon.status()
        self.assertEqual(status["engine"], "fake")
        self.assertEqual((status["schema"], status["abi"], status["wire"]), ("4.5.1", harness.ABI, 2))
        self.assertEqual(status["pid"], daemon.process.pid)
        self.assertEqual(status["socket"], daemon.path)
        self.assertEqual(status["refused"], [])
        self.assertIs(status["attached"], True)
        self.assertEqual(status["interest"], 2)
        [me] = status["subscribers"]
        self.assertEqual((me["format"], me["pid"]), ("json", harness.os.getpid()))
        self.assertEqual(me["uid"], harness.os.getuid())
        client.close()

    def test_engines_are_those_of_the_daemons_folder(self):
        daemon = self.daemon(engine="stub", engine_dir=harness.STUBS)
        answer = daemon.ask({"op": "engines"})
        self.assertTrue(answer["ok"])
        self.assertEqual(answer["dir"], harness.STUBS)
        engines = {e.pop("name"): e for e in answer["engines"]}
        self.assertEqual(sorted(engines), [e["path"].split("-engine-")[1][:-3]
                                           for e in answer["engines"]])
        self.assertEqual(engines["stub"], {
            "path": f"{harness.STUBS}/falco-capture-engine-stub.so", "version": "7.7",
            "abi": harness.ABI, "schema": "4.5.1", "usable": True})
        other = engines["other-major"]
        self.assertEqual((other["abi"], other["usable"]), (harness.OTHER_ABI, False))
        self.assertIn(f"has engine ABI {harness.OTHER_ABI}", other["error"])
        self.assertTrue(other["hint"])
        self.assertNotIn("version", engines["stranger"])

    def test_descriptors_are_not_taken(self):
        """Closing one of a stranger's can block: a TCP socket with SO_LINGER does."""
        daemon = self.daemon()
        client = daemon.connect()
        try:
            client.socket.getsockopt(socket.SOL_SOCKET, 83)     # SO_PASSRIGHTS, Linux 6.16
        except OSError:
            return
        with self.assertRaises(PermissionError):
            socket.send_fds(client.socket, [b"{"], [0])
        client.close()

    def test_engines_folder_that_went_away_is_an_error(self):
        engines = harness.os.path.join(self.folder, "engines")
        harness.os.mkdir(engines)
        name = "falco-capture-engine-stub.so"
        harness.shutil.copy(f"{harness.STUBS}/{name}", engines)
        daemon = self.daemon(engine="stub", engine_dir=engines)
        harness.shutil.rmtree(engines)
        client = daemon.connect()
        answer = client.ask({"op": "engines"})
        self.assertEqual((answer["ok"], answer["code"]), (False, "engine_dir"))
        self.assertEqual(answer["error"], f"{engines}: No such file or directory")
        self.assertIsNone(client.line())
        client.close()

    def test_nothing_is_attached_while_nobody_subscribes(self):
        daemon = self.daemon()
        self.assertIs(daemon.status()["attached"], False)
        self.assertEqual(daemon.stats()["engine"]["produced"], 0)

    def test_requests_follow_each_other_on_one_connection(self):
        client = self.daemon().connect()
        client.send(b'{"op":"status"}\n{"op":"stats"}\n{"op":"sta')
        self.assertEqual(client.line()["version"], "0.1.0")
        self.assertEqual(client.line()["engine"]["name"], "fake")
        client.send(b'tus"}\n')
        self.assertEqual(client.line()["engine"], "fake")
        client.close()

    def test_newline_of_the_last_request_may_be_missing(self):
        client = self.daemon().connect()
        client.send(b'{"op":"status"}')
        client.socket.shutdown(socket.SHUT_WR)
        self.assertTrue(client.line()["ok"])
        self.assertIsNone(client.line())
        client.close()

    def test_bad_request_gets_one_error_and_the_end(self):
        daemon = self.daemon()
        for line, code, place in (
                (b"GET / HTTP/1.1\n", "bad_json", ""),
                (b"[1,2]\n", "bad_request", "$: "),
                (b'{"op":"reboot"}\n', "unknown_op", "$.op: "),
                (b'{"op":"subscribe","format":"xml"}\n', "unknown_format", "$.format: "),
                (b'{"op":"subscribe","filter":{"syscalls":["opena"]}}\n', "unknown_syscall",
                 "$.filter.syscalls[0]: "),
                (b'{"op":"stats","since":1}\n', "bad_request", "$.since: ")):
            client = daemon.connect()
            answer = client.ask(line)
            self.assertIs(answer["ok"], False)
            self.assertEqual(answer["code"], code)
            self.assertIn(place, answer["error"])
            self.assertTrue(answer["hint"])
            self.assertIsNone(client.line())
            client.close()
        self.assertTrue(daemon.status()["ok"])

    def test_request_of_the_limit_is_served_and_one_byte_more_is_not(self):
        daemon = self.daemon({"limits": {"request_bytes": 2000}})
        request = b'{"op":"status"}'
        answer = daemon.ask(request.ljust(2000) + b"\n")
        self.assertTrue(answer["ok"])
        answer = daemon.ask(request.ljust(2001) + b"\n")
        self.assertEqual(answer["code"], "too_long")
        answer = daemon.ask(b" " * 100000)
        self.assertEqual(answer["code"], "too_long")

    def test_client_above_the_limit_is_refused_until_another_leaves(self):
        daemon = self.daemon({"limits": {"clients": 2}})
        first, second = daemon.connect(), daemon.connect()
        self.assertTrue(first.ask({"op": "status"})["ok"])
        self.assertTrue(second.ask({"op": "status"})["ok"])
        third = daemon.connect()
        self.assertEqual(third.line()["code"], "too_many_clients")
        self.assertIsNone(third.line())
        third.close()
        second.close()
        self.wait_until(lambda answer: answer and answer["ok"], daemon.status)
        first.close()

    def test_clients_wait_while_no_descriptor_is_left(self):
        daemon = self.daemon(files=40)
        clients = [daemon.connect() for _ in range(50)]
        daemon.wait_for("no client can connect: Too many open files")
        self.assertTrue(clients[0].ask({"op": "status"})["ok"])
        for client in clients[:40]:
            client.close()
        self.assertTrue(clients[-1].ask({"op": "status"})["ok"])
        for client in clients[40:]:
            client.close()

    def test_client_that_does_not_read_its_answers_is_not_served_without_end(self):
        daemon = self.daemon()
        greedy = daemon.connect()
        greedy.socket.setblocking(False)
        asked = full = 0
        while asked < 4 << 20 and full < 100:
            try:
                asked += greedy.socket.send(b'{"op":"status"}\n' * 64)
                full = 0
            except BlockingIOError:
                full += 1
                self.assertTrue(daemon.status()["ok"])  # it had its turn
        self.assertLess(asked, 4 << 20)
        greedy.close()
        self.assertTrue(daemon.status()["ok"])

    def test_what_an_engine_cannot_capture_is_refused_with_its_words(self):
        daemon = self.daemon({"engines": {"stub": {"fail": "configure"}}}, engine="stub",
                             engine_dir=harness.STUBS)
        answer = daemon.ask({"op": "subscribe"})
        self.assertEqual(answer["code"], "engine")
        self.assertEqual(answer["error"], "the stub cannot configure")
        self.assertIn("engines.stub.fail", answer["hint"])
        status = daemon.status()
        self.assertEqual((status["interest"], status["subscribers"]), (0, []))

    def test_interest_outlives_the_last_subscriber_for_linger_ms(self):
        daemon = self.daemon({"linger_ms": 3600000})
        daemon.subscribe("openat").close()
        status = self.wait_until(lambda s: not s["subscribers"], daemon.status)
        self.assertEqual((status["interest"], status["attached"]), (1, True))

    def test_interest_ends_after_the_linger(self):
        for linger_ms in (0, 20):
            daemon = self.daemon({"linger_ms": linger_ms})
            daemon.subscribe("openat").close()
            self.wait_until(lambda s: not s["attached"] and s["interest"] == 0, daemon.status)
            daemon.close()

    def test_interest_is_the_union_of_what_subscribers_want(self):
        daemon = self.daemon({"linger_ms": 0})
        one = daemon.subscribe("openat", "read")
        two = daemon.subscribe("read", "kill")
        self.assertEqual(daemon.status()["interest"], 3)
        one.close()
        self.wait_until(lambda s: s["interest"] == 2, daemon.status)
        two.close()

    def test_answers_are_whole_lines_of_json(self):
        daemon = self.daemon()
        client = daemon.connect()
        client.send(b'{"op":"status"}\n')
        raw = client.file.readline()
        self.assertTrue(raw.endswith(b"}\n"))
        json.loads(raw)
        client.close()


harness.main()
