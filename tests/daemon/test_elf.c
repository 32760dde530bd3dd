// SPDX-License-Identifier: MIT
/*
 * Engines' files made by hand, each wrong in one way that no compiler makes. None could be
 * run: what is said of them is said before that.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/loader.h"
#include "tests/tests.h"

/* A shared object with a note, and a dynamic symbol table of two symbols, as far as a loader looks. */
struct image {
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	struct fcd_note_section note;
	uint32_t pad;
	Elf64_Shdr sections[3];
	Elf64_Sym symbols[3];
	char names[32];
};

enum { SYMBOLS = 1, NAMES = 2 };			  /* sections */
enum { NAME_ENGINE = 1, NAME_OTHER = 12, NO_NAME = 999 }; /* offsets in names */

static struct image image;
static char path[] = "/tmp/test-elf-XXXXXX";
static struct fcd_err err;
static struct fcd_note note;

static Elf64_Sym symbol(uint32_t name, int bind, int type, uint16_t section)
{
	return (Elf64_Sym){ .st_name = name,
			    .st_info = ELF64_ST_INFO(bind, type),
			    .st_shndx = section };
}

/* The machine that we run on is the one that our own file says. */
static uint16_t our_machine(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;

	ck_assert_int_eq(read(fd, &head, sizeof(head)), sizeof(head));
	close(fd);
	return head.e_machine;
}

static void make_image(void)
{
	image = (struct image){
		.head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT },
			  .e_type = ET_DYN,
			  .e_machine = our_machine(),
			  .e_version = EV_CURRENT,
			  .e_phoff = offsetof(struct image, segment),
			  .e_shoff = offsetof(struct image, sections),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1,
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 3,
			  .e_shstrndx = NAMES },
		.segment = { .p_type = PT_NOTE,
			     .p_offset = offsetof(struct image, note),
			     .p_filesz = sizeof(image.note),
			     .p_align = 4 },
		.note = { sizeof("falco-capture"),
			  40,
			  1,
			  "falco-capture",
			  { FCD_ABI_MAJOR, FCD_ABI_MINOR, 0x040501, "made", "1.2" } },
		.sections = { [SYMBOLS] = { .sh_type = SHT_DYNSYM,
					    .sh_offset = offsetof(struct image, symbols),
					    .sh_size = sizeof(image.symbols),
					    .sh_link = NAMES,
					    .sh_info = 1,
					    .sh_entsize = sizeof(Elf64_Sym) },
			      [NAMES] = { .sh_type = SHT_STRTAB,
					  .sh_offset = offsetof(struct image, names),
					  .sh_size = sizeof(image.names) } },
		.symbols = { [1] = symbol(NAME_ENGINE, STB_GLOBAL, STT_FUNC, SYMBOLS) },
		.names = "\0fcd_engine\0other",
	};
}

static void put(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static int look(void)
{
	put(&image, sizeof(image));
	memset(&err, 0, sizeof(err));
	return fcd_loader_note(path, &note, &err);
}

static void refused(int code, const char *words)
{
	ck_assert_int_eq(look(), code);
	ck_assert_msg(strstr(err.text, path) == err.text, "no path: %s", err.text);
	ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" is not in \"%s\"", words, err.text);
	ck_assert_str_ne(err.hint, "");
}

static void begin(void)
{
	close(mkstemp(path));
	make_image();
}

static void end(void)
{
	unlink(path);
}

START_TEST(file_as_it_should_be_is_usable)
{
	ck_assert_int_eq(look(), 0);
	ck_assert_str_eq(note.name, "made");
	ck_assert_str_eq(note.version, "1.2");
}
END_TEST

START_TEST(file_that_is_not_elf_is_refused)
{
	image.head.e_ident[EI_MAG0] = '#';
	refused(-ENOEXEC, "is not an ELF file");
	ck_assert_str_eq(note.name, "");
}
END_TEST

START_TEST(file_for_another_machine_is_refused)
{
	image.head.e_machine = EM_S390;
	refused(-ENOEXEC, "is for another machine: ELF machine 22, 64 bits; this is ");
	make_image();
	image.head.e_ident[EI_CLASS] = ELFCLASS32;
	refused(-ENOEXEC, "is for another machine: ");
	ck_assert_ptr_nonnull(strstr(err.text, ", 32 bits; this is "));
}
END_TEST

START_TEST(program_and_kernel_module_are_refused)
{
	image.head.e_type = ET_EXEC;
	refused(-ENOEXEC, "is not a shared object");
	image.head.e_type = ET_REL;
	refused(-ENOEXEC, "is not a shared object");
}
END_TEST

