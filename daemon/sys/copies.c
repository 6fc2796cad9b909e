#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/copies.h"
#include "sys/log.h"
#include "sys/message.h"
#include "sys/proc.h"

/* --- who orders ---------------------------------------------------------- */

int
pattern_start(struct pattern *p, const struct proc_fd *fds, size_t nfds,
    const char *const *args, struct err *e)
{
	struct proc_fd all[PROC_FDS];
	int pair[2];

	if (p->pid != 0)
		return 0;
	if (frame_pair(pair, e) == -1)
		return -1;
	all[0] = (struct proc_fd){ "orders", pair[1] };
	if (nfds > 0)
		memcpy(all + 1, fds, nfds * sizeof(*fds));
	p->pid = proc_spawn(p->role, all, nfds + 1, args, e);
	(void)close(pair[1]);
	p->orders = pair[0];
	if (p->pid != -1)
		return 0;
	(void)close(pair[0]);
	p->pid = 0;
	return -1;
}

void
pattern_end(struct pattern *p)
{
	if (p->pid == 0)
		return;
	(void)close(p->orders);
	(void)kill(p->pid, SIGKILL);
	(void)waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

pid_t
pattern_copy(struct pattern *p, struct frame *f, struct err *e)
{
	pid_t pid;

	if (frame_send(p->orders, f, e) == -1 ||
	    frame_recv(p->orders, f, e) != 1) {
		pattern_end(p);
		return err_set(e, ERR_RETRY, "%s: died", p->role);
	}
	pid = (pid_t)frame_get_u32(f);
	if (f->type != MESSAGE_COPY || frame_end(f, e) == -1 || pid <= 0)
		return err_set(e, ERR_RETRY, "%s: no copy", p->role);
	return pid;
}

int
pattern_was(struct pattern *p, pid_t pid)
{
	if (p->pid != pid)
		return 0;
	(void)close(p->orders);
	p->pid = 0;
	return 1;
}

int
pattern_betrayed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
	       WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGXCPU;
}

/* --- the pattern --------------------------------------------------------- */

static int
answer(int orders, struct frame *f, long pid, struct err *e)
{
	/* The copy has them. */
	(void)frame_end(f, e);
	frame_start(f, MESSAGE_COPY);
	frame_put_u32(f, pid > 0 ? (uint32_t)pid : 0);
	return frame_send(orders, f, e);
}

int
copies_make(const char *role, struct frame *f, struct err *e)
{
	int orders = proc_fd("orders");
	pid_t parent = getppid();
	int rc;

	while ((rc = frame_recv(orders, f, e)) == 1) {
		long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL,
		    NULL, NULL, 0);

		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(75);
			(void)close(orders);
			proc_rename(role);
			log_rename(role);
			return 1;
		}
		if (answer(orders, f, pid, e) == -1)
			return -1;
	}
	return rc;
}
