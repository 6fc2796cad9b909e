#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/home.h"
#include "sys/jail.h"
#include "sys/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define JAIL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_SANITIZED 1
#endif
#endif

/* The network rights are younger than Debian 12's headers, not its kernels. */
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_RUN  (FS_READ | LANDLOCK_ACCESS_FS_EXECUTE)
/* Files come in and are neither read nor taken away. */
#define FS_PUT        (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)
#define FS_FILE       LANDLOCK_ACCESS_FS_READ_FILE
#define FS_FILE_WRITE (FS_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define FS_WRITE                                                             \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                           \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |      \
	    LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE_)
#define LANDLOCK_ACCESS_FS_TRUNCATE_ (1ULL << 14)
#define FS_ALL_V1                    ((1ULL << 13) - 1)
#define FS_REFER                     (1ULL << 13)

enum { RIGHTS_PATHS = 18 };

/* Which system calls: a closed list that kills, or a few that are refused. */
enum calls {
	CALLS_COMPUTE, /* own memory and open descriptors, nothing else */
	CALLS_SPEAK,   /* the same and talking on open sockets */
	CALLS_FILES,   /* all but starting, ending and calling others */
	CALLS_START    /* all but what no role ever needs */
};

struct rights {
	const char *name;
	enum calls calls;
	int network; /* may call others, be it on this machine */
	struct {
		const char *path; /* below the instance, or absolute */
		uint64_t access;
	} path[RIGHTS_PATHS];
};

/* What a program needs to start, this one too, and to know its settings. */
#define START                                                              \
	{ "/usr", FS_RUN }, { "/lib", FS_RUN }, { "/lib64", FS_RUN },      \
	    { "/bin", FS_RUN }, { "/etc", FS_READ }, { "/proc", FS_READ }, \
	    { "/proc/self/exe", FS_FILE | LANDLOCK_ACCESS_FS_EXECUTE },    \
	    { "/dev/null", FS_FILE_WRITE }, { "/dev/urandom", FS_FILE },   \
	    { ".", LANDLOCK_ACCESS_FS_READ_DIR },                          \
	{                                                                  \
		HOME_CONF, FS_FILE                                         \
	}

/*
 * The table: role -> rights. What is not here is not allowed. Those that start
 * others hold what these need, for nobody can have more than who started him.
 */
static const struct rights rights[] = {
	[JAIL_GATE] = { "gate", CALLS_START, 0,
	    { START, { "spool", FS_WRITE }, { "accounts", FS_WRITE },
		{ "standards", FS_READ } } },
	[JAIL_SESSION] = { "session", CALLS_SPEAK, 0, { { NULL, 0 } } },
	[JAIL_FILER] = { "filer", CALLS_FILES, 0,
	    { { "spool/uploading/%s", FS_WRITE }, { "spool/received", FS_PUT },
		{ "accounts/%s", FS_WRITE }, { "standards", FS_READ } } },
	/* An extract, its child, reads the base, and takes its locks there. */
	[JAIL_WATCH] = { "watch", CALLS_START, 0,
	    { START, { "spool", FS_WRITE }, { "accounts", FS_WRITE },
		{ HOME_BASE, FS_FILE }, { HOME_BASE "-wal", FS_FILE },
		{ HOME_BASE "-shm", FS_FILE_WRITE } } },
	[JAIL_WORKER] = { "worker", CALLS_COMPUTE, 0, { { NULL, 0 } } },
	[JAIL_EXTRACT] = { "extract", CALLS_FILES, 0,
	    { { "accounts/%s/extracts", FS_WRITE }, { HOME_BASE, FS_FILE },
		{ HOME_BASE "-wal", FS_FILE },
		{ HOME_BASE "-shm", FS_FILE_WRITE } } },
	[JAIL_KEEPER] = { "keeper", CALLS_FILES, 0, { { ".", FS_WRITE } } },
	[JAIL_SIGNER] = { "signer", CALLS_SPEAK, 0, { { NULL, 0 } } },
	/* Readers of the base take their locks in its -shm. */
	[JAIL_REPORTER] = { "reporter", CALLS_FILES, 0,
	    { { "accounts", FS_WRITE }, { HOME_BASE, FS_FILE },
		{ HOME_BASE "-wal", FS_FILE },
		{ HOME_BASE "-shm", FS_FILE_WRITE } } },
	/* What it starts are the administrator's programs, with its rights. */
	[JAIL_MESSENGER] = { "messenger", CALLS_START, 1,
	    { { "/usr", FS_RUN }, { "/bin", FS_RUN }, { "/lib", FS_RUN },
		{ "/lib64", FS_RUN }, { "/opt", FS_RUN }, { "/etc", FS_RUN },
		{ "/run/systemd/resolve", FS_READ },
		{ "/dev/null", FS_FILE_WRITE }, { "/dev/urandom", FS_FILE },
		{ "hooks", FS_RUN | FS_WRITE } } },
};

