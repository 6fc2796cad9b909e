#include "command/standards.h"
int
standards_template(struct standards *all)
{
	(void)all;
	return COMMAND_USAGE;
}
