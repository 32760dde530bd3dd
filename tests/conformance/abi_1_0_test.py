# SPDX-License-Identifier: MIT
"""The daemon takes an engine that was built from the headers of ABI 1.0, and streams from it."""
import harness


class Abi10(harness.Test):
    def test_engine_of_abi_1_0_is_loaded_and_streams(self):
        daemon = self.daemon(engine="abi-1-0")
        subscriber = daemon.subscribe("kill")
        self.assertEqual(subscriber.reply["engine"], "abi-1-0")
        for seq, event in zip(range(1000), subscriber.lines()):
            self.assertEqual((event["seq"], event["type"], event["pid"], event["sig"]),
                             (seq, "kill", 4242, "SIGTERM"))
        subscriber.close()
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_younger_than_the_engine_it_is_not_asked_for(self):
        daemon = self.daemon(engine="abi-1-0")
        subscriber = daemon.subscribe("kill", "signaldeliver")
        self.assertEqual([next(subscriber.lines())["type"] for _ in range(10)], ["kill"] * 10)
        subscriber.close()
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