static const int compute_calls[] = { SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(readv),
	SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(close), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(sendmsg),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(futex),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(ftruncate), SCMP_SYS(fcntl),
	SCMP_SYS(dup), SCMP_SYS(exit), SCMP_SYS(exit_group) };

static const int speak_calls[] = { SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(ioctl), SCMP_SYS(alarm),
	SCMP_SYS(setitimer), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(eventfd2), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(getppid), SCMP_SYS(sched_yield),
	SCMP_SYS(pipe2), SCMP_SYS(sched_getaffinity) };

/* A role with files starts nothing and ends nobody. */
static const int files_refused[] = { SCMP_SYS(execve), SCMP_SYS(execveat),
	SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3),
	SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(setuid), SCMP_SYS(setgid) };

/*
 * Who may call nobody makes no socket of any family: the keeper's own is a
 * path, which Landlock does not guard, and obeys administrators.
 */
static const int calling[] = { SCMP_SYS(socket), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(listen) };

/* What no role ever needs. */
static const int never[] = { SCMP_SYS(ptrace), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
	SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(mount_setattr),
	SCMP_SYS(quotactl), SCMP_SYS(acct), SCMP_SYS(syslog), SCMP_SYS(ioperm),
	SCMP_SYS(iopl), SCMP_SYS(sethostname), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
	SCMP_SYS(add_key), SCMP_SYS(keyctl), SCMP_SYS(request_key),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(userfaultfd), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(io_uring_setup),
	SCMP_SYS(personality), SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime) };

static int
add_calls(scmp_filter_ctx ctx, uint32_t action, const int *call, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, action, call[i], 0) != 0)
			return -1;
	return 0;
}

#define CALLS(list) list, sizeof(list) / sizeof((list)[0])

static struct scmp_arg_cmp
arg_is(unsigned no, enum scmp_compare how, uint64_t a, uint64_t b)
{
	return (struct scmp_arg_cmp){ no, how, a, b };
}

/* Where one argument is so. */
static int
add_call_if(scmp_filter_ctx ctx, uint32_t action, int call,
    struct scmp_arg_cmp arg)
{
	return seccomp_rule_add(ctx, action, call, 1, arg) == 0 ? 0 : -1;
}

/*
 * Those that are allowed in part: memory that is never run as a program,
 * signals and limits for oneself.
 */
