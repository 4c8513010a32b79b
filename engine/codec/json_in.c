/* SPDX-License-Identifier: EUPL-1.2 */
#include "codec/codec.h"
