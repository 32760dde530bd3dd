# SPDX-License-Identifier: MIT
"""What can only be tried by root: files of other users and groups."""
import os
import shutil
import stat
import sys

import harness

if os.getuid():
    print("needs root, to give files to other users and groups")
    sys.exit(77)


class Root(harness.Test):
    def test_socket_is_for_the_group_too(self):
        daemon = self.daemon({"socket_group": "daemon"})
        st = os.stat(daemon.path)
        self.assertEqual(stat.S_IMODE(st.st_mode), 0o660)
        self.assertEqual(st.st_gid, 1)      # Debian's static group "daemon"

    def test_engine_of_another_user_or_in_his_folder_is_refused(self):
        path = shutil.copy(os.path.join(harness.STUBS, "falco-capture-engine-stub.so"), self.folder)
        for theirs in (path, self.folder):
            os.chown(theirs, 65534, 0)
            done = harness.run("--engine=stub", f"--engine-dir={self.folder}",
                               f"--socket={self.folder}/s")
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"{theirs} belongs to user 65534", done.stderr)
            os.chown(theirs, 0, 0)


harness.main()
