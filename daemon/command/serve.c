#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "sys/log.h"
#include "sys/supervisor.h"

/* zayton serve: all roles in the foreground until SIGTERM. */
int
serve_command(int argc, char **argv)
{
	const char *listen = command_option(&argc, argv, "--listen", 1);
	struct conf c;
	struct err e;

	if (command_unknown(argc, argv) || argc != 1)
		return command_usage();
	if (command_home(&c, &e) == -1)
		return command_fail(&e);
	if (listen != NULL && snprintf(c.listen, sizeof(c.listen), "%s",
				  listen) >= (int)sizeof(c.listen))
		return command_usage();
	(void)setenv(LOG_FORM, c.log, 1);
	if (c.log_debug)
		(void)setenv("ZAYTON_DEBUG", "1", 0);
	log_init("supervisor", c.log_debug ? LOG_DEBUG : LOG_INFO);
	if (supervisor_run(SUPERVISE_SERVER, &c, -1, &e) == -1)
		return command_fail(&e);
	return COMMAND_DONE;
}
