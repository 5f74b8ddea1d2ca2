/* A wall clock that is LATER_SECONDS ahead, for a program that is started with this library in LD_PRELOAD:
 *
 *     cc -shared -fPIC -o later_clock.so later_clock.c
 *
 * Asks the kernel itself, so that it works from a program's very first allocation on. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t later(void) {
    const char *seconds = getenv("LATER_SECONDS");
    return seconds ? atol(seconds) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    const int status = (int)syscall(SYS_clock_gettime, clock, t);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) t->tv_sec += later();
    return status;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    const int status = (int)syscall(SYS_gettimeofday, t, zone);
    if (status == 0) t->tv_sec += later();
    return status;
}

time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
