#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_version.h>

#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0)
#error "ustack needs DPDK 22.11 or newer"
#endif

#include "dpdk_eal.h"
#include "dpdk_fate.h"
#include "dpdk_memif.h"
#include "ustack_dpdk.h"

/* The last bytes that DPDK logged; written by any of its threads. */
#define LOG_BYTES 8192

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_bytes[LOG_BYTES];
static size_t log_written; /* since the beginning; the last LOG_BYTES of them are kept */
static FILE *log_mirror;   /* NULL, or where the log is repeated */

static ssize_t log_write(void *cookie, const char *text, size_t length)
{
	(void)cookie;
	pthread_mutex_lock(&log_lock);
	for (size_t i = 0; i < length; i++)
		log_bytes[log_written++ % LOG_BYTES] = text[i];
	if (log_mirror != NULL)
		fwrite(text, 1, length, log_mirror);
	pthread_mutex_unlock(&log_lock);
	return (ssize_t)length;
}

static FILE *log_open(void)
{
	cookie_io_functions_t io = { .write = log_write };
	FILE *stream = fopencookie(NULL, "w", io);

	if (stream != NULL)
		setvbuf(stream, NULL, _IOLBF, 0);
	return stream;
}

int ustack_log_tail(char *out, int size)
{
	pthread_mutex_lock(&log_lock);
	size_t kept = log_written < LOG_BYTES ? log_written : LOG_BYTES;
	size_t length = (size_t)size < kept ? (size_t)size : kept;

	for (size_t i = 0; i < length; i++)
		out[i] = log_bytes[(log_written - length + i) % LOG_BYTES];
	pthread_mutex_unlock(&log_lock);
	return (int)length;
}

int ustack_dpdk_version(char *out, int size)
{
	int length = snprintf(out, (size_t)size, "%s", rte_version());

	return length < size ? length : size - 1;
}

/* The EAL keeps pointers into its arguments: they live as long as the process. */
static char **split(const char *args, int argc)
{
	char **argv = calloc((size_t)argc + 1, sizeof(*argv));

	for (int i = 0; argv != NULL && i < argc; i++) {
		argv[i] = strdup(args);
		if (argv[i] == NULL)
			return NULL;
		args += strlen(args) + 1;
	}
	return argv;
}

/*
 * What the EAL writes past its log: fatal errors to stderr, a page of usage to stdout. In glibc both are variables, and the JVM,
 * which writes to the file descriptors, does not notice when they change for a moment.
 */
static int init_quietly(int argc, char **argv, FILE *log)
{
	FILE *nowhere = fopen("/dev/null", "w");
	FILE *out = stdout;
	FILE *err = stderr;

	if (nowhere == NULL)
		return rte_eal_init(argc, argv);
	stdout = nowhere;
	stderr = log;
	int result = rte_eal_init(argc, argv);
	stdout = out;
	stderr = err;
	fclose(nowhere);
	return result;
}

int ustack_eal_start(const char *args, int argc, int quiet)
{
	char **argv = split(args, argc);
	FILE *log = log_open();

	if (argv == NULL || log == NULL)
		return -ENOMEM;
	log_mirror = quiet ? NULL : stderr;
	rte_openlog_stream(log);
	ustack_memif_watch();
	rte_errno = 0;
	int result = quiet ? init_quietly(argc, argv, log) : rte_eal_init(argc, argv);
	int reason = rte_errno;
	fflush(log);
	if (result >= 0) {
		ustack_fate_watch();
		return 0;
	}
	return reason > 0 ? -reason : -EIO;
}

int ustack_error_text(int reason, char *out, int size)
{
	int length = snprintf(out, (size_t)size, "%s", rte_strerror(reason));

	return length < size ? length : size - 1;
}

static pthread_once_t leave_once = PTHREAD_ONCE_INIT;
static pthread_key_t leave_key;

static void leave(void *registered)
{
	(void)registered;
	rte_thread_unregister();
}

static void make_leave_key(void)
{
	/* Runs at the end of each thread that joined: lcore numbers are few. */
	pthread_key_create(&leave_key, leave);
}

void ustack_join_eal(void)
{
	static __thread int tried;

	if (tried)
		return;
	tried = 1;
	if (rte_thread_register() != 0)
		return;
	pthread_once(&leave_once, make_leave_key);
	pthread_setspecific(leave_key, &leave_key);
}
