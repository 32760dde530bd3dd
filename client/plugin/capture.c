// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "client/internal.h"
#include "client/plugin/capture.h"

#define OPEN_MS	 1000 /* to wait for a daemon; one that starts with Falco may come a bit later */
#define WAIT_MS	 100  /* Falco serves its signals in between */
#define NAP_MS	 2
#define NAP_MIN	 4	    /* events of a batch */
#define LOOK_MAX (1u << 16) /* records, of which most may be others' */

struct fcd_capture_source {
	struct fcd_client *client;
	struct fcd_batch batch;
	bool was_connected; /* as far as Falco was told */
	bool was_refused;
	uint32_t last; /* events of the last batch */
};

static int subscribe(struct fcd_capture_source *s, const struct fcd_plugin_config *config)
{
	char *json = fcd_plugin_config_filter(config);
	struct fcd_filter filter = config->filter; /* by names alone: it has no lists */
	int ret;

	if (!json)
		return -ENOMEM;
	ret = fcd_subscription_init(s->client, &filter, json, FCD_CLIENT_RECONNECT);
	free(json);
	return ret ? ret : fcd_reconnect_start(s->client);
}

int fcd_capture_source_open(struct fcd_capture_source **out, const struct fcd_plugin_config *config,
			    const struct fcd_batch_rules *rules)
{
	struct fcd_capture_source *s = calloc(1, sizeof(*s));
	const struct fcd_envelope *first;
	int ret;

	if (!s)
		return -ENOMEM;
	ret = fcd_batch_init(&s->batch, rules);
	if (!ret)
		ret = fcd_client_new(&s->client, config->socket[0] ? config->socket : NULL);
	if (!ret)
		ret = subscribe(s, config);
	if (ret) {
		fcd_capture_source_close(s);
		return ret;
	}
	/* Either it is the record that begins a subscription, or the next batch tells what is. */
	fcd_client_next(s->client, &first, OPEN_MS);
	s->was_connected = true;
	fcd_metrics_set(rules->metrics, FCD_METRIC_CONNECTED, s->client->feed != NULL);
	*out = s;
	return 0;
}

void fcd_capture_source_close(struct fcd_capture_source *s)
{
	if (!s)
		return;
	fcd_metrics_set(s->batch.rules.metrics, FCD_METRIC_CONNECTED, 0);
	fcd_client_close(s->client);
	fcd_batch_fini(&s->batch);
	free(s);
}

/* Tell it once, whatever is asked again. */
static void tell_refused(struct fcd_capture_source *s)
{
	struct fcd_answer answer = { .in.at = s->client->reply };
	struct fcd_client_error err = { .text = "without words" };

	if (s->client->reply)
		fcd_answer_check(&answer, NULL, &err);
	fcd_reconnect_again(s->client);
	if (s->was_refused)
		return;
	s->was_refused = true;
	memcpy(s->batch.refused, err.text, sizeof(s->batch.refused) - 1);
	fcd_batch_tell(&s->batch, FCD_NOTICE_REFUSED, 1, s->batch.now_ns);
}

static void tell_connection(struct fcd_capture_source *s)
{
	bool is_connected = s->client->feed != NULL;

	if (is_connected)
		s->was_refused = false;
	if (is_connected == s->was_connected)
		return;
	s->was_connected = is_connected;
	fcd_metrics_set(s->batch.rules.metrics, FCD_METRIC_CONNECTED, is_connected);
	if (!is_connected)
		fcd_batch_tell(&s->batch, FCD_NOTICE_DISCONNECTED, 1, s->batch.now_ns);
}

/* All that is there, as far as it fits. sleeps: if that is nothing, let the daemon wake us. */
static void fill(struct fcd_capture_source *s, bool sleeps)
{
	const struct fcd_envelope *record;
	uint32_t budget = LOOK_MAX;
	int ret = 1;

	while (ret > 0 && budget && !fcd_batch_is_full(&s->batch)) {
		ret = fcd_subscription_step(s->client, &record, &budget, sleeps);
		if (ret > 0)
			fcd_batch_add(&s->batch, record);
	}
	if (ret < 0)
		tell_refused(s);
	tell_connection(s);
}

static void wait_for(const struct fcd_capture_source *s, int ms)
{
	struct pollfd p = { .fd = s->client->poll_fd, .events = POLLIN };

	/* Whatever ends it, the time or a signal for Falco: then it is Falco's turn. */
	poll(&p, 1, ms);
}

const struct fcd_batch *fcd_capture_source_next(struct fcd_capture_source *s)
{
	struct fcd_batch *b = &s->batch;

	fcd_batch_begin(b);
	fill(s, false);
	/* While each nap brings several events, being woken for each would cost the daemon more. */
	if (!b->count && s->last >= NAP_MIN) {
		wait_for(s, NAP_MS);
		fill(s, false);
	}
	if (!b->count)
		fill(s, true);
	if (!b->count) {
		wait_for(s, WAIT_MS);
		fill(s, false);
	}
	fcd_batch_end(b);
	s->last = b->count;
	return b->count ? b : NULL;
}
