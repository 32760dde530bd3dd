# SPDX-License-Identifier: MIT
"""falco-capturectl stats --audit: every event is accounted for, and what is not is found out."""
import json
import os
import re
import signal
import subprocess

import fake_daemon
import harness

CTL = os.environ["FCD_CTL"]

STATS = {
    "ok": True, "engine": {"name": "bpf", "produced": 100, "published": 80, "excluded": 7,
                           "in_flight": 3, "lost": {"ring_full": 4, "comet": 6}},
    "broadcast": {"seq": 80}, "subscribers": [
        {"pid": 41, "uid": 0, "format": "json", "first": 10, "seq": 60, "delivered": 20,
         "filtered": 25, "overrun": 5}]}


def ctl(daemon, *args):
    done = subprocess.run([CTL, "stats", "--socket", daemon.path, *args], capture_output=True,
                          text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def until(client, seq):
    """Its lines up to the event of this number."""
    for line in client.lines():
        yield line
        if line["type"] != "gap" and line["seq"] == seq:
            return


class Answers(harness.Test):
    """What the program makes of an answer."""

    def audit(self, *rounds, args=("--audit",)):
        """The status, lines and complaints for these answers of a daemon."""
        with fake_daemon.Daemon() as daemon:
            asked = subprocess.Popen([CTL, "stats", *args, "--socket", daemon.path], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            daemon.accept()
            daemon.reply(json.dumps(rounds[0]))
            for answer in rounds[1:]:
                daemon.conn.recv(100)
                daemon.reply(json.dumps(answer))
            out, err = asked.communicate(timeout=60)
        return asked.returncode, out.splitlines(), err

    def with_engine(self, **numbers):
        return dict(STATS, engine=dict(STATS["engine"], **numbers))

    def with_subscriber(self, **numbers):
        return dict(STATS, subscribers=STATS["subscribers"]
                    + [dict(STATS["subscribers"][0], pid=42, **numbers)])

    def test_sums_are_shown_term_by_term(self):
        status, lines, err = self.audit(STATS)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(lines, [
            "engine bpf: produced 100 = published 80 + excluded 7 + in_flight 3 + ring_full 4 "
            "+ comet 6: holds",
            "subscriber 41 (json): events 50 = delivered 20 + filtered 25 + overrun 5: holds"])

    def test_sum_that_is_off_is_named_with_by_how_much(self):
        for answer, line, words in (
                (self.with_engine(published=77), 0, "OFF, 3 events are missing"),
                (self.with_engine(excluded=8), 0, "OFF, 1 events too many"),
                (self.with_subscriber(overrun=0), 2, "OFF, 5 events are missing"),
                (self.with_subscriber(first=11), 2, "OFF, 1 events too many")):
            status, lines, err = self.audit(answer)
            self.assertEqual((status, err),
                             (1, "falco-capturectl stats: 1 of the sums are off\n"))
            self.assertEqual([words in x for x in lines], [i == line for i in range(len(lines))])
        self.assertIn("subscriber 42", lines[2])

    def test_json_with_audit_is_the_answer_and_the_verdict(self):
        for answer, status in ((STATS, 0), (self.with_engine(produced=1), 1)):
            done = self.audit(answer, args=("--audit", "--json"))
            self.assertEqual((done[0], [json.loads(x) for x in done[1]]), (status, [answer]))

    def test_audit_that_watches_ends_when_a_sum_is_off(self):
        status, lines, _ = self.audit(STATS, STATS, self.with_engine(in_flight=0),
                                      args=("--audit", "--watch=0.001"))
        self.assertEqual(status, 1)
        self.assertEqual([x.split(": ")[-1] for x in lines if x.startswith("engine")],
                         ["holds", "holds", "OFF, 3 events are missing"])

    def test_watch_writes_a_line_a_round_where_there_is_no_terminal(self):
        end = self.with_engine(produced=1100, lost={"ring_full": 4})
        status, lines, err = self.audit(STATS, STATS, end, dict(end, ok=False, error="over"),
                                        args=("--watch=0.001",))
        self.assertEqual((status, err), (1, "falco-capturectl stats: over\n"))
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[0].startswith("produced 0/s published 0/s excluded 0/s lost 0/s "
                                            "in_flight 3 subscribers 1"))
        self.assertRegex(lines[1], r"^produced [1-9]\d*/s published 0/s excluded 0/s lost -\d+/s ")

    def test_time_that_cannot_be_waited_is_refused(self):
        for word in ("0", "-1", "x", "1x", "nan", "inf", "86401", ""):
            done = subprocess.run([CTL, "stats", f"--watch={word}"], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.splitlines()[0],
                             f'falco-capturectl stats: --watch wants seconds, not "{word}"')


class Stages(harness.Test):
    """A loss that is forced at one stage is named as of that stage, with the engine's number."""
    TOTAL = 20000

    def lost_where(self, fake):
        """Run to the end with this loss; what stats says of it, and the audit's lines."""
        daemon = self.daemon(fake=dict(fake, rate=100000, count=self.TOTAL, rings=1,
                                       ring_bytes=1 << 24))
        client = daemon.subscribe()
        stats = self.wait_until(
            lambda s: s["engine"]["produced"] == self.TOTAL and not s["engine"]["in_flight"],
            daemon.stats)
        status, out, err = ctl(daemon, "--audit")
        self.assertEqual((status, err), (0, ""), out)
        client.close()
        daemon.close()
        return stats["engine"], out

    def test_each_cause_is_told_apart(self):
        for option, cause in (("full", "ring_full"), ("nested", "nested"), ("too_big", "too_big"),
                              ("no_ring", "no_ring"), ("missed", "missed")):
            with self.subTest(option):
                engine, audit = self.lost_where({option: 7})
                lost = self.TOTAL // 7
                self.assertEqual({k: v for k, v in engine["lost"].items() if v}, {cause: lost})
                self.assertIn(f" + {cause} {lost} ", audit + " ")
                self.assertEqual(engine["published"], self.TOTAL - lost)
                self.assertEqual(engine["ring_full"]["main"], lost if option == "full" else 0)

    def test_late_events_are_no_loss_but_counted(self):
        engine, _ = self.lost_where({"late": 7})
        self.assertEqual(engine["published"], self.TOTAL)
        self.assertEqual(sum(engine["lost"].values()), 0)
        # The last ones have nothing younger before them.
        self.assertLessEqual(self.TOTAL // 7 - engine["late"], 1)

    def test_ring_that_breaks_costs_the_event_that_broke_it(self):
        daemon = self.daemon(fake={"rate": 100000, "count": 5000, "rings": 1, "broken": 3000})
        client = daemon.subscribe()
        stats = self.wait_until(lambda s: s["engine"]["lost"]["broken"], daemon.stats)
        self.assertEqual(stats["engine"]["lost"]["broken"], 1)
        self.assertEqual(stats["engine"]["published"], 2999)
        self.assertEqual(ctl(daemon, "--audit")[0], 0)
        client.close()

    def test_slow_subscriber_has_its_loss_in_its_own_books(self):
        daemon = self.daemon({"broadcast_bytes": 1 << 20, "priority_bytes": 1 << 20},
                             fake={"rate": 200000, "count": 60000, "rings": 1,
                                   "ring_bytes": 1 << 26})
        slow = daemon.subscribe()
        self.wait_until(lambda s: s["engine"]["published"] == 60000, daemon.stats)
        lost = sum(x["lost"] for x in until(slow, 59999) if x["type"] == "gap")
        [books] = self.wait_until(lambda s: s["subscribers"][0]["seq"] == 60000,
                                  daemon.stats)["subscribers"]
        self.assertGreater(lost, 0)
        self.assertEqual(books["overrun"], lost)
        status, out, _ = ctl(daemon, "--audit")
        self.assertEqual(status, 0)
        self.assertIn(f" + overrun {lost}: holds", out)
        slow.close()


class Gone(harness.Test):
    def of(self, daemon, pid):
        """What stats has of the subscriber with this pid, or None."""
        return next((s for s in daemon.stats()["subscribers"] if s["pid"] == pid), None)

    def test_books_of_who_was_killed_are_logged_and_stay_in_the_sums(self):
        daemon = self.daemon(fake={"rate": 50000, "count": 5000, "rings": 1})
        other = daemon.subscribe()  # so that there is something to pass over
        victim = subprocess.Popen([os.environ["FCD_READER"], "shm", daemon.path, "5000",
                                   '{"syscalls":["openat","kill"]}'], stdout=subprocess.PIPE,
                                  text=True)
        self.assertEqual(victim.stdout.readline(), "on\n")
        books = self.wait_until(
            lambda s: s and s["seq"] == 5000 and s["filtered"], lambda: self.of(daemon, victim.pid))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
        self.wait_until(lambda s: not s, lambda: self.of(daemon, victim.pid))
        self.assertEqual(daemon.stats()["gone"], {"subscribers": 1, "disconnected": 0, "overrun": 0,
                                         "delivered": books["delivered"],
                                         "filtered": books["filtered"]})
        other.close()
        self.assertEqual(daemon.stop(), 0)
        told = re.search(r"process (\d+) of user 0 is gone: of (\d+) events it was given (\d+), "
                         r"its filter passed over (\d+), it was too slow for 0", "".join(daemon.log))
        self.assertEqual([int(n) for n in told.groups()],
                         [victim.pid, 5000 - books["first"], books["delivered"], books["filtered"]])


harness.main()
