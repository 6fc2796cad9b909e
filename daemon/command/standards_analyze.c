#include "command/standards.h"
int
standards_analyze(struct standards *all)
{
	(void)all;
	return COMMAND_USAGE;
}
