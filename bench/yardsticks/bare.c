// SPDX-License-Identifier: MIT
/*
 * bare empty|fixed|path NR - attach one of bare.bpf.c for system call NR and drain it until a
 * line comes on stdin. Says "ready" when attached, and at the end what it saw.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

extern const char bare_object[], bare_object_end[];

static unsigned long seen;

static int count(void *ctx, void *data, size_t bytes)
{
	(void)ctx, (void)data, (void)bytes;
	seen++;
	return 0;
}

static struct bpf_object *load(unsigned int nr)
{
	struct bpf_object *o =
		bpf_object__open_mem(bare_object, bare_object_end - bare_object, NULL);
	struct bpf_map *m = o ? bpf_object__find_map_by_name(o, ".rodata") : NULL;

	if (!m || bpf_map__set_initial_value(m, &nr, sizeof(nr)) || bpf_object__load(o))
		return NULL;
	return o;
}

int main(int argc, char **argv)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	struct bpf_program *prog;
	struct ring_buffer *ring;
	struct bpf_link *link;
	struct bpf_object *o;

	if (argc != 3)
		return fprintf(stderr, "usage: bare empty|fixed|path NR\n"), 2;
	o = load(strtoul(argv[2], NULL, 10));
	prog = o ? bpf_object__find_program_by_name(o, argv[1]) : NULL;
	ring = prog ? ring_buffer__new(bpf_object__find_map_fd_by_name(o, "ring"), count, NULL,
				       NULL)
		    : NULL;
	link = ring ? bpf_program__attach(prog) : NULL;
	if (!link)
		return perror("bare"), 1;
	puts("ready");
	fflush(stdout);
	while (poll(&in, 1, 1) == 0)
		ring_buffer__consume(ring);
	bpf_link__destroy(link);
	ring_buffer__consume(ring);
	printf("seen %lu\n", seen);
	ring_buffer__free(ring);
	bpf_object__close(o);
	return 0;
}
