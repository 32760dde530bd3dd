# SPDX-License-Identifier: MIT
fcd_test(ledger audit/test_ledger.c rings/bed.c)
target_link_libraries(test-ledger PRIVATE fcd_core)

fcd_test(books audit/test_books.c rings/bed.c)
target_link_libraries(test-books PRIVATE fcd_daemon)
