/* What x86 processors can do, asked of them: compilers' own ways of asking answer 0 where the runtime
   of another compiler is linked. */

#include "processor.inc"

#if defined(MC_X86)

#include <cpuid.h>
#include <stdint.h>

enum {
    FMA = 1 << 12, /* leaf 1, ecx */
    SAVES_REGISTERS = 1 << 27,
    AVX = 1 << 28,
    AVX2 = 1 << 5, /* leaf 7, ebx */
    AVX512F = 1 << 16,
    AVX512DQ = 1 << 17,
    AVX512BW = 1 << 30,
    AVX512VNNI = 1 << 11, /* leaf 7, ecx */
    WIDE_STATE = 0x06,    /* registers that the system saves: of 16 and 32 bytes */
    WIDEST_STATE = 0xe6   /* and of 64, with their masks */
};
#define AVX512VL (1u << 31)

static uint32_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static McProcessor asked(void) {
    uint32_t a, b, c, d, basic;
    if (!__get_cpuid(1, &a, &b, &basic, &d) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return MC_PLAIN;
    const uint32_t wide = FMA | SAVES_REGISTERS | AVX, widest = AVX512F | AVX512DQ | AVX512BW | AVX512VL;
    if ((basic & wide) != wide || !(b & AVX2) || (saved_state() & WIDE_STATE) != WIDE_STATE)
        return MC_PLAIN;
    int has_512 = (b & widest) == widest && (c & AVX512VNNI) &&
                  (saved_state() & WIDEST_STATE) == WIDEST_STATE;
    return has_512 ? MC_AVX512 : MC_AVX2;
}

/* Asked once: under a hypervisor each question takes microseconds. Two threads that ask at the same
   time hear the same. */
McProcessor mc_processor(void) {
    static volatile int known = -1;
    if (known < 0) known = asked();
    return (McProcessor)known;
}

#elif defined(MC_ARM) && defined(__ARM_FEATURE_DOTPROD)

McProcessor mc_processor(void) { return MC_NEON; }

#elif defined(MC_ARM) && defined(__linux__)

#include <sys/auxv.h>

McProcessor mc_processor(void) {
    const unsigned long dot_products = 1ul << 20; /* HWCAP_ASIMDDP */
    return getauxval(AT_HWCAP) & dot_products ? MC_NEON : MC_PLAIN;
}

#else

McProcessor mc_processor(void) { return MC_PLAIN; }

#endif
