// Attention for AVX-512.
#if defined(__x86_64__)

#include "attention_plan.h"
#include "targets.h"
#include "vector8.h"

#include <math.h>

#define ZK_WIDTH 16
#define ZK_ROWS 12
#define ZK_FORWARD zk_attention_forward_avx512
#define ZK_BACKWARD zk_attention_backward_avx512

ZK_AVX512_CODE_BEGIN
#include "attention_body.h"
ZK_TARGET_CODE_END

#endif