START_TEST(file_without_the_note_is_refused)
{
	image.segment.p_type = PT_LOAD;
	refused(-ENOEXEC, "it has no falco-capture note");
	make_image();
	image.note.type = 2;
	refused(-ENOEXEC, "it has no falco-capture note");
	make_image();
	image.note.owner[0] = 'F';
	refused(-ENOEXEC, "it has no falco-capture note");
	make_image();
	image.note.descsz = 36;
	refused(-ENOEXEC, "it has no falco-capture note");
	make_image();
	memset(image.note.note.version, '1', sizeof(image.note.note.version));
	refused(-ENOEXEC, "it has no falco-capture note");
	ck_assert_str_eq(note.name, "");
}
END_TEST

START_TEST(other_major_and_schema_are_refused_and_the_note_is_known)
{
	image.note.note.abi_major = 7;
	refused(-EPROTONOSUPPORT, "has engine ABI 7.");
	ck_assert_str_eq(note.name, "made");
	make_image();
	image.note.note.schema = 0x050000;
	refused(-EPROTONOSUPPORT, "has event schema 5.0.0, the daemon has 4.5.1");
	ck_assert_str_eq(note.version, "1.2");
}
END_TEST

START_TEST(anything_else_that_is_exported_is_refused)
{
	static const struct {
		int bind, type;
	} wrong[] = {
		{ STB_GLOBAL, STT_FUNC },      { STB_WEAK, STT_FUNC },
		{ STB_GLOBAL, STT_OBJECT },    { STB_GNU_UNIQUE, STT_OBJECT },
		{ STB_GLOBAL, STT_GNU_IFUNC }, { STB_GLOBAL, STT_TLS },
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		image.symbols[2] = symbol(NAME_OTHER, wrong[i].bind, wrong[i].type, SYMBOLS);
		refused(-ENOEXEC, "exports other too");
	}
	image.symbols[2].st_name = NO_NAME;
	refused(-ENOEXEC, "exports something without a name too");
}
END_TEST

START_TEST(what_is_not_exported_does_not_matter)
{
	image.symbols[2] = symbol(NAME_OTHER, STB_GLOBAL, STT_FUNC, SHN_UNDEF);
	ck_assert_int_eq(look(), 0);
	image.symbols[2] = symbol(NAME_OTHER, STB_LOCAL, STT_FUNC, SYMBOLS);
	ck_assert_int_eq(look(), 0);
	image.symbols[2] = symbol(NAME_OTHER, STB_GLOBAL, STT_NOTYPE, SYMBOLS);
	ck_assert_int_eq(look(), 0);
	image.symbols[1] = symbol(NAME_ENGINE, STB_WEAK, STT_FUNC, SYMBOLS);
	ck_assert_int_eq(look(), 0);
}
END_TEST

START_TEST(file_without_the_function_is_refused)
{
	image.symbols[1] = symbol(NAME_ENGINE, STB_GLOBAL, STT_OBJECT, SYMBOLS);
	refused(-ENOEXEC, "fcd_engine is not a function");
	image.symbols[1] = symbol(NAME_ENGINE, STB_GLOBAL, STT_GNU_IFUNC, SYMBOLS);
	refused(-ENOEXEC, "fcd_engine is not a function");
	image.symbols[1] = symbol(NAME_ENGINE, STB_GLOBAL, STT_FUNC, SHN_UNDEF);
	refused(-ENOEXEC, "exports no function fcd_engine");
	image.sections[SYMBOLS].sh_type = SHT_SYMTAB;
	refused(-ENOEXEC, "exports no function fcd_engine");
	make_image();
	image.head.e_shnum = 0;
	image.head.e_shoff = 0;
	refused(-ENOEXEC, "exports no function fcd_engine");
}
END_TEST

/* Any one byte may be anything: what is then called usable still has the note's name. */
START_TEST(damaged_file_is_never_misread)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x80, 0xff };
	uint8_t *bytes = (uint8_t *)&image, was;
	size_t at, i;

	for (at = 0; at < sizeof(image); at++) {
		was = bytes[at];
		for (i = 0; i < sizeof(values); i++) {
			bytes[at] = values[i];
			if (!look())
				ck_assert_uint_ne(note.name[0], 0);
			else
				ck_assert_str_ne(err.text, "");
		}
		bytes[at] = was;
	}
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("elf");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, file_as_it_should_be_is_usable);
	tcase_add_test(t, file_that_is_not_elf_is_refused);
	tcase_add_test(t, file_for_another_machine_is_refused);
	tcase_add_test(t, program_and_kernel_module_are_refused);
	tcase_add_test(t, file_without_the_note_is_refused);
	tcase_add_test(t, other_major_and_schema_are_refused_and_the_note_is_known);
	tcase_add_test(t, anything_else_that_is_exported_is_refused);
	tcase_add_test(t, what_is_not_exported_does_not_matter);
	tcase_add_test(t, file_without_the_function_is_refused);
	tcase_add_test(t, damaged_file_is_never_misread);
	return t;
}
