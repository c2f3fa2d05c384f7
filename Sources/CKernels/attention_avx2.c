// Attention for AVX2 with fused multiply-add.
#if defined(__x86_64__)

#include "attention_plan.h"
#include "targets.h"
#include "vector8.h"

#include <math.h>

#define ZK_WIDTH 8
#define ZK_ROWS 6
#define ZK_FORWARD zk_attention_forward_avx2
#define ZK_BACKWARD zk_attention_backward_avx2

ZK_AVX2_CODE_BEGIN
#include "attention_body.h"
ZK_TARGET_CODE_END

#endif
