/* SPDX-License-Identifier: EUPL-1.2 */

/* A shared object that is no plugin. */

__attribute__((visibility("default"))) extern int nothing_here;
int nothing_here = 1;
