/* What every header here needs. */

#ifndef MARSCROP_API_H
#define MARSCROP_API_H

#include <stdint.h>

#if defined(_WIN32)
#define MC_API __declspec(dllexport)
#else
#define MC_API __attribute__((visibility("default")))
#endif

#endif
