# SPDX-License-Identifier: MIT
fcd_test(ledger audit/test_ledger.c rings/bed.c)
target_link_libraries(test-ledger PRIVATE fcd_core)