static int
add_closed_calls(scmp_filter_ctx ctx)
{
	const uint32_t allow = SCMP_ACT_ALLOW;
	const struct scmp_arg_cmp data =
	    arg_is(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp self =
	    arg_is(0, SCMP_CMP_EQ, (uint64_t)getpid(), 0);

	if (add_call_if(ctx, allow, SCMP_SYS(mmap), data) == -1 ||
	    add_call_if(ctx, allow, SCMP_SYS(mprotect), data) == -1 ||
	    add_call_if(ctx, allow, SCMP_SYS(tgkill), self) == -1)
		return -1;
	return add_call_if(ctx, allow, SCMP_SYS(prlimit64),
	    arg_is(0, SCMP_CMP_EQ, 0, 0));
}

/* And those that are refused in part. */
static int
add_files_refused(scmp_filter_ctx ctx, uint32_t refuse)
{
	const struct scmp_arg_cmp program =
	    arg_is(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
	const struct scmp_arg_cmp others =
	    arg_is(0, SCMP_CMP_NE, (uint64_t)getpid(), 0);

	if (add_calls(ctx, refuse, CALLS(files_refused)) == -1 ||
	    add_call_if(ctx, refuse, SCMP_SYS(mmap), program) == -1 ||
	    add_call_if(ctx, refuse, SCMP_SYS(mprotect), program) == -1)
		return -1;
	return add_call_if(ctx, refuse, SCMP_SYS(tgkill), others);
}

static int
calls_load(const struct rights *r)
{
	enum calls calls = r->calls;
	int closed = calls == CALLS_COMPUTE || calls == CALLS_SPEAK;
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx ctx =
	    seccomp_init(closed ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW);
	int rc = -1;

	if (ctx == NULL)
		return -1;
	if (closed && (add_calls(ctx, SCMP_ACT_ALLOW, CALLS(compute_calls)) ||
			  add_closed_calls(ctx) == -1))
		goto out;
	if (calls == CALLS_SPEAK &&
	    add_calls(ctx, SCMP_ACT_ALLOW, CALLS(speak_calls)))
		goto out;
	/* Libraries look for files and cope without: no death for that. */
	if (closed &&
	    (seccomp_rule_add(ctx, refuse, SCMP_SYS(openat), 0) != 0 ||
		seccomp_rule_add(ctx, refuse, SCMP_SYS(readlink), 0) != 0 ||
		seccomp_rule_add(ctx, refuse, SCMP_SYS(access), 0) != 0))
		goto out;
	if (!closed && add_calls(ctx, refuse, CALLS(never)))
		goto out;
	if (!closed && !r->network && add_calls(ctx, refuse, CALLS(calling)))
		goto out;
	if (calls == CALLS_FILES && add_files_refused(ctx, refuse) == -1)
		goto out;
	if (!closed && add_call_if(ctx, refuse, SCMP_SYS(prlimit64),
			   arg_is(0, SCMP_CMP_NE, 0, 0)) == -1)
		goto out;
	rc = seccomp_load(ctx) == 0 ? 0 : -1;
out:
	seccomp_release(ctx);
	return rc;
}

static int
allow_path(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr attr = { .allowed_access = access };
	int rc;

	attr.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (attr.parent_fd == -1)
		return errno == ENOENT ? 0 : -1;
	rc = (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
	(void)close(attr.parent_fd);
	return rc;
}

/* What the kernel's version of Landlock can govern. */
static uint64_t
fs_governed(long abi)
{
	return FS_ALL_V1 | (abi >= 2 ? FS_REFER : 0) |
	       (abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE_ : 0);
}

static int
paths_allow(int ruleset, const struct rights *r, const char *account,
    uint64_t governed)
{
	char path[128];

	for (size_t i = 0; i < RIGHTS_PATHS && r->path[i].path != NULL; i++) {
		const char *pattern = r->path[i].path;
		const char *mark = strstr(pattern, "%s");

		if (mark == NULL)
			snprintf(path, sizeof(path), "%s", pattern);
		else
			snprintf(path, sizeof(path), "%.*s%s%s",
			    (int)(mark - pattern), pattern,
			    account != NULL ? account : "-", mark + 2);
		if (allow_path(ruleset, path, r->path[i].access & governed))
			return -1;
	}
	return 0;
}

/* Returns 0, or 1 where this kernel has no Landlock, or -1. */
static int
paths_load(const struct rights *r, const char *account)
{
	struct {
		uint64_t fs;
		uint64_t net;
	} attr = { 0, 0 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset;
	int rc = -1;

	if (abi < 1)
		return 1;
	attr.fs = fs_governed(abi);
	if (abi >= 4 && !r->network)
		attr.net = LANDLOCK_ACCESS_NET_BIND_TCP |
			   LANDLOCK_ACCESS_NET_CONNECT_TCP;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	    abi >= 4 ? sizeof(attr) : sizeof(attr.fs), 0);
	if (ruleset == -1)
		return -1;
	if (paths_allow(ruleset, r, account, attr.fs) == 0 &&
	    syscall(SYS_landlock_restrict_self, ruleset, 0) == 0)
		rc = 0;
	(void)close(ruleset);
	return rc;
}

static int
limit(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) == -1)
		return -1;
	if (now.rlim_max != RLIM_INFINITY && most > now.rlim_max)
		most = now.rlim_max;
	now.rlim_cur = now.rlim_max = most;
	return setrlimit(what, &now);
}

static int
limits_load(const struct rights *r, const struct jail_limits *l)
{
	if (limit(RLIMIT_CORE, 0) == -1)
		return -1;
	if (l->memory > 0 && limit(RLIMIT_AS, (rlim_t)l->memory) == -1)
		return -1;
	if (l->cpu_seconds > 0 &&
	    limit(RLIMIT_CPU, (rlim_t)l->cpu_seconds) == -1)
		return -1;
	if (r->calls == CALLS_COMPUTE && limit(RLIMIT_NOFILE, 16) == -1)
		return -1;
	return 0;
}

int
jail_enter(enum jail_role role, const struct jail_limits *limits, struct err *e)
{
	static const struct jail_limits none;
	const struct rights *r = &rights[role];

	if (limits == NULL)
		limits = &none;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_errno(e, ERR_HOLD, "no_new_privs was refused");
#ifdef JAIL_SANITIZED
	log_warn("- jail role=%s off: built with a sanitizer", r->name);
	return 0;
#endif
	if (limits_load(r, limits) == -1)
		return err_errno(e, ERR_HOLD, "a resource limit was refused");
	switch (paths_load(r, limits->account)) {
	case 0:
		break;
	case 1:
		log_warn("- jail role=%s has no Landlock in this kernel: "
			 "its paths are not confined",
		    r->name);
		break;
	default:
		return err_errno(e, ERR_HOLD, "Landlock was refused");
	}
	if (calls_load(r) == -1)
		log_warn("- jail role=%s has no seccomp in this kernel: "
			 "its system calls are not confined",
		    r->name);
	return 0;
}

static uid_t give_uid;
static gid_t give_gid;

static int
give(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)kind;
	(void)ftw;
	if (st->st_uid == give_uid)
		return 0;
	return lchown(path, give_uid, give_gid);
}

int
jail_drop_root(const char *user, struct err *e)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return 0;
	pw = getpwnam(user);
	if (pw == NULL) {
		log_warn("- there is no user '%s': running as nobody", user);
		pw = getpwnam("nobody");
	}
	if (pw == NULL || pw->pw_uid == 0)
		return err_set(e, ERR_HOLD, "no user to become: make '%s'",
		    user);
	give_uid = pw->pw_uid;
	give_gid = pw->pw_gid;
	if (nftw(".", give, 32, FTW_PHYS) == -1)
		return err_errno(e, ERR_HOLD,
		    "cannot give the instance to '%s'", pw->pw_name);
	if (setgroups(0, NULL) == -1 || setgid(give_gid) == -1 ||
	    setuid(give_uid) == -1)
		return err_errno(e, ERR_HOLD, "cannot become '%s'",
		    pw->pw_name);
	/* Roles are started from /proc/self/exe, hidden after setuid. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	return 0;
}
