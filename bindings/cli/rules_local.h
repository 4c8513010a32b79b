/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

#include "cli.h"

/** schakel rules check and test: on this machine, without an engine. */
int rules_local_check(cli_app *cli, const cli_args *args);
int rules_local_test(cli_app *cli, const cli_args *args);
