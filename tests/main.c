// SPDX-License-Identifier: MIT
#include "tests/tests.h"

int main(int argc, char **argv)
{
	Suite *s = suite_create(argc ? argv[0] : "tests");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, tests());
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
